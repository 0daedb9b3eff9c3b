"""What 03_neuralrg.ipynb shows of Monte Carlo with tuned steps, from the records of measure_neuralrg.py."""

import numpy as np

from isingrg.plot import _style as style
from page import GREY, panels, table, with_error
from page_neuralrg import CHAINS


def force(L):
    """Seconds of a gradient by fast Fourier transform and by a dense matrix, in NumPy."""
    return next(record for record in CHAINS if record.get("force") and record["L"] == L)


def measured(space, L, settings, flow=None):
    """Records of all seeds."""
    key = {"space": space, "L": L, "settings": settings, "flow": flow}
    return sorted((r for r in CHAINS if key.items() <= r.items()), key=lambda record: record["seed"])


ROWS = [("physical", None, "published"), ("physical", None, "tuned"), ("latent", "published", "published"),
        ("latent", "published", "tuned"), ("latent", "ours", "published"), ("latent", "ours", "tuned")]  # fmt: skip


def label(space, flow, settings):
    steps = "steps as published" if settings == "published" else "tuned"
    return f"{space} space, {steps}" if flow is None else f"{space} space, {'published flow' if flow == 'published' else 'our flows'}, {steps}"


def gradients(record):
    """Autocorrelation time in gradients, and its error."""
    return record["tau"] * record["leapfrog"], record["tau_error"] * record["leapfrog"]


def draw_chains():
    figure, axes = panels(3.4, 1, 2, sharey=True)
    for k, (space, flow, settings) in enumerate(ROWS):
        for L, colour, shift in ((16, style.BLUE, 0.12), (32, style.ORANGE, -0.12)):
            for record in measured(space, L, settings, flow):
                tau, error = gradients(record)
                cost = record["seconds_per_gradient"]
                y = -k + shift - 0.06 * record["seed"]
                axes[0].errorbar(tau, y, xerr=error, fmt="o", ms=3.5, lw=1, color=colour)
                axes[1].plot(1e3 * tau * cost, y, "o", ms=3.5, color=colour)
                if space == "physical":
                    axes[1].plot(1e3 * tau * force(L)["fft"], y, "x", ms=4, color=colour)
                    axes[1].plot(1e3 * tau * force(L)["dense"], y, "s", ms=4, mfc="none", color=colour)
    for L, colour in ((16, style.BLUE), (32, style.ORANGE)):
        axes[0].plot([], [], "o", color=colour, label=f"$L = {L}$")
    for marker, name in (("o", "this library"), ("x", "physical force by NumPy, FFT"), ("s", "by a dense matrix, as published")):
        axes[1].plot([], [], marker, color=GREY, mfc="none" if marker == "s" else GREY, label=name)
    axes[0].set(xscale="log", xlabel="gradients", yticks=-np.arange(len(ROWS)), yticklabels=[label(*row) for row in ROWS])
    axes[1].set(xscale="log", xlabel="processor time (ms)")
    axes[0].set_title("(a) autocorrelation time", loc="left")
    axes[1].set_title("(b) independent sample", loc="left")
    handles = [h for ax in axes for h in ax.get_legend_handles_labels()[0]]
    names = [n for ax in axes for n in ax.get_legend_handles_labels()[1]]
    figure.legend(handles, names, ncols=5, loc="outside lower center", columnspacing=0.9, handletextpad=0.2)
    return figure


def chains_table():
    lines = []
    for L in (16, 32):
        for row in ROWS:
            for r in measured(row[0], L, row[2], row[1]):
                tau, error = gradients(r)
                lines.append(
                    f"| {L} | {label(*row)} | {r['seed']} | {r['leapfrog']} x {r.get('step_size', 0.2):.3f} | {r['updates']} | {r['acceptance']:.2f} | "
                    f"{with_error(r['mean'], r['mean_error'])} | {with_error(r['tau'], r['tau_error'])} | {tau:.0f} ± {error:.0f} | "
                    f"{1e6 * r['seconds_per_gradient']:.1f} | {1e3 * tau * r['seconds_per_gradient']:.2f} |")  # fmt: skip
    table(["$L$", "chains", "seed", "mean steps x size", "updates", "acceptance", "structure factor", "$\\tau$ (updates)", "$\\tau$ (gradients)",
           "µs per gradient", "ms per independent sample"], lines)  # fmt: skip


def mean_tau(records):
    """Mean over seeds of the autocorrelation time in gradients, and its error."""
    values, errors = np.array([gradients(r) for r in records]).T
    scatter = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return values.mean(), max(scatter, np.sqrt((errors**2).sum()) / len(values))


def quickest(space, L, flow=None):
    """The records with the settings, tuned or published, that forget in fewer gradients."""
    both = [records for settings in ("tuned", "published") if (records := measured(space, L, settings, flow))]
    return min(both, key=lambda records: mean_tau(records)[0], default=[])


def gains():
    """By (flow, steps, L): gain in gradients, its relative error, and gains in seconds by core, FFT and dense force.

    Steps are those published, or "best": in each space the better of tuned and published ones.
    """
    found = {}
    for flow in ("published", "ours"):
        for L in (16, 32):
            for steps in ("published", "best"):
                if steps == "published":
                    physical, latent = measured("physical", L, steps), measured("latent", L, steps, flow)
                else:
                    physical, latent = quickest("physical", L), quickest("latent", L, flow)
                if not physical or not latent:
                    continue
                slow, quick = mean_tau(physical), mean_tau(latent)
                gain, error = slow[0] / quick[0], np.hypot(slow[1] / slow[0], quick[1] / quick[0])
                cost, own = (np.median([r["seconds_per_gradient"] for r in records]) for records in (latent, physical))
                seconds = [gain * force / cost for force in (own, force(L)["fft"], force(L)["dense"])]
                found[flow, steps, L] = gain, error, seconds
    return found
