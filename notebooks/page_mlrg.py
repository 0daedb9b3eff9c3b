"""What 01_mlrg.ipynb draws from records: every network of every kind, theirs beside ours."""

from pathlib import Path

import numpy as np

import record_file
from isingrg import mlrg
from isingrg.plot import _style as style
from page import GREY, compare, median_and_error, panels, table
from train_mlrg_published import recipes as published_recipes

DATA = Path(__file__).parent / "data"
MODELS = record_file.load(DATA / "mlrg_models.json")
RECIPES = record_file.load(DATA / "mlrg_recipes.json")
NETWORKS = record_file.load(DATA / "mlrg_published.json")

REPRESENTATIONS = {"A1": "$A_1$", "A1+E": "$A_1 \\oplus E$", "2A1+E": "$2A_1 \\oplus E$"}
EXACT = {"J0*": mlrg.LIEB_CRITICAL_COUPLING, "Delta_1": 0.125}
#: Of the exact RG map of A1.
_STAR = mlrg.exact_fixed_point().J
EXACT_MAP = {"J0*": _STAR, "Delta_1": mlrg.scaling_dimensions(_STAR)[1]}
#: Median, quartiles and whiskers of Figs. 8 and 12, from the data of the figures in MLRG.nb of
#: github.com/EverettYou/MLRG at commit 539c3da.
BOXES = {
    "J0*": {"A1": (0.8253, 0.8197, 0.8409, 0.8030, 0.8430), "A1+E": (0.7961, 0.7810, 0.8052, 0.7783, 0.8116),
            "2A1+E": (0.7700, 0.7652, 0.7766, 0.7630, 0.7821)},
    "Delta_1": {"A1": (0.0848, 0.0828, 0.0897, 0.0821, 0.0955), "A1+E": (0.1176, 0.1141, 0.1237, 0.1070, 0.1301),
                "2A1+E": (0.1203, 0.1158, 0.1264, 0.1125, 0.1302)},
}  # fmt: skip
#: Rows of the figures: what a reader sees, and the recipe. Those of the third list kept the phase only.
OURS = {
    "A1": {"recipe, ten starts, 200 steps": "restart-A1", "text, exact KL": "text-kl-A1", "text, exact KL, ODE": "text-ode-A1"},
    "A1+E": {
        "recipe, 20 steps, its own start": "recipe-20-mixed",
        "the same without $f$": "recipe-20",
        "without $f$, from trial 1": "continue-20",
        "notebook, 200 steps, from trial 1": "continue-200",
        "text, exact KL": "text-kl-A1+E",
        "text, exact KL, ODE": "text-ode-A1+E",
        "text, CD-5, 3000 steps": "text-cd-A1+E",
        "text, exact KL, 3000 steps": "short-kl-A1+E",
        "program, fresh couplings, exact KL": "fresh-kl-A1+E",
    },
    "2A1+E": {
        "text, exact KL": "text-kl-2A1+E",
        "text, CD-5, 3000 steps": "text-cd-2A1+E",
        "text, exact KL, 3000 steps": "short-kl-2A1+E",
    },
}
OTHERS = {
    "our network, exact KL": "kl-{}",
    "our network, CD": "cd-{}",
    "our network, turned axes": "kl-{}-consistent",
}
ESTIMATES = {"monotone": ("maximum of $C$, Eq. 21", style.BLUE), "degeneracy": ("crossing of $Z$", style.ORANGE),
             "phase": ("end of the flow", style.GREEN)}  # fmt: skip


def trained_to_the_end(record):
    return record["steps"] == record["fit"]["steps"]


def chosen(recipe):
    """Records of a recipe whose training is complete."""
    return [r for r in RECIPES if r["recipe"] == recipe and trained_to_the_end(r)]


def of_recipe(label, recipe):
    """Label and records of a recipe: of complete trainings, or, without any, of those that are on their way."""
    complete = chosen(recipe)
    partial = [r for r in RECIPES if r["recipe"] == recipe and not r.get("stopped")]
    if complete or not partial:
        return label, complete
    done, planned = max(r["steps"] for r in partial), partial[0]["fit"]["steps"]
    return label.replace(f"{planned} steps", f"{done}/{planned} steps"), partial


def trials(representation):
    """Label and records of every published trial, those beside the stored recipe as one."""
    ours = [r for r in NETWORKS if r["representation"] == representation]
    found = {}
    for record in ours:
        name = record["trial"]
        label = (
            "beside the stored recipe"
            if name.startswith("recipe")
            else f"published, {name[:-1]} {name[-1]}"
        )
        if name != "recipestart":
            found.setdefault(label, []).append(record)
    return found


