"""The figures and tables of 03_neuralrg.ipynb that come from records: depth, losses, temperatures."""

import numpy as np

from isingrg import neuralrg
from isingrg.plot import _style as style
from page import panels, table
from page_neuralrg import DEPTHS, GAUSSIAN, PUBLISHED_SCAN, SCALES, TEMPERATURES, select

SIZES = (4, 8, 16, 32)
#: Structures by the key of their records, their name, colour and marker.
KINDS = {
    ("mera", None): ("all scales", style.BLUE, "o"),
    ("tree", None): ("tree", style.VERMILION, "^"),
    ("tebd", 1): ("disentanglers, depth 1", style.SKY, "v"),
    ("tebd", 2): ("depth 2", style.GREEN, "s"),
    ("tebd", 4): ("depth 4", style.ORANGE, "D"),
    ("tebd", 8): ("depth 8", style.PURPLE, "P"),
}


# Linear flows of the Gaussian model


def gaussian(length, L, structure, depth=None):
    """The record of the best linear flow, or None."""
    key = {"length": length, "L": L, "structure": structure, "depth": depth}
    return next((record for record in GAUSSIAN if key.items() <= record.items()), None)


def draw_gaussian():
    figure, (left, right) = panels(3.1, 1, 2)
    for L, colour in zip(SIZES, SCALES, strict=False):
        found = [(d, gaussian("L", L, "tebd", d)) for d in (1, 2, 4, 8, 16)]
        found = [(depth / L, record["susceptibility"]) for depth, record in found if record]
        left.plot(*zip(*found, strict=True), "o-", ms=4, lw=1, color=colour, label=f"$L = {L}$")
    whole = [gaussian("L", L, "mera")["susceptibility"] for L in SIZES]
    left.axhline(np.mean(whole), color=style.BLACK, lw=0.9, ls="--", label="all scales, every $L$")
    left.set(xscale="log", yscale="log", xlabel="depth of the disentanglers / $L$", ylabel="share of the variance at $k = 0$")
    parts = (32, 16, 8, 4, 2)
    left.set(xticks=[1 / part for part in parts], xticklabels=[f"1/{part}" for part in parts])
    left.minorticks_off()
    left.set_title("(a) how much of the longest wave", loc="left")
    left.legend()
    for (structure, depth), (name, colour, marker) in KINDS.items():
        found = [(L, gaussian("L", L, structure, depth)) for L in SIZES]
        found = [(L, record["divergence"] / L**2) for L, record in found if record]
        right.plot(*zip(*found, strict=True), f"{marker}-", ms=4, lw=1, color=colour, label=name)
    bound = [gaussian("L", L, "tree")["bottleneck"] / L**2 for L in SIZES]
    right.plot(SIZES, bound, ":", color=style.VERMILION, lw=1.4, label="bound of every tree")
    right.set(xscale="log", yscale="log", xlabel="$L$", ylabel="divergence per site (nat)", xticks=SIZES, xticklabels=SIZES)
    right.minorticks_off()
    right.set_title("(b) best linear flows", loc="left")
    figure.legend(*right.get_legend_handles_labels(), ncols=4, loc="outside lower center")
    return figure


def gaussian_table():
    lines = []
    for length in ("L", 2):
        for (structure, depth), (name, _, _) in KINDS.items():
            found = [gaussian(length, L, structure, depth) for L in SIZES]
            cells = [f"{r['divergence']:.3f} ({r['susceptibility']:.3f})" if r else "-" for r in found]
            lines.append(f"| $\\xi = {length}$ | {name} | " + " | ".join(cells) + " |")
    table(["correlation length", "divergence in nat (share of the variance at $k = 0$)", *(f"$L = {L}$" for L in SIZES)], lines)


# Trained flows of the Ising model


def trained(L, structure="mera", depth=None, steps=8000):
    """Records of all seeds of a flow in the trial of depths."""
    settings = {"L": L}
    if structure != "mera":
        settings["structure"] = structure
    if depth:
        settings["depth"] = depth
    chosen = [r for r in DEPTHS if r["recipe"] in ("depth", "L32") and r["model"] == settings and r["training"]["steps"] == steps]
    return sorted(chosen, key=lambda record: record["seed"])


def divergence(record):
    """From the flow to the target, in nat."""
    return record["free_energy"]["mean"] - record["exact"]


