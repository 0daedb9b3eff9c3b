"""Drawings of 01_mlrg.ipynb that need models: flows, planes and machines."""

import numpy as np

import isingrg
from isingrg import mlrg
from isingrg.mlrg import symmetry
from isingrg.plot import _style as style
from page import FAST, GREY, panels
from page_mlrg import NETWORKS, REPRESENTATIONS

#: How far |J| the networks were trained: flows are drawn as far as that.
TRAINED = {"A1": 2.0, "A1+E": 1.5, "2A1+E": 1.5}
SCALES = [0, 1, 2, 4, 6, 10]
SHADES = [style.SKY, style.BLUE, style.GREEN, style.ORANGE, style.VERMILION, style.BLACK]


def violation(representation, frame, machine, trials=5):
    """Largest change of a log-weight under the point group and the flip of all spins."""
    count = len(symmetry.coupling_components(representation, frame))
    J = np.random.default_rng(0).normal(0, 0.7, (trials, count))
    log = mlrg.boltzmann_tensor(J, representation, machine=machine, frame=frame, log=True).reshape(trials, -1)
    turned = [*symmetry.visible_action(representation), np.arange(log.shape[1])[::-1]]
    return max(np.abs(log[:, states] - log).max() for states in turned)


# Fig. 3

CORNERS = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) / 2
EDGES = (CORNERS + np.roll(CORNERS, -1, 0)) / 2
PLACES = {"teacher": EDGES, "student": np.zeros((1, 2))}


def draw_block(ax, machine, centre, arrows=False):
    weights = symmetry.machine_weights(0.7, machine=machine)[:, 0, :, 0]
    for hidden, corner in np.argwhere(weights):
        a, b = PLACES[machine][hidden] + centre, CORNERS[corner] + centre
        begin, end = (a, b) if machine == "teacher" else (b, a)  # bonds run from edge to vertex
        ax.plot(*zip(a, b, strict=True), color=style.SKY, lw=1.6, zorder=1)
        if arrows:
            middle = 0.5 * (begin + end)
            ax.annotate("", middle + 0.16 * (end - begin), middle - 0.16 * (end - begin),
                        arrowprops={"arrowstyle": "-|>", "color": style.BLUE}, zorder=2)
    ax.plot(*(PLACES[machine] + centre).T, "o", color=style.VERMILION, ms=5, zorder=3)
    ax.plot(*(CORNERS + centre).T, "o", color=style.BLUE, ms=5, zorder=3)


# Fig. 5


def published_a1():
    """The ten networks behind the boxes of A1."""
    return [r for r in NETWORKS if r["representation"] == "A1" and r["trial"] == "trial1"]


def beta_functions(models, J_star):
    """C(J0), its slope, and what is left of the slope beside the exact map: ours and the published."""
    J = np.linspace(0, 1.5, 61)
    exact = mlrg.exact_map(J[1:]) - J[1:]
    kinds = [
        ("ten published networks", GREY, np.array([r["monotone_curve"] for r in published_a1()]),
         np.array([r["velocity"] for r in published_a1()])),
        (f"our {len(models)} networks", style.BLUE, np.array([m.monotone(J) - m.monotone(0.0) for m in models]),
         np.array([m.velocity(J) for m in models])),
    ]
    figure, axes = panels(2.9, 1, 3)
    for label, colour, C, v in kinds:
        for ax, x, rows in zip(axes, [J, J, J[1:]], [C, v, v[:, 1:] - exact], strict=True):
            mean, spread = rows.mean(0), rows.std(0, ddof=1)
            ax.fill_between(x, mean - 2 * spread, mean + 2 * spread, color=colour, alpha=0.3, lw=0)
            ax.plot(x, mean, color=colour, label=f"{label}, $\\pm 2 \\sigma$")
    axes[1].plot(J[3::4], exact[2::4], "o", ms=3.2, color=style.ORANGE, mec=style.BLACK, mew=0.4, label="exact RG map", zorder=4)
    for ax, title, label in zip(axes, ["(a) RG monotone", "(b) beta function", "(c) less exact map"],
                                ["$C(J_0) - C(0)$", "$-\\partial C / \\partial J_0$", "difference of (b)"], strict=True):
        ax.axvline(J_star, color=style.BLACK, lw=0.9, label="fixed point of the exact map")
        ax.axvline(mlrg.LIEB_CRITICAL_COUPLING, color=style.BLACK, lw=0.9, ls="--", label="lattice, exact")
        ax.set(xlabel="$J_0$", ylabel=label, xlim=(0, 1.5))
        ax.set_title(title, loc="left")
    for ax in axes[1:]:
        ax.axhline(0, color=style.BLACK, lw=0.6)
    figure.legend(*axes[1].get_legend_handles_labels(), ncols=3, loc="outside lower center")
    return figure


# Figs. 7 and 10


def _inside(rows, largest, bound):
    return np.where(np.maximum.accumulate(largest, axis=0) < bound, rows, np.nan)


