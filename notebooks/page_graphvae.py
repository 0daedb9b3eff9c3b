"""What 04_graphvae.ipynb shows of records and of the stored models: its data, words and tables."""

import time
from pathlib import Path

import numpy as np

import record_file
from isingrg import graphvae, ising, statistics
from isingrg.graphvae import GraphVAE
from isingrg.graphvae._evaluation import level_means
from isingrg.plot import _style as style
from page import FAST, compare, table
from train_graphvae import WINDOW, kept_model

RECORDS = record_file.load(Path(__file__).parent / "data" / "graphvae_models.json")
KC = ising.K_CRITICAL
#: |eigenvalues| of Sec. 3.
PUBLISHED_MAGNITUDES = (1.17, 0.76, 0.74, 0.6)
#: Colours of the five seeds.
SEEDS = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILION, style.PURPLE)
RECIPES = {
    "published": "published", "lambda-0": r"$\lambda_{RG} = 0$", "lambda-1": r"$\lambda_{RG} = 1$",
    "lambda-3": r"$\lambda_{RG} = 3$", "beta-elbo": r"$\beta = 2/256$", "beta-0.3": r"$\beta = 0.3$",
    "beta-1": r"$\beta = 1$", "bernoulli": "Bernoulli", "graph-decoder": "graph decoder",
    "on-z": "consistency of $z$", "L32": "$L = 32$",
}  # fmt: skip
SITES = {"sites": "maps, published settings", "sites-beta-0.01": r"maps, $\beta = 0.01$"}

MODEL, MAPS = kept_model("published"), kept_model("sites")
SPINS, K = graphvae.published_data(0)
FAR = np.abs(K - KC) > WINDOW
M, ENERGY = np.asarray(ising.magnetization(SPINS)), np.asarray(ising.energy(SPINS)) / MODEL.L**2
LEVELS = level_means(MODEL, SPINS)
PCA = graphvae.principal_components(LEVELS[-1], reference=M)
ON_PC1 = PCA.project(LEVELS)[..., 0]
BASINS = MODEL.basins(SPINS, block=20, resamples=50)
#: |m| of independent clusters, and where it and the exact energy of this torus change most.
ABS_M = np.abs(ising.magnetization(ising.sample(16, K, 200 if FAST else 2000, n_chains=2, seed=7)))
ABS_M = ABS_M.reshape(len(K), -1)
STEEPEST_M = graphvae.estimate_critical_coupling(K, ABS_M, block=20, resamples=100 if FAST else 400)
_grid = np.linspace(0.38, 0.48, 1001)
STEEPEST_ENERGY = float(_grid[np.argmax([ising.heat_capacity(16, k) / k**2 for k in _grid])])


def select(recipe):
    """The records of all seeds of a recipe."""
    found = [record for record in RECORDS if record["recipe"] == recipe]
    if not found:
        print(f"no record of {recipe} yet: run train_graphvae.py --only {recipe}")
    return found


PUBLISHED = select("published")
GROUPS = {name: found for name in RECIPES if (found := select(name))}


def interval(estimate, digits=3):
    """Value and 95 % interval of an entry of a record."""
    return f"{estimate['value']:.{digits}f} [{estimate['low']:.{digits}f}, {estimate['high']:.{digits}f}]"


def spread(values, digits=3):
    """Median and range, over seeds."""
    return f"{np.median(values):.{digits}f} [{min(values):.{digits}f}, {max(values):.{digits}f}]"


def here_and_now():
    """The published experiment from its beginning; its model and seconds for a step."""
    begin = time.perf_counter()
    spins, _ = graphvae.published_data(seed=0)
    sampled = time.perf_counter()
    model = GraphVAE().fit(spins, 3 if FAST else 60, seed=0)
    end = time.perf_counter()
    assert np.array_equal(spins, SPINS)
    stored = MODEL.history["loss"][: model.epoch]
    same = model.history["loss"] == stored
    print(f"data {sampled - begin:.1f} s, training {end - sampled:.1f} s for {model.epoch} epochs")
    print(f"{same.sum()} of {len(same)} epochs have the loss of the stored training to the last bit; "
          f"largest difference {np.abs(model.history['loss'] - stored).max():.1e}")  # fmt: skip
    # 0.12 to 0.17 s in the published program.
    compare(
        "program", "seconds of a training step of 32", (end - sampled) / model.step, published=0.12
    )
    return model


def known(record):
    """The loss of reconstruction if the magnetization is known, and nothing else."""
    size, seed = record["model"]["L"], record["seed"]
    if (size, seed) not in _KNOWN:
        _KNOWN[size, seed] = np.asarray(
            ising.magnetization(graphvae.published_data(seed, L=size)[0])
        )
    values = _KNOWN[size, seed]
    if record["model"].get("likelihood", "mse") == "mse":
        return 1 - np.mean(values**2)
    up = np.clip((1 + values) / 2, 1e-12, 1 - 1e-12)
    return -np.mean(up * np.log(up) + (1 - up) * np.log(1 - up))


