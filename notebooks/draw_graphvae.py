"""The figures of 04_graphvae.ipynb."""

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from isingrg import graphvae
from isingrg.plot import _style as style
from page import GREY, panels, picture
from page_graphvae import (
    ABS_M,
    FAR,
    GROUPS,
    KC,
    LEVELS,
    MODEL,
    ON_PC1,
    PCA,
    POOLED,
    PUBLISHED,
    PUBLISHED_MAGNITUDES,
    RECIPES,
    SEEDS,
    SPINS,
    STEEPEST_M,
    K,
    M,
)  # fmt: skip

PC1, PC2 = (f"PC{k + 1}, {100 * PCA.explained[k]:.2f} % of the variance" for k in (0, 1))
SPIN = {"cmap": "Greys", "vmin": -1.5, "vmax": 1.5, "interpolation": "nearest"}


def titled(axes):
    """Number the panels whose titles do not do so yet."""
    for ax, letter in zip(np.ravel(axes), "abcdefgh", strict=False):
        ax.set_title(f"({letter}) {ax.get_title()}", loc="left")
        ax.set_title("")


def training(fresh):
    figure, (left, right) = panels(2.7, 1, 2)
    for record, colour in zip(PUBLISHED, SEEDS, strict=False):
        history = record["history"]
        left.plot(
            history["epoch"], history["loss"], color=colour, lw=1, label=f"seed {record['seed']}"
        )
        right.plot(history["epoch"], history["reconstruction"], color=colour, lw=1)
        right.plot(history["epoch"], history["kl"], color=colour, lw=1, ls="--")
    left.plot(fresh.history["epoch"], fresh.history["loss"], "k.", ms=3, label="here and now")
    floor = 1 - np.mean(M**2)
    right.axhline(floor, color=style.BLACK, lw=0.9, ls=":")
    right.text(60, floor - 0.02, "magnetization known", ha="right", va="top", fontsize=8)
    left.set(xlabel="epoch", ylabel="loss (Eq. 1)", title="loss")
    right.set(xlabel="epoch", ylabel="term", ylim=(0, 1.6), title="its terms")
    right.plot([], [], color=GREY, label="reconstruction")
    right.plot([], [], color=GREY, ls="--", label=r"$D_{\mathrm{KL}}$ (nat)")
    left.legend(fontsize=7.5)
    right.legend(loc="upper right", ncols=2)
    titled([left, right])
    return figure


def first_component():
    """Fig. 1."""
    pc1 = ON_PC1[-1]
    figure, (left, right) = panels(3.1, 1, 2)
    jitter = np.random.default_rng(0).uniform(-0.003, 0.003, pc1.shape)
    left.plot(
        (K[:, None] + jitter).ravel(),
        pc1.ravel(),
        ".",
        ms=1.2,
        alpha=0.25,
        color=style.SKY,
        rasterized=True,
    )
    left.errorbar(
        K,
        pc1.mean(1),
        pc1.std(1),
        fmt="o",
        ms=3,
        lw=0.9,
        color=style.BLUE,
        label="mean and standard deviation",
    )
    left.set(xlabel="$K$", ylabel=PC1, ylim=(-1.7, 2.1), title="all configurations, seed 0")
    left.legend(loc="upper left")
    for record, colour in zip(PUBLISHED, SEEDS, strict=False):
        separation = record["basins"]["separation"][-1]
        distance = {
            name: np.array(values) / separation for name, values in record["distance"].items()
        }
        right.errorbar(
            K,
            distance["value"],
            distance["error"],
            fmt="-",
            lw=1,
            color=colour,
            label=f"seed {record['seed']}",
        )
        place = record["critical"]["distance"]
        right.errorbar(
            place["value"],
            -0.05 - 0.03 * record["seed"],
            xerr=place["error"],
            fmt="o",
            ms=3,
            lw=1,
            color=colour,
        )
    right.plot(
        K, ABS_M.mean(1), color=GREY, lw=3, alpha=0.4, zorder=0, label=r"$\langle|m|\rangle$"
    )
    right.set(
        xlabel="$K$",
        ylabel="|PC1 $-$ PC1 of disorder| / separation",
        ylim=(-0.2, 1.1),
        title="distance from disorder",
    )
    right.legend(loc="lower right", bbox_to_anchor=(1, 0.1))
    for ax in (left, right):
        ax.axvline(KC, color=style.BLACK, lw=0.8, ls="--")
        ax.text(KC + 0.005, ax.get_ylim()[0] + 0.03, "$K_c$", va="bottom", fontsize=8)
    titled([left, right])
    return figure