def draw_depth():
    figure, axes = panels(3.1, 1, 2, sharey=True)
    for ax, steps in zip(axes, (2000, 8000), strict=True):
        for k, ((structure, depth), (name, colour, marker)) in enumerate(KINDS.items()):
            found = [(L, trained(L, structure, depth, steps)) for L in SIZES]
            points = [(L * 1.06 ** (k - 2.5), divergence(r) / L**2) for L, records in found for r in records]
            if not points:
                continue
            ax.plot(*zip(*points, strict=True), marker, ms=4, color=colour, label=name, alpha=0.8, lw=0)
            medians = [(L * 1.06 ** (k - 2.5), np.median([divergence(r) for r in records]) / L**2) for L, records in found if records]
            ax.plot(*zip(*medians, strict=True), lw=0.9, color=colour)
        ax.set(xscale="log", yscale="log", xlabel="$L$", xticks=SIZES, xticklabels=SIZES)
        ax.minorticks_off()
        ax.set_title(f"{steps} steps of 128 samples", loc="left")
    axes[0].set_ylabel("divergence per site (nat)")
    figure.legend(*axes[0].get_legend_handles_labels(), ncols=6, loc="outside lower center", columnspacing=0.9, handletextpad=0.1)
    return figure


def depth_table():
    lines = []
    for steps in (2000, 8000):
        for (structure, depth), (name, _, _) in KINDS.items():
            cells = []
            for L in SIZES:
                records = trained(L, structure, depth, steps)
                cells.append(", ".join(f"{1e3 * divergence(r) / L**2:.1f}" for r in records) or "-")
            if any(cell != "-" for cell in cells):
                lines.append(f"| {steps} | {name} | " + " | ".join(cells) + " |")
    table(["steps", "divergence per site in $10^{-3}$ nat, seed by seed", *(f"$L = {L}$" for L in SIZES)], lines)


def likelihoods(L):
    return [r for r in DEPTHS if r["recipe"] == "likelihood" and r["model"] == {"L": L}]


def loss_table():
    """Both losses, judged by the divergence in both directions."""
    lines = []
    for L in (4, 8, 16):
        for name, records in (("distillation", trained(L)), ("maximum likelihood", likelihoods(L))):
            if not records:
                continue
            cells = [", ".join(f"{value:.2f}" for value in row) for row in (
                [divergence(r) for r in records], [r["forward"]["mean"] for r in records])]  # fmt: skip
            cells += [", ".join(f"{r['effective_sample_size']:.0f}" for r in records)]
            lines.append(f"| {L} | {name} | " + " | ".join(cells) + " |")
    table(["$L$", "loss", "from flow to target (nat)", "from target to flow (nat)", "effective samples of 8192"], lines)


# Temperatures


def scan():
    """Relative errors of the bound by depth: ours at L = 16 and the published ones at L = 32, lists over `TEMPERATURES`."""
    ours, theirs = {}, {}
    for record in select("scan"):
        error = (record["free_energy"]["mean"] - record["exact"]) / -record["exact"]
        ours.setdefault(record["model"]["depth"], {})[record["model"]["T"]] = error
    for depth, losses in PUBLISHED_SCAN.items():
        exact = np.array([neuralrg.log_partition_dual(32, 1 / T) for T in TEMPERATURES])
        theirs[depth] = (np.array(losses) + exact) / exact
    return {depth: np.array([line[T] for T in TEMPERATURES]) for depth, line in ours.items()}, theirs


def draw_scan(critical):
    figure, axes = panels(3.0, 1, 2, sharey=True)
    names = ("ours, $L = 16$", "published, $L = 32$, without symmetrisation")
    for ax, lines, name in zip(axes, scan(), names, strict=True):
        for depth, line in sorted(lines.items()):
            ax.plot(TEMPERATURES, line, "o-", ms=3.5, lw=1.2, color=SCALES[depth - 1], label=f"{depth} scale{'s' if depth > 1 else ''}")
        ax.axvline(critical, color=style.BLACK, lw=0.9, ls="--", label="$T_c$")
        ax.set(yscale="log", xlabel="temperature $T$")
        ax.set_title(name, loc="left")
    axes[0].set_ylabel("$(F + \\ln Z)\\, /\\, |\\ln Z|$")
    figure.legend(*axes[1].get_legend_handles_labels(), ncols=6, loc="outside lower center")
    return figure
