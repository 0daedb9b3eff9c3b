"""Trains the models of 04_graphvae.ipynb; writes what they say to data/graphvae_models.json.

    python notebooks/train_graphvae.py                     # everything
    python notebooks/train_graphvae.py --only published    # one recipe

One record per model, each with its settings, seed and processor seconds; nothing is left out. (Those of
the maps were not timed: other programs kept the machine busy.) A seed stands
for the data, the network and the noise; equal seeds of different recipes of a size share their
data. The first published model and the first one with latent variables at sites are kept in
data/graphvae, the others in .build/graphvae. What is recorded already is not trained again.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import isingrg
import record_file
from isingrg import graphvae, ising, statistics
from isingrg.graphvae import GraphVAE
from isingrg.graphvae._evaluation import level_means

FOLDER = Path(__file__).parent / "data"
FILE = FOLDER / "graphvae_models.json"
MODEL, FIT = graphvae.published_settings()
SEEDS = range(5)

#: What differs from the published model: lambda_rg = 0.5, beta = 0.1, mse, mlp, mu, L = 16.
RECIPES = {
    "published": {},
    "lambda-0": {"lambda_rg": 0.0},
    "lambda-1": {"lambda_rg": 1.0},
    "lambda-3": {"lambda_rg": 3.0},
    "beta-elbo": {"beta": 2 / 256},  # the evidence bound of unit variance, per site
    "beta-0.3": {"beta": 0.3},
    "beta-1": {"beta": 1.0},
    "bernoulli": {"likelihood": "bernoulli"},
    "graph-decoder": {"decoder": "graph"},
    "on-z": {"representation": "z"},
    "L32": {"L": 32},
    "sites": {"readout": "sites"},
    "sites-beta-0.01": {"readout": "sites", "beta": 0.01},
}
#: Whose model of seed 0 is kept with the notebook.
KEPT = ("published", "sites")
#: Half-width of the window around K_c that the paper leaves out of the RG map.
WINDOW = 0.1
#: Chains of 200 have autocorrelation times of up to about 20 samples near K_c.
BOOTSTRAP = {"block": 20, "resamples": 400}
#: Added to a seed: data that the model has not seen.
UNSEEN = 1000


def plain(value):
    """Numbers, arrays and estimates as JSON has them, with five significant digits."""
    if isinstance(value, statistics.Estimate):
        return {name: plain(getattr(value, name)) for name in ("value", "error", "low", "high")}
    array = np.asarray(value)
    if array.dtype.kind in "biu":
        return array.tolist()
    if array.dtype.kind == "c":
        return {"real": plain(array.real), "imag": plain(array.imag)}
    return float(f"{array:.5g}") if array.ndim == 0 else [plain(part) for part in array]


def critical(K, values):
    """K_c with its error, or why there is none."""
    try:
        return plain(graphvae.estimate_critical_coupling(K, values, **BOOTSTRAP))
    except isingrg.ConvergenceError as error:
        return {"error": str(error)}


def components(model, spins, K, basins):
    """PC1 of the last level: against K, with observables, and where it changes most."""
    m, energy = ising.magnetization(spins), ising.energy(spins) / model.L**2
    # Of maps their means over sites, here and below: what the paper's latent variables are.
    mu = level_means(model, spins)[-1]
    found = graphvae.principal_components(mu, reference=np.abs(m))
    first = found.projections[..., 0]
    # A PC1 that is odd in the spins has a mean of zero; its distance from disorder has not.
    distance = np.abs(first - found.project(basins.centres[2, -1])[0])
    observables = {"m": m, "abs_m": np.abs(m), "energy": energy}
    correlations = {
        name: {
            other: plain(statistics.correlation(values, observable, **BOOTSTRAP))
            for other, observable in observables.items()
        }
        for name, values in (("pc1", first), ("distance", distance))
    }
    return {
        "explained": plain(found.explained),
        "active_units": plain(graphvae.active_units(model.encode(spins)[-1][0])),
        "effective_rank": plain(graphvae.effective_rank(model.encode(spins)[-1][0])),
        "pc1": {"mean": plain(first.mean(1)), "deviation": plain(first.std(1))},
        "distance": plain(statistics.bootstrap(lambda d: d.mean(1), distance, **BOOTSTRAP)),
        "correlation": correlations,
        # The last two belong to the data: what a latent variable that knows them would give.
        "critical": {
            "pc1": critical(K, first),
            "distance": critical(K, distance),
            "abs_m": critical(K, np.abs(m)),
            "energy": critical(K, energy),
        },
    }


def per_block(values, side):
    """Means over blocks, (..., side, side)."""
    b = values.shape[-1] // side
    return values.reshape(*values.shape[:-2], side, b, side, b).mean((-3, -1))


def fields(model, spins):
    """What the maps of each level encode: correlation of every unit with its block, over all sites."""
    neighbours = sum(np.roll(spins, shift, axis) for axis in (-1, -2) for shift in (1, -1))
    bond_energy = -spins * neighbours / 2
    random = np.random.default_rng(0)
    table = []
    for mu, _ in model.encode(spins):
        side = mu.shape[-2]
        m = per_block(spins, side)
        observables = {
            "m": m,
            "majority": np.where(m == 0, random.choice([-1, 1], m.shape), np.sign(m)),
            "abs_m": np.abs(m),
            "energy": per_block(bond_energy, side),
        }
        apart = mu - mu.mean((-3, -2), keepdims=True)
        entry = {
            "variance": plain(mu.reshape(-1, model.latent).var(0)),
            # Within a configuration: what a mean over sites does not know.
            "variance_within": plain(apart.reshape(-1, model.latent).var(0)),
            "known": plain(1 - np.mean(m**2)),
            "correlation": {
                name: plain(correlation_over_sites(mu, values))
                for name, values in observables.items()
                if np.ptp(values) > 0
            },
        }
        table.append(entry)
    return table


def correlation_over_sites(mu, values):
    """Correlation of every unit with an observable of its site; 0 for a unit that does not vary."""
    x, y = (v - v.mean((0, 1, 2, 3)) for v in (mu, values[..., None]))
    # Of each configuration, so that no resample has to see all sites.
    moments = [v.mean((2, 3)) for v in (x, y, x * x, y * y, x * y)]

    def correlation(*drawn):
        x, y, xx, yy, xy = (v.mean((0, 1)) for v in drawn)
        norm = np.sqrt((xx - x * x) * (yy - y * y))
        return (xy - x * y) / np.where(norm > 0, norm, 1)

    return statistics.bootstrap(correlation, *moments, axis=1, **BOOTSTRAP)


def maps(model, spins, K):
    """RG maps with and without the critical window, of all levels and of each pair."""
    far = np.abs(K - ising.K_CRITICAL) > WINDOW
    pairs = {"all": None} | {f"{k}-{k + 1}": (k, k + 1) for k in range(model.levels - 1)}
    table = {}
    for window, chosen in (("with", spins), ("without", spins[far])):
        for name, pair in pairs.items():
            resamples = 400 if model.readout == "mean" else 20  # of 80 rows instead of 2 each
            found = model.rg_map(chosen, pair, **BOOTSTRAP | {"resamples": resamples})
            entry = {key: plain(value) for key, value in vars(found).items()}
            table[f"{name}, {window} window"] = entry
    return table


def train(settings, seed, path, fit):
    spins, K = graphvae.published_data(seed, L=settings["L"])
    started = time.process_time()
    model = GraphVAE(**settings).fit(spins, **fit, seed=seed)
    seconds = time.process_time() - started
    model.save(path)
    basins = model.basins(spins, **BOOTSTRAP)
    distances = np.moveaxis(model.level_distances(spins), 0, -1)
    unseen = graphvae.published_data(seed + UNSEEN, L=settings["L"])[0]
    return {
        "seconds": round(seconds, 1),
        "parameters": model.parameter_count,
        "loss": {name: plain(value) for name, value in model.loss(spins).items()},
        "loss_unseen": {name: plain(value) for name, value in model.loss(unseen).items()},
        "history": {name: plain(values) for name, values in model.history.items()},
        **components(model, spins, K, basins),
        # Standard deviation of the means of every unit at every level: eigenvalues scale with it.
        "deviations": plain([mu.reshape(-1, model.latent).std(0) for mu, _ in model.encode(spins)]),
        "level_distances": plain(
            statistics.bootstrap(lambda d: d.mean(1).T, distances, axis=1, **BOOTSTRAP)
        ),
        "basins": {name: plain(value) for name, value in basins._asdict().items()},
        "rg_map": maps(model, spins, K),
        **({"fields": fields(model, spins)} if model.readout == "sites" else {}),
    }


def place(record):
    """Where a record stands in the file."""
    return list(RECIPES).index(record["recipe"]), record["seed"]


def file_of(name, seed):
    keep = name in KEPT and seed == 0
    folder = FOLDER / "graphvae" if keep else FOLDER.parents[1] / ".build" / "graphvae"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}-seed{seed}.safetensors"


def kept_model(name):
    """The model of seed 0 of a recipe; trained now if its file is gone."""
    path = file_of(name, 0)
    if not path.exists():
        print(f"training the model of {path.name}", flush=True)
        GraphVAE(**MODEL | RECIPES[name]).fit(graphvae.published_data(0)[0], **FIT, seed=0).save(
            path
        )
    return GraphVAE.load(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(RECIPES))
    parser.add_argument("--epochs", type=int, default=FIT["epochs"], help="fewer for a trial")
    options = parser.parse_args()
    fit = FIT | {"epochs": options.epochs}
    for name in options.only or RECIPES:
        settings = MODEL | RECIPES[name]
        for seed in SEEDS:
            key = {"recipe": name, "model": settings, "training": fit, "seed": seed}
            if record_file.has(FILE, key):
                continue
            record = key | train(settings, seed, file_of(name, seed), fit)
            print(name, seed, record["seconds"], record["loss"], record["active_units"], flush=True)
            # Read again: other recipes may be running.
            records = [*record_file.load(FILE), record]
            record_file.save(FILE, sorted(records, key=place))


if __name__ == "__main__":
    main()