def rows(representation):
    """Label, colour of the bar and records of every row of Figs. 8 and 12."""
    result = [(label, GREY, records) for label, records in trials(representation).items()]
    for name in OURS[representation].items():
        label, records = of_recipe(*name)
        result.append((label, style.SKY, records))
    for label, pattern in OTHERS.items():
        name = pattern.format(representation)
        result.append((label, style.PURPLE, old_records(name)))
    return [row for row in result if row[2]]


def old_records(recipe):
    """What is still valid of the models of train_mlrg.py: the phase, and Newton's point."""
    names = ("representation", "recipe", "seed", "phase")
    return [{k: r[k] for k in names} | {"newton": _old_newton(r)} for r in MODELS if r["recipe"] == recipe]


def _old_newton(record):
    point = record["newton"]
    if "J" not in point:
        return {}
    return {"delta_1": point["scaling_dimensions"][1], "growing": point["unstable_directions"]}


def coupling(record, estimate):
    value = record.get(estimate, {}).get("value")
    return np.nan if value is None else value


def delta_1(record):
    """NaN where Newton's method finds nothing, or a phase, in which nothing grows."""
    value, growing = record["newton"].get("delta_1"), record["newton"].get("growing")
    return value if value is not None and growing and 0.005 < value < 2 else np.nan


def zoom(centre, width):
    """Functions of a scale that is stretched around `centre`."""
    return (lambda x: np.arcsinh((x - centre) / width), lambda y: centre + width * np.sinh(y))


def distributions(place, quantity):
    """Fig. 8 or 12: a row for each kind of network, a point for each network, a column of counts."""
    kinds = {"J0*": list(ESTIMATES), "Delta_1": ["delta_1"]}[quantity]
    groups = {r: rows(r) for r in REPRESENTATIONS}
    heights = [len(group) + 1 for group in groups.values()]
    figure, axes = panels(0.6 + 0.27 * sum(heights), 3, 1, sharex=True, height_ratios=heights)
    for ax, (representation, group) in zip(axes, groups.items(), strict=True):
        median, low, high, bottom, top = BOXES[quantity][representation]
        stats = {
            "med": median,
            "q1": low,
            "q3": high,
            "whislo": bottom,
            "whishi": top,
            "fliers": [],
        }
        ax.bxp(
            [stats],
            positions=[0],
            orientation="horizontal",
            widths=0.6,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"fc": GREY, "alpha": 0.4},
            medianprops={"color": style.BLACK, "lw": 2},
        )
        for y, (_, colour, records) in enumerate(group, 1):
            counts = []
            for k, kind in enumerate(kinds):
                values = np.array(
                    [delta_1(r) if kind == "delta_1" else coupling(r, kind) for r in records]
                )
                if kind != "delta_1" and not any(kind in r for r in records):
                    counts.append("-")
                    continue
                values = values[np.isfinite(values)]
                counts.append(f"{len(values)}")
                shift = 0.24 * (k - (len(kinds) - 1) / 2)
                ax.plot(
                    values,
                    np.full(len(values), y + shift),
                    ".",
                    ms=4.5,
                    mew=0,
                    alpha=0.8,
                    color=ESTIMATES[kind][1] if kind in ESTIMATES else style.BLUE,
                )
                first = all(count == "-" for count in counts[:-1])
                if len(values) and first:
                    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
                    ax.fill_betweenx(
                        [y - 0.38, y + 0.38],
                        quartiles[0],
                        quartiles[2],
                        color=colour,
                        alpha=0.3,
                        lw=0,
                    )
                    ax.plot(2 * [quartiles[1]], [y - 0.38, y + 0.38], color=style.BLACK, lw=1.6)
            for k, count in enumerate(counts):
                colour = ESTIMATES[kinds[k]][1] if kinds[k] in ESTIMATES else style.BLUE
                ax.text(
                    1.03 + 0.05 * k,
                    y,
                    count,
                    transform=ax.get_yaxis_transform(),
                    color=colour,
                    ha="center",
                    va="center",
                    fontsize=8,
                )
            ax.text(
                1.03 + 0.05 * len(kinds),
                y,
                f"of {len(records)}",
                transform=ax.get_yaxis_transform(),
                va="center",
                fontsize=8,
            )
        ax.axvline(EXACT[quantity], color=style.BLACK, ls="--", lw=0.9)
        ax.set(
            yticks=range(len(group) + 1),
            yticklabels=["the paper's box", *(label for label, *_ in group)],
            ylim=(len(group) + 0.6, -0.6),
        )
        ax.tick_params(axis="y", labelsize=8)
        ax.set_title(REPRESENTATIONS[representation], loc="left")
    if quantity == "J0*":
        ticks = [0.0, 0.2, 0.4, 0.6, 0.7, 0.76, 0.8, 0.84, 0.9, 1.0, 1.2, 1.5]
        scale, limits, label = zoom(0.79, 0.05), (-0.05, 1.7), "$J_{0*}$"
    else:
        ticks = [0.01, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0]
        scale, limits, label = zoom(0.11, 0.02), (0.0, 2.2), "$\\Delta_1$"
    axes[-1].set_xscale("function", functions=scale)
    axes[-1].set(
        xlim=limits, xticks=ticks, xticklabels=[f"{tick:g}" for tick in ticks], xlabel=label
    )
    axes[-1].minorticks_off()
    axes[-1].tick_params(axis="x", labelsize=8)
    marks = [(text, colour) for kind, (text, colour) in ESTIMATES.items() if kind in kinds]
    for text, colour in marks:
        axes[0].plot([], [], ".", color=colour, label=text)
    axes[0].plot([], [], color=style.BLACK, ls="--", lw=0.9, label="lattice, exact")
    figure.get_layout_engine().set(rect=(0, 0, 0.98, 1))  # the counts are wider than the layout believes
    figure.legend(
        *axes[0].get_legend_handles_labels(), ncols=4, loc="outside upper center", fontsize=8
    )
    for representation, group in groups.items():
        for label, colour, records in group:
            if colour == GREY:
                continue
            kind = next((k for k in kinds if k == "delta_1" or any(k in r for r in records)), None)
            values = np.array(
                [delta_1(r) if kind == "delta_1" else coupling(r, kind) for r in records]
            )
            ours, error = median_and_error(values)
            found = np.isfinite(values).sum()
            kind = "none in" if ours is None else "one of" if found == 1 else f"median of {found} of"
            compare(
                place, f"{quantity} of {representation}, {label}: {kind} {len(values)}", ours, error=error,
                published=BOXES[quantity][representation][0], ising=EXACT[quantity],
                exact_map=EXACT_MAP[quantity] if representation == "A1" else None,
            )  # fmt: skip
    return figure


