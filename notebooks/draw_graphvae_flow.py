"""Figs. 3 to 6 of 04_graphvae.ipynb: what levels and block spins do to the latent variables."""

import numpy as np

from draw_graphvae import PC1, PC2, titled
from isingrg import ising, statistics
from isingrg.graphvae._evaluation import level_means
from isingrg.plot import _style as style
from page import FAST, GREY, compare, panels
from page_graphvae import (
    BASINS,
    FAR,
    KC,
    LEVELS,
    MODEL,
    ON_PC1,
    PCA,
    PUBLISHED,
    SEEDS,
    SPINS,
    WINDOW,
    K,
    drift,
    rms,
)

PHASES = {
    f"$K < K_c - {WINDOW}$": (K < KC - WINDOW, style.BLUE),
    "near $K_c$": (~FAR, "#BBBBBB"),
    f"$K > K_c + {WINDOW}$": (K > KC + WINDOW, style.VERMILION),
}


class BlockSpins:
    """Configurations of 128 x 128 and their block spins under both rules for ties, on PC1."""

    K = np.array([0.30, 0.36, 0.40, 0.42, KC, 0.46, 0.48, 0.52])
    SIZES = (128, 64, 32, 16, 8)

    def __init__(self):
        generator, (self.spins, self.pc1) = np.random.default_rng(0), ({}, {})
        self.ratio, self.root = {}, {}
        self.disorder = []
        for size in self.SIZES:
            random = generator.choice(
                np.array([-1, 1], np.int8), (max(200, 2**16 // size**2), size, size)
            )
            self.disorder.append(PCA.project(level_means(MODEL, random)[-1])[:, 0])
        self.noise = np.array([np.std(values) for values in self.disorder])
        first = ising.sample(128, self.K, 16 if FAST else 60, seed=11)[:, 0]
        for ties in ("up", "random"):
            chain = [first]
            for step in range(len(self.SIZES) - 1):
                chain.append(ising.block_spin(chain[-1], ties=ties, seed=step))
            self.spins[ties] = chain
            on_pc1 = [PCA.project(level_means(MODEL, x)[-1])[..., 0] for x in chain]
            self.pc1[ties] = [
                x - values.mean() for x, values in zip(on_pc1, self.disorder, strict=False)
            ]
            self.root[ties] = statistics.bootstrap(
                lambda v: rms(np.moveaxis(v, -1, 0)), np.stack(self.pc1[ties], -1), axis=1, resamples=200)  # fmt: skip

    def growth(self):
        """Of the root mean square of PC1 and of m at K_c, from size to size as far as 16, ties at random."""
        i = int(np.argmin(np.abs(self.K - KC)))
        for name, steps in [
            ("PC1", self.pc1["random"]),
            ("magnetization", map(ising.magnetization, self.spins["random"])),
        ]:
            rows = np.stack([step[i] for step in steps][:4], -1)
            grown = statistics.bootstrap(
                lambda v: np.sqrt(np.square(v).mean(0)[1:] / np.square(v).mean(0)[:-1]), rows, axis=0, resamples=400)  # fmt: skip
            for step, (value, error) in enumerate(zip(grown.value, grown.error, strict=False), 1):
                compare(
                    "Fig. 6",
                    f"growth of {name} at K_c, block spin {step}",
                    value,
                    error=error,
                    ising=2**0.125,
                )
            print(f"growth of the root mean square of {name} at K_c, ties at random, from size to size: "
                  + ", ".join(f"{v:.3f} ± {e:.3f}" for v, e in zip(grown.value, grown.error, strict=False)) + f"; scaling 2^(1/8) = {2**0.125:.3f}")  # fmt: skip


def flow(blocks):
    """Fig. 3."""
    figure, ((left, middle), (up, random)) = panels(5.2, 2, 2)
    for coupling in (0.1, 0.2, 0.3, 0.36, 0.41, 0.46, 0.52, 0.6, 0.7):
        i = int(np.argmin(np.abs(K - coupling)))
        for j in range(0, SPINS.shape[1], 25):
            left.annotate("", (coupling + 0.045, ON_PC1[-1, i, j]), (coupling, ON_PC1[0, i, j]),
                          arrowprops={"arrowstyle": "-|>", "lw": 0.6, "color": style.BLUE, "mutation_scale": 5, "shrinkA": 0, "shrinkB": 0})  # fmt: skip
    left.set(
        xlabel="$K$",
        ylabel="PC1",
        xlim=(0.08, 0.77),
        ylim=(-1.6, 1.6),
        title="levels of the encoder",
    )
    moved = drift()
    middle.errorbar(K, moved.value, moved.error, fmt="o-", ms=3, lw=1.1, color=style.BLUE)
    middle.axhline(0, color=style.BLACK, lw=0.8)
    middle.axvline(KC, color=style.BLACK, lw=0.8, ls="--")
    middle.text(KC + 0.005, 0.083, "$K_c$", fontsize=8)
    middle.text(0.1, 0.045, "up: away from disorder", fontsize=7, color=GREY)
    middle.text(0.1, -0.043, "down: towards disorder", fontsize=7, color=GREY)
    middle.set(
        xlabel="$K$",
        ylabel="change of |PC1| / separation",
        ylim=(-0.05, 0.095),
        title="from level 0 to level 2",
    )
    for ax, ties in ((up, "up"), (random, "random")):
        found, steps = blocks.root[ties], range(len(blocks.SIZES))
        for i, coupling in enumerate(blocks.K):
            colour = (
                style.BLACK
                if coupling == KC
                else (style.BLUE if coupling < KC else style.VERMILION)
            )
            ax.errorbar(
                steps, found.value[:, i], found.error[:, i], fmt="o-", ms=3, lw=1.1, color=colour
            )
            if coupling <= KC and ties == "random":
                ax.text(
                    -0.1,
                    found.value[0, i],
                    "$K_c$" if coupling == KC else f"{coupling:.2f}",
                    fontsize=7,
                    va="center",
                    ha="right",
                    color=colour,
                )
        ax.plot(steps, blocks.noise, color=GREY, lw=4, alpha=0.4, zorder=0)
        ax.text(0.6, blocks.noise[0] * 0.8, "random spins", fontsize=7, color=GREY, va="top")
        ax.set(xticks=steps, xticklabels=blocks.SIZES, xlim=(-0.6, len(steps) - 0.8), xlabel="size after block spins", yscale="log",
               ylim=(0.003, 2), ylabel="PC1, root mean square", title=f"block spins, ties {'+1 (Eq. 5)' if ties == 'up' else 'at random'}")  # fmt: skip
    titled([left, middle, up, random])
    return figure


def consistency():
    """Fig. 4."""
    figure, axes = panels(2.7, 1, MODEL.levels - 1, sharey=True)
    for pair, ax in enumerate(axes):
        for record, colour in zip(PUBLISHED, SEEDS, strict=False):
            scale = record["basins"]["separation"][-1]
            value, error = (
                np.array(record["level_distances"][name])[pair] / scale
                for name in ("value", "error")
            )
            ax.errorbar(
                K, value, error, fmt="-", lw=1, color=colour, label=f"seed {record['seed']}"
            )
        ax.axvline(KC, color=style.BLACK, lw=0.8, ls="--")
        ax.set(xlabel="$K$", title=f"levels {pair} and {pair + 1}")
    axes[0].set(ylabel="distance / separation", ylim=(0, None))
    axes[0].legend(fontsize=7.5, ncols=2)
    titled(axes)
    return figure


def basins():
    """Fig. 5."""
    figure, axes = panels(2.7, 1, MODEL.levels, sharex=True, sharey=True)
    for level, ax in enumerate(axes):
        for name, (chosen, colour) in PHASES.items():
            points = PCA.project(LEVELS[level][chosen])
            ax.plot(points[..., 0].ravel(), points[..., 1].ravel(), ".", ms=1.5, color=colour, alpha=0.5, rasterized=True,
                    zorder=0 if "near" in name else 1)  # fmt: skip
            ax.plot([], [], "o", ms=4, color=colour, label=name)
        at = PCA.project(BASINS.centres[:, level])
        ax.plot(at[:, 0], at[:, 1], "x", ms=8, mew=2, color=style.BLACK, label="fixed points")
        ax.set(xlabel="PC1", title=f"level {level}")
    axes[0].set_ylabel(PC2)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    titled(axes)
    return figure


def trajectories(blocks):
    """Fig. 6."""
    figure, (left, right) = panels(3.1, 1, 2)
    for name, (chosen, colour) in PHASES.items():
        paths = PCA.project(LEVELS[:, chosen][:, :, ::40]).reshape(len(LEVELS), -1, MODEL.latent)
        left.plot(paths[..., 0], paths[..., 1], "-", lw=0.6, color=colour, alpha=0.7)
        left.plot(paths[-1, :, 0], paths[-1, :, 1], ".", ms=3, color=colour, label=name)
    left.set(xlabel=PC1, ylabel=PC2, title="levels of the encoder")
    left.legend(fontsize=7.5, loc="upper center")
    for coupling, colour in {0.40: style.BLUE, KC: style.BLACK, 0.48: style.VERMILION}.items():
        i = int(np.argmin(np.abs(blocks.K - coupling)))
        paths = np.array([step[i, ::2] for step in blocks.pc1["random"]])
        right.plot(range(len(paths)), paths, "-", lw=0.6, color=colour, alpha=0.7)
        right.plot(
            [], [], color=colour, label="$K_c$" if coupling == KC else f"$K = {coupling:.2f}$"
        )
    right.set(xticks=range(len(blocks.SIZES)), xticklabels=blocks.SIZES, xlabel="size after block spins", ylabel="PC1", ylim=(-1.6, 2.1),
              title="block spins of $128 \\times 128$")  # fmt: skip
    right.legend(ncols=3, loc="upper center", fontsize=7.5, columnspacing=1)
    titled([left, right])
    return figure