def along_flow(models, name, label):
    """C or Z along the flow, our networks above, published ones below; "monotone" or "degeneracy"."""
    figure, axes = panels(4.9, 2, 3, sharex=True, sharey="col" if name == "monotone" else True)
    J0 = np.linspace(0.3, 1.3, 101 if FAST else 401)
    for column, (representation, model) in enumerate(models.items()):
        paths = model.bare_flow(J0, max(SCALES))[SCALES]
        J = paths[..., 0] if representation == "A1" else paths
        values = np.asarray(model.monotone(J) if name == "monotone" else model.ground_state_degeneracy(J))
        try:
            critical = model.critical_coupling()
        except isingrg.ConvergenceError:
            critical = np.nan
        drawn = next(r for r in NETWORKS if r["representation"] == representation and "curves" in r)
        curves = {key: np.array(value) for key, value in drawn["curves"].items()}
        for ax, x, rows, largest, point in [
            (axes[0, column], J0, values, np.abs(paths).max(axis=2), critical),
            (axes[1, column], curves["J0"], curves[name], curves["largest"], drawn["monotone"]["value"] or np.nan),
        ]:
            rows = _inside(rows - rows[0, 0] if name == "monotone" else rows, largest, TRAINED[representation])
            for scale, colour, row in zip(SCALES, SHADES, rows, strict=True):
                ax.plot(x, row, color=colour, lw=1.2, label=f"$\\ell = {scale}$")
            ax.axvline(point, color=style.BLACK, lw=0.9, label="$J_{0*}$ of the network")
            ax.axvline(mlrg.LIEB_CRITICAL_COUPLING, color=style.BLACK, lw=0.9, ls="--", label="lattice, exact")
            ax.set_xlim(0.3, 1.3)
        axes[0, column].set_title(f"({'abc'[column]}) {REPRESENTATIONS[representation]}", loc="left")
        axes[1, column].set_xlabel("bare $J_0$")
    for row, kind in zip(axes, ["ours", "published"], strict=True):
        row[0].set_ylabel(f"{label}, {kind}")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), ncols=4, loc="outside lower center")
    return figure


# Figs. 6 and 11, and the phase diagram


def copies(point, representation="A1+E"):
    """A fixed point and what it is with other names of the hidden components."""
    matrix = symmetry.coupling_matrix(point.J, representation)
    for D in symmetry.gauge_transformations(representation):
        yield symmetry.coupling_vector(D @ matrix @ D.T, representation)


class Plane:
    """The couplings J0 e_0 + a d of A1+E, d a direction without J0."""

    def __init__(self, direction):
        self.direction = direction
        self.J0, self.a = np.meshgrid(np.linspace(-0.05, 1.4, 59), np.linspace(-0.9, 0.9, 57))
        self.label = "along " + np.array2string(direction[1:], precision=2, separator=", ")

    def couplings(self, J0=None, a=None):
        J0, a = (self.J0 if J0 is None else J0), (self.a if a is None else a)
        return np.asarray(J0)[..., None] * np.eye(5)[0] + np.asarray(a)[..., None] * self.direction

    def stream(self, ax, field, found, title, colour=style.BLACK):
        ax.streamplot(self.J0, self.a, field[..., 0], field @ self.direction, color=colour, linewidth=0.6, density=1.1, arrowsize=0.8)
        for p in found:
            for copy in copies(p):
                along = copy @ self.direction
                if np.linalg.norm(copy - self.couplings(copy[0], along)) < 0.2:
                    ax.plot(copy[0], along, "o", color=style.BLACK if p.stability == "stable" else style.VERMILION, ms=6, mec="white", zorder=5)
        ax.set(xlabel="$J_0$", ylabel=self.label, xlim=(-0.05, 1.4), ylim=(-0.9, 0.9))
        ax.set_title(title, loc="left")


def end_degeneracies(model, J, steps=60, bound=1.5):
    """Z where the flow from each J ends, or crosses the wall of what was trained."""
    rows = J.reshape(-1, J.shape[-1]).copy()
    moving = np.arange(len(rows))
    for _ in range(steps):
        moved = model.flow(rows[moving], 1)[1]
        inside = np.abs(moved).max(axis=1) <= bound
        rows[moving[inside]] = moved[inside]
        moving = moving[inside]
        if not len(moving):
            break
    return np.asarray(model.ground_state_degeneracy(rows)).reshape(J.shape[:-1])


def phase_diagram(model, plane, critical, along, exact):
    """The phases on the plane of Fig. 6, each with its degeneracy, and the line (exact, along) of the lattice."""
    Z = end_degeneracies(model, plane.couplings())
    figure, ax = panels(3.2)
    shown = ax.contourf(plane.J0, plane.a, Z, levels=[0.5, 1.05, 1.25, 1.5, 1.75, 1.95, 2.5], cmap="cividis")
    figure.colorbar(shown, label="degeneracy $Z$ at the end of the flow")
    for wanted, text in [(1, "paramagnet\n$Z = 1$"), (2, "ferromagnet\n$Z = 2$")]:
        if (np.abs(Z - wanted) < 0.05).any():
            middle = (0.25, -0.1) if wanted == 1 else (1.2, 0.0)
            ax.text(*middle, text, ha="center", va="center", bbox={"fc": "white", "alpha": 0.8, "ec": "none", "pad": 2})
    ax.plot(exact, along, "--", color=style.VERMILION, lw=2, label="critical surface of the lattice")
    ax.plot([critical], [0], "s", color=style.ORANGE, mec=style.BLACK, zorder=6, label=f"$J_{{0*}}$ = {critical:.4f}")
    ax.set(xlabel="$J_0$", ylabel=plane.label, xlim=(-0.05, 1.4), ylim=(-0.9, 0.9))
    figure.legend(loc="outside upper center", ncols=2)
    return figure
