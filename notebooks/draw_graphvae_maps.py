"""The figures of 04_graphvae.ipynb on maps of latent variables and on samples."""

import numpy as np

from draw_graphvae import SPIN, titled
from isingrg import ising
from isingrg.plot import _style as style
from page import FAST, GREY, panels, picture
from page_graphvae import MAPS, MODEL, SEEDS, SITES, SPINS, K, M, select


def generated():
    """Data beside samples from the prior of both models, and what both have in common."""
    count = 500 if FAST else 5000
    drawn = {"one latent variable": MODEL.sample(count, seed=1), "maps": MAPS.sample(count, seed=1)}
    figure = style.figure(5.4)
    figure.set_layout_engine("constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1.35, 1])
    axes = above.subplots(3, 7)
    rows = {
        "data": SPINS[[4, 8, 11, 13, 15, 18, 22], 30],
        **{name: spins[:7] for name, spins in drawn.items()},
    }
    for line, (name, images) in zip(axes, rows.items(), strict=False):
        for ax, image in zip(line, images, strict=False):
            ax.imshow(image, **SPIN)
            picture(ax)
        text = f"samples of the model with {name}" if name != "data" else "data, $K$ = 0.3 to 0.58"
        line[3].set_title(text, fontsize=8)
    left, right = below.subplots(1, 2)
    bins = np.linspace(-1, 1, 41)
    for (name, spins), colour in zip(
        {"data": SPINS, **drawn}.items(), (GREY, style.BLUE, style.ORANGE), strict=False
    ):
        m, e = (
            np.asarray(ising.magnetization(spins)).ravel(),
            np.asarray(ising.energy(spins)).ravel() / MODEL.L**2,
        )
        left.hist(m, bins, density=True, histtype="step", color=colour, label=name, lw=1.3)
        right.plot(
            m[:5200], e[:5200], ".", ms=1.5, alpha=0.4, color=colour, label=name, rasterized=True
        )
    x = np.linspace(-1, 1, 201)
    right.plot(x, -2 * x**2, color=style.BLACK, lw=0.9, label="$-2 m^2$: independent spins")
    left.set(xlabel="magnetization $m$", ylabel="density", ylim=(0, 3.2), title="magnetization")
    right.set(
        xlabel="magnetization $m$",
        ylabel="energy per site, $E/JL^2$",
        ylim=(-3.2, 0.2),
        title="order at short distances",
    )
    left.legend(fontsize=7.5, ncols=3, loc="upper center", columnspacing=1)
    right.legend(fontsize=7.5, markerscale=4, loc="lower center")
    titled([left, right])
    return figure, drawn


def maps():
    """Configurations of the smallest |m|, their maps at every level, and what both models make of them."""
    chosen = [9, 13, 15]
    unit = int(np.argmax(MAPS.encode(SPINS[chosen])[-1][0].var((0, 1, 2, 3))))
    figure, axes = panels(4.4, 3, 6)
    for line, i in zip(axes, chosen, strict=False):
        spins = SPINS[i, np.abs(M[i]).argmin()]
        mu = [x[..., unit] for x, _ in MAPS.encode(spins)]
        sign = np.sign(np.corrcoef(mu[0].ravel(), spins.ravel())[0, 1])
        decoded = MAPS.decode(MAPS.encode(spins)[-1][0])
        whole = MODEL.decode(MODEL.encode(spins)[-1][0])
        images = [(spins, "spins"), *((sign * x / np.abs(mu[0]).max(), f"map, level {l}") for l, x in enumerate(mu)),
                  (decoded, "decoded"), (whole, "from one number")]  # fmt: skip
        for ax, (image, text) in zip(line, images, strict=False):
            ax.imshow(image, **SPIN)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if i == chosen[0]:
                ax.set_title(text, fontsize=8)
        line[0].set_ylabel(f"$K$ = {K[i]:.2f}")
    return figure


def map_contents():
    """What the active unit of a map encodes at every level, and the active eigenvalues."""
    figure, (left, middle, right) = panels(2.9, 1, 3)
    kinds = {
        "m": ("block $m$", "o"),
        "majority": ("majority", "s"),
        "energy": ("block energy", "^"),
    }
    for name, shift in zip(SITES, (-0.12, 0.12), strict=False):
        for record in select(name):
            colour, face = SEEDS[record["seed"]], None if name == "sites" else "white"
            for level, entry in enumerate(record["fields"]):
                unit = int(np.argmax(entry["variance"]))
                x = level + shift + 0.02 * (record["seed"] - 2)
                for kind, (_, marker) in kinds.items():
                    if kind in entry["correlation"] and (level or kind != "majority"):
                        left.plot(
                            x,
                            abs(entry["correlation"][kind]["value"][unit]),
                            marker,
                            ms=4,
                            color=colour,
                            mfc=face,
                        )
                middle.plot(
                    x,
                    entry["variance_within"][unit] / entry["variance"][unit],
                    "o",
                    ms=4,
                    color=colour,
                    mfc=face,
                )
            for k, pair in enumerate(("all", "0-1", "1-2")):
                found = record["rg_map"][f"{pair}, without window"]["active_magnitudes"]
                for value, error in zip(found["value"], found["error"], strict=False):
                    right.errorbar(
                        k + shift + 0.03 * (record["seed"] - 2),
                        value,
                        error,
                        fmt="o",
                        ms=4,
                        lw=1,
                        color=colour,
                        mfc=face,
                    )
    for text, marker in kinds.values():
        left.plot([], [], marker, color=GREY, label=text)
    right.plot([], [], "o", color=GREY, label="published settings")
    right.plot([], [], "o", color=GREY, mfc="white", label=r"$\beta = 0.01$")
    right.axhline(1, color=style.BLACK, lw=0.6)
    left.set(
        xlabel="level",
        xticks=range(3),
        ylabel="modulus of the correlation",
        ylim=(-0.03, 1.03),
        title="what it encodes",
    )
    middle.set(
        xlabel="level",
        xticks=range(3),
        ylabel="share of the variance",
        ylim=(0, None),
        title="within configurations",
    )
    right.set(
        xticks=range(3),
        xticklabels=["all", "0-1", "1-2"],
        xlabel="pairs of levels",
        ylabel=r"active $|\lambda|$",
        title="eigenvalues",
    )
    left.legend(fontsize=7.5)
    right.legend(fontsize=7.5)
    titled([left, middle, right])
    return figure