def span(values, digits=3):
    """Median and, in brackets, the lowest and the highest."""
    values = np.asarray([np.nan if v is None else v for v in values], dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return "none"
    return f"{np.median(values):.{digits}f} ({values.min():.{digits}f}-{values.max():.{digits}f})"


def trial_table():
    """A line for each published trial and each recipe of ours."""
    lines = []
    for representation in REPRESENTATIONS:
        kinds = [*trials(representation).items()]
        for name in OURS[representation].items():
            label, records = of_recipe(*name)
            kinds.append((f"ours: {label}", records))
        for label, records in kinds:
            if not records:
                continue
            apart = [r["distance_to_previous"] for r in records if r.get("distance_to_previous")]
            growing = sorted({r["newton"]["growing"] for r in records if "growing" in r["newton"]})
            lines.append(
                f"| {REPRESENTATIONS[representation]} | {label} | {len(records)} | {f'{100 * np.median(apart):.1f} %' if apart else '-'} | "
                f"{span([coupling(r, 'monotone') for r in records])} | {span([delta_1(r) for r in records])} | "
                f"{', '.join(map(str, growing)) or '-'} | {span([r['axis'].get('divergence') for r in records], 4)} | "
                f"{records[0]['axis']['least_divergence']:.4f} | {span([r['axis'].get('distance') for r in records], 2)} | "
                f"{span([r['newton'].get('exact_curl') for r in records], 2) if representation != 'A1' else '0'} |"
            )
    table(
        [
            "",
            "networks",
            "number",
            "apart",
            "$J_{0*}$, Eq. 21",
            "$\\Delta_1$",
            "growing",
            "mean divergence on the axis (nat)",
            "least",
            "distance",
            "curl",
        ],
        lines,
    )


def budget():
    """A line for each recipe: what was planned, what is complete, what stopped and what was left."""
    lines = []
    for name, (representation, _, fit, _, _, planned) in published_recipes().items():
        records = [r for r in RECIPES if r["recipe"] == name]
        complete = [r for r in records if trained_to_the_end(r)]
        stopped = [r["steps"] for r in records if r.get("stopped")]
        seconds = [r["seconds_per_step"] for r in complete if r["seconds_per_step"]]
        spent = f"{np.median(seconds) * fit['steps']:.0f}" if seconds else "-"
        partial = [r["steps"] for r in records if not trained_to_the_end(r) and not r.get("stopped")]
        said = f"at steps {', '.join(map(str, sorted(stopped)))}: the flow equation became too stiff" if stopped else "-"
        said = f"not finished: {', '.join(map(str, sorted(partial)))} steps done" if partial else said
        lines.append(
            f"| {name} | {REPRESENTATIONS[representation]} | {fit['steps']} | {len(complete)} of {planned} | {spent} | {said} |"
        )
    table(["recipe", "", "steps", "complete models", "core seconds of one", "stopped"], lines)
