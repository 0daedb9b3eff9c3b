"""What 03_neuralrg.ipynb needs beside the library: published numbers, records, pictures of networks, estimators."""

from pathlib import Path

import numpy as np
from matplotlib.patches import Polygon, Rectangle
from scipy.spatial.distance import cdist
from scipy.special import digamma

import record_file
from isingrg import ising
from isingrg.plot import _style as style
from page import GREY, picture, with_error

L, K = 16, ising.K_CRITICAL
#: Structure factor at L = 16: the command under "Plot" of readme.md, github.com/li012589/NeuralRG at commit ff4eb18.
PUBLISHED_ORDER = 0.544445
#: Seconds of a training step of that program, batch 512, on one core of the machine on which the trainings were made.
PUBLISHED_STEP = 1.04
#: Mean loss of 512 samples after 5000 steps at L = 32 without symmetrisation, depth 5 to 1 and T = 2.0 to 2.7, and their
#: standard deviations: core_result_Tfrom2.0to2.7_depthMERAfrom5to1.hdf5 of the same repository at commit 344b08b.
PUBLISHED_SCAN = {
    5: (-2636.874, -2520.842, -2415.881, -2321.083, -2238.316, -2166.825, -2102.086, -2043.290),
    4: (-2636.013, -2517.017, -2411.567, -2316.759, -2237.161, -2166.562, -2102.195, -2043.270),
    3: (-2615.914, -2493.550, -2395.212, -2312.035, -2235.846, -2166.397, -2102.395, -2043.212),
    2: (-2571.587, -2474.155, -2385.883, -2305.032, -2230.924, -2162.904, -2099.940, -2041.462),
    1: (-2529.853, -2440.812, -2358.428, -2282.632, -2212.477, -2147.778, -2087.592, -2031.392),
}  # fmt: skip
TEMPERATURES = (2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7)

DATA = Path(__file__).parent / "data"
MODELS = record_file.load(DATA / "neuralrg_models.json")
DEPTHS = record_file.load(DATA / "neuralrg_depth.json")
GAUSSIAN = record_file.load(DATA / "neuralrg_gaussian.json")
CHAINS = record_file.load(DATA / "neuralrg_hmc.json")

LIGHT, DARK = "#D9D9D9", "#7F7F7F"
#: Latent variables, fine to coarse.
SCALES = [style.SKY, style.GREEN, style.ORANGE, style.VERMILION, style.PURPLE]


def select(recipe):
    return [record for record in MODELS if record["recipe"] == recipe]


def mean_error(values):
    """Mean and standard error of independent values along the first axis."""
    return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


def cosine(a, b):
    return np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))


ESTIMATES = ["bound", "exact $-\\ln Z$", "relative error", "KL divergence (nat)", "effective samples of 8192",
             "weighted $-\\ln Z$ (errors off)", "seconds", "peak MB"]  # fmt: skip


def estimates(record):
    """Cells of a table, as `ESTIMATES` names them."""
    bound, partition, exact = record["free_energy"], record["log_partition"], record["exact"]
    score = (partition["estimate"] + exact) / partition["standard_error"]
    return [
        with_error(bound["mean"], bound["standard_error"]), f"{exact:.4f}",
        f"{100 * (bound['mean'] - exact) / -exact:.3f} %", f"{bound['mean'] - exact:.2f}",
        f"{partition['effective_sample_size']:.0f}",
        f"{with_error(-partition['estimate'], partition['standard_error'])} ({-score:+.1f})",
        f"{record['seconds']:.0f}", str(record["peak_megabytes"]),
    ]  # fmt: skip


# Networks


def cone(flow, sites):
    """Latent variables that physical ones depend on, (L^2,), and the blocks on the way, for each layer."""
    reached, blocks = np.zeros(flow.L**2, bool), []
    reached[sites] = True
    for layer in flow.hierarchy:
        blocks.append(reached[layer.sites].any(1))
        reached[layer.sites[blocks[-1]]] = True
    return reached, blocks