_KNOWN = {}


def training_table():
    table(["seed", "seconds, one core", "reconstruction", "reconstruction of unseen data", "magnetization known",
           "KL (nat)", "RG term", "active units"],
          [f"| {r['seed']} | {r['seconds']:.0f} | {r['loss']['reconstruction']:.4f} | "
           f"{r['loss_unseen']['reconstruction']:.4f} | {known(r):.4f} | {r['loss']['kl']:.3f} | {r['loss']['rg']:.1e} | "
           f"{sum(r['active_units'])} of {len(r['active_units'])} |" for r in PUBLISHED])  # fmt: skip


def steepest_table():
    def text(entry):
        return interval(entry) if "value" in entry else "none"

    rows = [
        ("pc1", "mean PC1 (as in the paper)", f"$K_c$ = {KC:.4f}"), ("distance", "distance from disorder", ""),
        ("abs_m", r"$\lvert m\rvert$ of the same data", f"{STEEPEST_M.value:.3f} ± {STEEPEST_M.error:.3f} (Wolff)"),
        ("energy", "energy of the same data", f"{STEEPEST_ENERGY:.3f} (exact)"),
    ]  # fmt: skip
    table(["steepest change of", *(f"seed {r['seed']}" for r in PUBLISHED), "reference"],
          [f"| {name} | " + " | ".join(text(r["critical"][key]) for r in PUBLISHED) + f" | {other} |"
           for key, name, other in rows])  # fmt: skip
    for record in PUBLISHED:
        place = record["critical"]["distance"]
        compare("Fig. 1", f"steepest change of PC1, seed {record['seed']}", place["value"], error=place["error"],
                published=0.4407, ising=KC)  # fmt: skip


def observables_table():
    names = [("m", "$m$"), ("abs_m", r"$\lvert m\rvert$"), ("energy", "energy")]
    table(["", "seed", *(text for _, text in names)],
          [f"| {text} | {r['seed']} | " + " | ".join(interval(r["correlation"][kind][name], 4) for name, _ in names) + " |"
           for kind, text in [("pc1", "PC1"), ("distance", "distance from disorder")] for r in PUBLISHED])  # fmt: skip


def magnitudes(entry):
    """Moduli with intervals; those of directions that vary in bold."""
    found = zip(
        *(entry["magnitudes"][name] for name in ("value", "low", "high")),
        entry["active"],
        strict=False,
    )
    texts = [(f"{value:.2f} [{low:.2f}, {high:.2f}]", active) for value, low, high, active in found]
    return ", ".join(f"**{text}**" if active else text for text, active in texts)


def map_table():
    """Spectra of all seeds: of all pairs of levels together as in the paper, then of single pairs."""
    lines = []
    for window, pair in [
        ("without", "all"),
        ("with", "all"),
        ("without", "0-1"),
        ("without", "1-2"),
    ]:
        for record in PUBLISHED:
            entry = record["rg_map"][f"{pair}, {window} window"]
            within = ", ".join(
                f"{v:.4f} ± {e:.4f}"
                for v, e in zip(
                    *(entry["active_magnitudes"][k] for k in ("value", "error")), strict=False
                )
            )
            lines.append(f"| {pair} | {window} | {record['seed']} | {magnitudes(entry)} | {within} | {interval(entry['cosine'])} | "
                         f"{entry['r_squared']:.4f} |")  # fmt: skip
    lines.append(
        f"| not said | without | paper | {', '.join(map(str, PUBLISHED_MAGNITUDES))} | | about 1 | |"
    )
    table(["pairs of levels", "window", "seed", "moduli of the eigenvalues (bold: active)", "within active directions",
           "cosine with PC1", "$R^2$"], lines)  # fmt: skip
    for record in PUBLISHED:
        entry = record["rg_map"]["all, without window"]
        for order, (value, error) in enumerate(
            zip(*(entry["magnitudes"][k] for k in ("value", "error")), strict=False)
        ):
            compare("Sec. 3", f"eigenvalue {order + 1} of W, all pairs of levels, seed {record['seed']}", value, error=error,
                    published=PUBLISHED_MAGNITUDES[order])  # fmt: skip
        compare("Sec. 3", f"cosine with PC1, seed {record['seed']}", entry["cosine"]["value"], error=entry["cosine"]["error"],
                published=1)  # fmt: skip


def above_one(entry):
    """How many moduli lie above 1 with their whole interval."""
    return sum(low > 1 for low in entry["magnitudes"]["low"])


def apart(record):
    """Mean distance of neighbouring levels, as a part of the separation of the basins."""
    return np.mean(record["level_distances"]["value"]) / record["basins"]["separation"][-1]


#: The map of all pairs of levels, as in the paper and in Fig. 7.
POOLED = "all, without window"