def network():
    """Fig. 2, with a configuration in it and what is decoded beside what it should be."""
    settings, _ = graphvae.published_settings()
    figure, ax = panels(2.9)
    example, x, before = SPINS[13, 0], 0.0, None
    for level in range(MODEL.levels):
        size = MODEL.L // 2**level
        width = 1.5 * size / MODEL.L + 0.35
        pooled = example.reshape(size, 2**level, size, 2**level).mean((1, 3))
        middle = x + width / 2
        ax.imshow(pooled, extent=(x, x + width, 1.2 - width / 2, 1.2 + width / 2), **SPIN)
        ax.text(
            middle,
            1.2 + width / 2 + 0.08,
            f"level {level}: {size} x {size}",
            ha="center",
            va="bottom",
            fontsize=8,
        )
        ax.add_patch(
            FancyArrowPatch(
                (middle, 1.2 - width / 2),
                (middle, 0.12),
                arrowstyle="-|>",
                mutation_scale=9,
                color=GREY,
            )
        )
        ax.add_patch(
            Rectangle((middle - 0.42, -0.22), 0.84, 0.32, fc=style.SKY, ec="none", alpha=0.5)
        )
        ax.text(
            middle,
            -0.06,
            rf"$\mu^{{({level})}}, \ln\sigma^{{2({level})}}$",
            ha="center",
            va="center",
            fontsize=8,
        )
        if level:
            ax.add_patch(FancyArrowPatch((before + 0.44, -0.06), (middle - 0.44, -0.06), arrowstyle="<|-|>", mutation_scale=9,
                                         color=style.VERMILION))  # fmt: skip
            ax.text(
                (before + middle) / 2,
                -0.32,
                "Eq. 6",
                ha="center",
                va="top",
                fontsize=8,
                color=style.VERMILION,
            )
        if level + 1 < MODEL.levels:
            ax.add_patch(FancyArrowPatch((x + width + 0.05, 1.2), (x + width + 0.72, 1.2), arrowstyle="-|>", mutation_scale=10,
                                         color=style.BLACK))  # fmt: skip
            ax.text(x + width + 0.38, 1.28, "pool", ha="center", fontsize=8)
        before, x = middle, x + width + 0.78
    ax.add_patch(
        FancyArrowPatch(
            (before + 0.44, -0.06),
            (x - 0.05, -0.06),
            arrowstyle="-|>",
            mutation_scale=10,
            color=style.BLACK,
        )
    )
    ax.text(
        (before + x) / 2 + 0.2, 0.0, f"$z$ ({MODEL.latent})", ha="center", va="bottom", fontsize=8
    )
    m, decoded = example.mean(), MODEL.decode(LEVELS[-1, 13, 0])
    for left, image, text in [
        (x, decoded, f"decoded\nmean {decoded.mean():+.2f}"),
        (x + 1.25, np.full_like(decoded, m), f"should be\n$m$ = {m:+.2f}"),
    ]:
        ax.imshow(image, extent=(left, left + 1.0, -0.45, 0.55), **SPIN)
        ax.add_patch(Rectangle((left, -0.45), 1.0, 1.0, fc="none", ec=GREY, lw=0.6))
        ax.text(left + 0.5, 0.6, text, ha="center", va="bottom", fontsize=8)
    ax.text(
        x + 1.9,
        2.3,
        f"{settings['token']} token features,\n{settings['hidden']} features per site",
        ha="right",
        fontsize=8,
        color=GREY,
    )
    ax.set(xlim=(-0.15, x + 2.4), ylim=(-0.6, 2.6))
    picture(ax)
    return figure