def reach(flow):
    """Smallest distance from which on the cones of two sites of a row share nothing, wherever they are."""
    size = flow.L
    allowed = np.array([cone(flow, [site])[0] for site in range(size)]).astype(int)
    common = allowed @ allowed.T
    apart = (r for r in range(1, size // 2 + 1)
             if not any(common[i, (i + s) % size] for i in range(size) for s in range(r, size - r + 1)))  # fmt: skip
    return next(apart, None)


def draw_network(ax, flow, colour=lambda layer, block: None):
    """Draw a flow's hierarchy, cut along the first row; a colour may be given by layer and block."""
    size, layers, scales = flow.L, flow.hierarchy, flow.latent_scales[0]
    for j in range(size):
        top = max(k for k, layer in enumerate(layers) if j in layer.sites) + 1.55
        ax.plot([j, j], [0, top], color=style.BLACK, lw=0.8, zorder=1)
        ax.plot(j, 0, "o", color=style.BLACK, ms=4)
        ax.plot(j, top, "x", color=SCALES[scales[j]], ms=6, mew=1.8)
    for k, layer in enumerate(layers):
        for block, sites in enumerate(layer.sites):
            columns = sites[sites < size]
            if not len(columns):
                continue  # does not touch the first row
            width = 2**layer.scale
            for left in (columns[0], columns[0] - size):  # the part beyond the border comes back at the other one
                ax.add_patch(Rectangle((left - 0.3, k + 0.75), width + 0.6, 0.5, ec=style.BLACK, lw=0.5, zorder=2,
                                       fc=colour(k, block) or (DARK if layer.is_decimator else LIGHT)))  # fmt: skip
    ax.set(xlim=(-0.6, size - 0.4), ylim=(-0.4, len(layers) + 1))
    ax.axis("off")


def draw_lattice(ax, flow, scale, size):
    """Draw the blocks of a scale in a corner of the lattice."""
    for layer in flow.hierarchy:
        if layer.scale != scale:
            continue
        for sites in layer.sites:
            i, j = divmod(int(sites[0]), flow.L)
            margin, width = (0.168 if layer.is_decimator else 0.28) * 2**scale, 2**scale
            for di, dj in [(0, 0), (0, flow.L), (flow.L, 0), (flow.L, flow.L)]:
                ax.add_patch(Rectangle((j - dj - margin, i - di - margin), width + 2 * margin, width + 2 * margin,
                                       fc=DARK if layer.is_decimator else LIGHT, ec=style.BLACK, lw=0.5, alpha=0.75,
                                       zorder=1 + layer.is_decimator))  # fmt: skip
    i, j = np.indices((size, size))[:, :: 2**scale, :: 2**scale]
    ax.plot(j.ravel(), i.ravel(), "o", color=style.BLACK, ms=3, zorder=3)
    ax.set(xlim=(-0.9, size - 0.5), ylim=(size - 0.5, -0.9))
    picture(ax)


def draw_block(ax, x, is_decimator, title):
    corners = np.add([[0, 0], [1, 0], [0.45, 0.5], [1.45, 0.5]], [x, 0])
    ax.add_patch(Polygon(corners[[0, 1, 3, 2]] + [0, 1], fc=DARK if is_decimator else LIGHT, ec=style.BLACK, lw=0.6, zorder=2))
    for k, (u, v) in enumerate(corners[[2, 3, 0, 1]]):  # top left, top right, bottom left, bottom right
        passed = k == 0 or not is_decimator
        ax.plot([u, u], [v, v + 2], color=GREY, lw=0.8, zorder=1)
        ax.plot(u, v, "o", color=style.BLACK, ms=4)
        ax.plot(u, v + 2, "o" if passed else "x", color=style.BLACK if passed else SCALES[0], ms=4 if passed else 6, mew=1.6)
    ax.text(x + 0.72, -0.45, title, ha="center", va="center", fontsize=8)


def image(ax, values, limit, title="", cmap="RdBu_r"):
    """A configuration; the scale is symmetric around zero."""
    shown = ax.imshow(values, cmap=cmap, vmin=-limit, vmax=limit)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=8.5)
    ax.spines[:].set_visible(True)
    return shown


# Estimators


def kraskov(a, b, k=3):
    """Mutual information of vectors a (n, p) and b (n, q) in nats, Kraskov et al., Eq. 8."""
    whitened = [
        np.linalg.solve(np.linalg.cholesky(np.atleast_2d(np.cov(v.T))), v.T).T
        for v in (a - a.mean(0), b - b.mean(0))
    ]
    counts = []
    for start in range(0, len(a), 500):
        near = [cdist(v[start : start + 500], v, "chebyshev") for v in whitened]
        radius = np.partition(np.maximum(*near), k, axis=1)[:, k : k + 1]  # the 0th is the sample itself
        counts.append([(distance < radius).sum(1) for distance in near])
    return digamma(k) + digamma(len(a)) - np.mean(digamma(np.concatenate(counts, axis=1)).sum(0))


def correlation(x):
    """Connected correlation along rows for each sample, (n, distances)."""
    x = x - x.mean(0)
    return np.array([(x * np.roll(x, r, 2)).mean((1, 2)) for r in range(x.shape[1] // 2 + 1)]).T / x.var()


def influences(flow, x, sites, step=1e-3):
    """E[dx / dz_i] by central differences, (k, L, L)."""
    z, found = flow.encode(x)[0], []
    for i, j in sites:
        shift = np.zeros(x.shape[1:])
        shift[i, j] = step
        found.append((flow.decode(z + shift)[0] - flow.decode(z - shift)[0]).mean(0) / (2 * step))
    return np.array(found)


def in_span(pictures, wavelets):
    """Part of these wavelets in the span of as many pictures, 0 to 1."""
    basis = np.linalg.qr(pictures.reshape(len(pictures), -1).T)[0]
    return np.linalg.norm(basis.T @ wavelets.reshape(len(wavelets), -1).T) / np.sqrt(len(wavelets))