def ablation_tables():
    latent = {
        "active units": (lambda r: sum(r["active_units"]), 0),
        "reconstruction / magnetization known": (lambda r: r["loss_unseen"]["reconstruction"] / known(r), 3),
        r"$\lvert\mathrm{corr}(\mathrm{PC1}, m)\rvert$": (lambda r: abs(r["correlation"]["pc1"]["m"]["value"]), 3),
        "corr(distance, energy)": (lambda r: r["correlation"]["distance"]["energy"]["value"], 3),
        "distance steepest at $K$": (lambda r: r["critical"]["distance"].get("value") if any(r["active_units"]) else None, 3),
        "levels apart / separation": (apart, 3),
    }  # fmt: skip
    maps = {
        r"largest $\lvert\lambda\rvert$": (lambda r: r["rg_map"][POOLED]["magnitudes"]["value"][0], 2),
        "it is active (seeds)": (lambda r: r["rg_map"][POOLED]["active"][0], None),
        r"active $\lvert\lambda\rvert$": (lambda r: (r["rg_map"][POOLED]["active_magnitudes"]["value"] or [None])[0], 3),
        r"$\lvert\lambda\rvert > 1$, whole interval": (lambda r: above_one(r["rg_map"][POOLED]), 0),
        "cosine": (lambda r: r["rg_map"][POOLED]["cosine"]["value"], 3),
        "$R^2$": (lambda r: r["rg_map"][POOLED]["r_squared"], 3),
    }  # fmt: skip

    def over_seeds(group, value, digits):
        if digits is None:
            return f"{sum(map(value, group))} of {len(group)}"
        values = [v for v in map(value, group) if v is not None]
        partly = f" ({len(values)} of {len(group)})" if len(values) < len(group) else ""
        return spread(values, digits) + partly if values else "-"

    for columns in (latent, maps):
        table(["", *columns], [
            f"| {RECIPES[name]} | " + " | ".join(over_seeds(group, *column) for column in columns.values()) + " |"
            for name, group in GROUPS.items()])  # fmt: skip
    leading = [r["rg_map"][POOLED]["active"][0] for group in GROUPS.values() for r in group]
    print("entries are median [smallest, largest] of the seeds, and in parentheses the number of seeds that have a value; "
          "the lower table is about all pairs of levels, without the window")  # fmt: skip
    print(
        f"the largest eigenvalue belongs to a direction that varies in {sum(leading)} of all {len(leading)} trainings"
    )


def maps_table():
    """What the maps of every seed say."""
    lines = []
    for name, text in SITES.items():
        for r in select(name):
            last = r["fields"][-1]
            unit = int(np.argmax(last["variance"]))
            values = [
                f"{abs(last['correlation'][k]['value'][unit]):.3f}"
                for k in ("m", "majority", "energy")
            ]
            eigen = []
            for pair in ("all", "0-1", "1-2"):
                found = r["rg_map"][f"{pair}, without window"]["active_magnitudes"]
                eigen.append(
                    ", ".join(
                        f"{v:.4f} ± {e:.4f}"
                        for v, e in zip(found["value"], found["error"], strict=False)
                    )
                )
            lines.append(f"| {text} | {r['seed']} | {sum(r['active_units'])} of 4 | {r['loss_unseen']['reconstruction']:.4f} | "
                         f"{known(r):.4f} | {last['known']:.4f} | {r['loss']['kl']:.2f} | {' | '.join(values)} | {' | '.join(eigen)} |")  # fmt: skip
    table(["", "seed", "active units of each site", "reconstruction of unseen data", "magnetization known", "that of each block known",
           "KL (nat per site)", "corr. with block $m$", "majority", "energy", r"active $\lvert\lambda\rvert$, all pairs", "0-1", "1-2"],
          lines)  # fmt: skip


def pruning():
    """How far the stored model without its collapsed units is from the whole one."""
    small = MODEL.prune(SPINS)
    whole, pruned = MODEL.decode(LEVELS[-1]), small.decode(small.encode(SPINS)[-1][0])
    kept = graphvae.active_units(LEVELS[-1])
    same = np.abs(small.encode(SPINS)[-1][0] - LEVELS[-1][..., kept]).max()
    print(f"{small}, {small.parameter_count} parameters instead of {MODEL.parameter_count}")
    print(f"the unit that stays differs by at most {same:.0e}; what is decoded by {np.sqrt(np.mean((whole - pruned) ** 2)):.1e} "
          f"(root mean square), at most {np.abs(whole - pruned).max():.1e}")  # fmt: skip


def rms(values):
    return np.sqrt(np.square(values).mean(-1))


def drift():
    """Distance of PC1 from disorder as a part of each level's separation, last level minus first."""
    centre = PCA.project(BASINS.centres)[2, :, 0]
    parts = np.abs(ON_PC1 - centre[:, None, None]) / BASINS.separation[:, None, None]
    return statistics.bootstrap(
        lambda d: d.mean(1), parts[-1] - parts[0], axis=1, block=20, resamples=400
    )
