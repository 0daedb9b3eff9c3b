"""What 01_mlrg.ipynb says of the lattice models behind learned couplings: a figure, a table and a line."""

import numpy as np

import record_file
from isingrg import mlrg
from isingrg.plot import _style as style
from lattice_mlrg import FILE, exact_length, ordered
from page import compare, median_and_error, panels, table
from page_mlrg import REPRESENTATIONS, coupling, delta_1, rows, span, zoom

LATTICE = record_file.load(FILE)
_KEYS = ("representation", "trial", "index", "recipe", "seed")
_FOUND = {tuple(record.get(key) for key in _KEYS): record for record in LATTICE}
_BARE, _POINT = style.BLUE, style.VERMILION


def of(record):
    """What tensor renormalization says of a network's fixed point, None where it has none."""
    return _FOUND.get(tuple(record.get(key) for key in _KEYS))


def beyond(record):
    """J* over the critical coupling of the lattice on the line t J*: above 1 in the ordered phase, NaN where
    there is no transition from t = 0.3 to 3 or no fixed point. And whether there is a fixed point."""
    found = of(record)
    growing = found is not None and record["newton"].get("growing", 1) > 0
    return (1 / found["scale"] if growing and found["scale"] else np.nan), growing


def bare(record):
    """J0* over the lattice's critical coupling, on the axis."""
    value = coupling(record, "monotone" if "monotone" in record else "phase")
    return value / mlrg.LIEB_CRITICAL_COUPLING


def _groups():
    """Rows of every representation in which something is known of a fixed point."""
    groups = {r: [(label, records) for label, _, records in rows(r)] for r in REPRESENTATIONS}
    return {r: [g for g in group if any(of(x) for x in g[1])] for r, group in groups.items()}


def surfaces():
    """How far every network's J0* and fixed point lie from the critical surface of the lattice."""
    groups = _groups()
    heights = [len(group) + 1 for group in groups.values()]
    figure, axes = panels(0.9 + 0.27 * sum(heights), 3, 1, sharex=True, height_ratios=heights)
    for ax, (representation, group) in zip(axes, groups.items(), strict=True):
        for y, (_, records) in enumerate(group):
            values = {_BARE: [bare(r) for r in records], _POINT: [beyond(r)[0] for r in records]}
            for (colour, found), shift in zip(values.items(), (-0.17, 0.17), strict=True):
                found = np.array(found)[np.isfinite(found)]
                ax.plot(found, np.full(len(found), y + shift), ".", ms=5, mew=0, alpha=0.8, color=colour)
                if len(found):
                    ax.plot(2 * [np.median(found)], [y + shift - 0.15, y + shift + 0.15], color=style.BLACK, lw=1.6)
            points = [beyond(r) for r in records]
            inside = sum(there for _, there in points)
            none = sum(there and np.isnan(value) for value, there in points)
            text = f"{inside} of {len(records)}" + (f", {none} without" if none else "")
            ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=8, color=_POINT)
        ax.axvline(1, color=style.BLACK, ls="--", lw=0.9)
        ax.axvspan(-0.05, 1, color="#EEEEEE", zorder=0)
        ax.set(yticks=range(len(group)), yticklabels=[label for label, _ in group], ylim=(len(group) - 0.4, -0.6))
        ax.tick_params(axis="y", labelsize=8)
        ax.set_title(REPRESENTATIONS[representation], loc="left")
    ticks = [0, 0.7, 0.9, 1, 1.1, 1.4, 2.5]
    axes[-1].set_xscale("function", functions=zoom(1, 0.06))
    axes[-1].set(xlabel="coupling over the critical one of the lattice", xlim=(-0.05, 3.4))
    axes[-1].set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes[-1].minorticks_off()
    axes[-1].tick_params(axis="x", labelsize=8)
    axes[0].plot([], [], ".", color=_BARE, label="$J_{0*}$, on the axis")
    axes[0].plot([], [], ".", color=_POINT, label="fixed point $J_*$, on the line $t J_*$")
    axes[0].plot([], [], color=style.BLACK, ls="--", lw=0.9, label="critical; disordered on the grey side")
    figure.get_layout_engine().set(rect=(0, 0, 0.94, 1))  # the counts are wider than the layout believes
    figure.legend(*axes[0].get_legend_handles_labels(), ncols=3, loc="outside upper center", fontsize=8)
    for representation, group in groups.items():
        for label, records in group:
            values = np.array([beyond(r)[0] for r in records])
            ours, error = median_and_error(values)
            if ours is not None:
                there = np.isfinite(values).sum()
                compare(
                    "Sec. III E", f"J* of {representation} over the critical coupling of the lattice, {label}: "
                    + (f"median of {there}" if there > 1 else "one"), ours, error=error, ising=1.0,
                )  # fmt: skip
    return figure


def lattice_table():
    """A line for each row of the figure: phases, correlation lengths and dimensions."""
    lines = []
    for representation, group in _groups().items():
        for label, records in group:
            points = [(r, of(r)) for r in records if beyond(r)[1]]
            phases = [found["degeneracy"] > 1.5 for _, found in points]
            critical = [found for _, found in points if found["scale"]]
            lengths = [exact_length(bare(r) * mlrg.LIEB_CRITICAL_COUPLING) for r in records if np.isfinite(bare(r))]
            lines.append(
                f"| {REPRESENTATIONS[representation]} | {label} | {span([bare(r) for r in records])} | {span(lengths, 1)} | "
                f"{len(points)} | {sum(phases)}, {len(phases) - sum(phases)} | {span([beyond(r)[0] for r in records])} | "
                f"{span([found['length'] for found in critical], 1)} | {span([delta_1(r) for r, _ in points])} | "
                f"{span([found['sigma'] for found in critical], 4)} | {span([found['epsilon'] for found in critical])} |"
            )
    table(
        ["", "networks", "$J_{0*}/J_c$", "$\\xi$ there, exact", "fixed points", "ordered, disordered", "$J_*/J_{crit}$", "$\\xi$ at $J_*$",
         "$\\Delta_1$ of the network", "$\\Delta_\\sigma$ of the lattice", "$\\Delta_\\epsilon$"],
        lines,
    )  # fmt: skip


def critical_line(plane, along, precision=1e-3):
    """J0 on the critical surface of the lattice, at the places `along` of the plane of Fig. 6; NaN where there
    is no transition from J0 = -0.05 to 1.4."""
    found = []
    for a in along:
        low, high = -0.05, 1.4
        ends = [ordered(plane.couplings(x, a), "A1+E") for x in (low, high)]
        if ends[0] == ends[1]:
            found.append(np.nan)
            continue
        while high - low > precision:
            middle = (low + high) / 2
            low, high = (low, middle) if ordered(plane.couplings(middle, a), "A1+E") else (middle, high)
        found.append((low + high) / 2)
    return np.array(found)