def linear_map():
    """Fig. 7."""
    fine, coarse = (
        LEVELS[part][:, FAR].reshape(-1, MODEL.latent) for part in (slice(None, -1), slice(1, None))
    )
    found = MODEL.rg_map(SPINS[FAR], block=20, resamples=50)
    unit = int(np.argmax(found.active_units))
    dead = [k for k in range(MODEL.latent) if k != unit]
    figure, (left, middle, right) = panels(2.9, 1, 3, width_ratios=[1, 1, 1.25])
    left.plot(
        fine[::5, unit],
        coarse[::5, unit],
        ".",
        ms=2,
        color=style.BLUE,
        label="active",
        rasterized=True,
    )
    left.plot(
        fine[::5, dead].ravel(),
        coarse[::5, dead].ravel(),
        ".",
        ms=1,
        color=style.VERMILION,
        label="collapsed",
        rasterized=True,
    )
    left.set(xlabel=r"$\mu$ fine", ylabel=r"$\mu$ coarse", title="overlap")
    left.legend(fontsize=7.5, markerscale=3)
    real, predicted = (
        (x - coarse.mean(0)) / coarse.std(0) for x in (coarse, fine @ found.weight.T + found.bias)
    )
    middle.plot(
        real[::7, dead].ravel(),
        predicted[::7, dead].ravel(),
        ".",
        ms=1,
        color=style.VERMILION,
        rasterized=True,
    )
    middle.plot(real[::7, unit], predicted[::7, unit], ".", ms=2, color=style.BLUE, rasterized=True)
    middle.set(
        xlabel="coarse / its deviation",
        ylabel="predicted",
        xlim=(-2.6, 2.6),
        ylim=(-2.6, 2.6),
        title="accuracy",
    )
    for ax in (left, middle):
        ax.axline((0, 0), slope=1, color=style.BLACK, lw=0.6, zorder=0)
    for record, colour in zip(PUBLISHED, SEEDS, strict=False):
        entry = record["rg_map"][POOLED]
        value, low, high = (
            np.array(entry["magnitudes"][name]) for name in ("value", "low", "high")
        )
        where = np.arange(1, len(value) + 1) + 0.11 * (record["seed"] - 2)
        right.errorbar(
            where,
            value,
            np.maximum([value - low, high - value], 0),
            fmt="none",
            ecolor=colour,
            lw=1,
        )
        for x, v, active in zip(where, value, entry["active"], strict=False):
            right.plot(x, v, "o", ms=5, mec=colour, mfc=colour if active else "white", zorder=3)
    for k, value in enumerate(PUBLISHED_MAGNITUDES, 1):
        right.plot([k - 0.4, k + 0.4], [value, value], color=GREY, lw=3, alpha=0.4, zorder=0)
    right.axhline(1, color=style.BLACK, lw=0.6)
    right.plot([], [], "o", color=GREY, label="active")
    right.plot([], [], "o", mec=GREY, mfc="white", label="collapsed")
    right.plot([], [], color=GREY, lw=3, alpha=0.4, label="published")
    right.set(
        xticks=range(1, MODEL.latent + 1),
        xlabel="order",
        ylabel=r"$|\lambda|$",
        title="spectrum",
    )
    right.legend(fontsize=7.5)
    titled([left, middle, right])
    return figure


def ablations():
    figure, axes = panels(3.9, 1, 4, sharey=True, width_ratios=[0.8, 1.1, 1.2, 1])
    for row, group in enumerate(GROUPS.values()):
        for record in group:
            y, colour = -row - 0.13 * (record["seed"] - 2), SEEDS[record["seed"]]
            entry, place = record["rg_map"][POOLED], record["critical"]["distance"]
            axes[0].plot(sum(record["active_units"]), y, "o", ms=4, color=colour)
            if "value" in place and any(record["active_units"]):
                axes[1].errorbar(
                    place["value"], y, xerr=place["error"], fmt="o", ms=3, lw=1, color=colour
                )
            for ax, key in ((axes[2], "magnitudes"), (axes[3], "cosine")):
                value, low, high = (
                    np.ravel(entry[key][part])[0] for part in ("value", "low", "high")
                )
                ax.errorbar(value, y, xerr=[[max(value - low, 0)], [max(high - value, 0)]], fmt="o", ms=4, lw=1, color=colour,
                            mfc=colour if entry["active"][0] else "white")  # fmt: skip
    axes[0].set(yticks=-np.arange(len(GROUPS)), yticklabels=[RECIPES[name] for name in GROUPS], xlim=(-0.5, 4.5), xticks=range(5),
                xlabel="active units")  # fmt: skip
    axes[1].axvline(KC, color=style.BLACK, lw=0.8, ls="--")
    axes[1].axvline(STEEPEST_M.value, color=style.BLACK, lw=0.8, ls=":")
    axes[1].set(xlabel="steepest at $K$", xlim=(0.39, 0.47))
    axes[2].axvline(1, color=style.BLACK, lw=0.6)
    axes[2].set(xlabel=r"largest $|\lambda|$, all pairs", xscale="log")
    axes[2].xaxis.set_major_formatter("{x:g}")
    axes[3].axvspan(0.42 - 0.005, 0.42 + 0.005, color=GREY, alpha=0.4, lw=0)
    axes[3].set(xlabel="cosine with PC1", xlim=(0, 1.03))
    for ax in axes:
        ax.grid(axis="y", lw=0.3)
    titled(axes)
    return figure
