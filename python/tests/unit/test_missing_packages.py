"""Optional packages: one that is absent is named with its extra, one that fails says why itself."""

import argparse
import importlib.util
import sys

import numpy as np
import pytest

import isingrg
from isingrg import graphvae, ising, mlrg, neuralrg, plot, statistics
from isingrg._shared import progress
from isingrg.cli._completion import PrintCompletion

SPINS = ising.sample(4, 0.4, 8)


def saved(tmp_path):
    mlrg.MLRG(hidden=(3,)).fit(1, 4).save(tmp_path / "model")


def chains(_):
    model = neuralrg.NeuralRG(4, 0.3, layers=2, hidden=(3,)).fit(1, 4)
    model.hmc(2, 4, step_size=0.1).inference_data()


def critical_coupling(_):
    couplings = np.linspace(0.3, 0.5, 9)
    values = np.tanh(20 * (couplings - 0.4))[:, None] + [0, 0]
    graphvae.estimate_critical_coupling(couplings, values)


def collapse(_):
    L, K = np.meshgrid([4, 8], np.linspace(0.4, 0.5, 5))
    statistics.collapse(L, K, 1 + L * (K - 0.44), 0.1, degree=1)


def completion(_):
    PrintCompletion([], "")(argparse.ArgumentParser(), None, "bash")


#: What is imported, what imports it, and the extra that has it; None where there is another way.
USES = {
    "safetensors.numpy": (saved, "models"),
    "matplotlib": (lambda _: plot.configuration(SPINS[0, 0]), "plot"),
    "xarray": (lambda _: ising.to_dataset(SPINS, 0.4), "data"),
    "arviz": (chains, "chains"),
    "pyerrors": (lambda _: statistics.to_obs(np.arange(9.0)), "pyerrors"),
    "scipy.interpolate": (critical_coupling, "analysis"),
    "scipy.optimize": (collapse, "analysis"),
    "sklearn.decomposition": (lambda _: graphvae.principal_components(np.eye(4)), "analysis"),
    "sklearn.feature_selection": (
        lambda _: neuralrg.mutual_information(np.random.default_rng(1).normal(size=(99, 2))),
        "analysis",
    ),
    "shtab": (completion, "completion"),
    "tqdm": (lambda _: progress._bar_type(), None),
}


class Failing:
    """A finder of modules with whose files something is wrong."""

    def __init__(self, name, error):
        self.name, self.error = name, error

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            raise self.error


def broken(monkeypatch, name, error):
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Failing(name, error), *sys.meta_path])


@pytest.mark.parametrize("name", USES)
def test_a_package_that_fails_is_not_called_absent(name, tmp_path, monkeypatch):
    """As it does without memory: the loader of libraries makes an ImportError of that."""
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"{name} is absent")
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    broken(monkeypatch, name, ImportError("libx.so: failed to map segment from shared object"))
    with pytest.raises(ImportError, match="failed to map segment"):
        USES[name][0](tmp_path)


@pytest.mark.parametrize("name", [name for name, (_, extra) in USES.items() if extra])
def test_a_package_that_is_absent_is_named(name, tmp_path, monkeypatch):
    broken(monkeypatch, name, ModuleNotFoundError(f"No module named {name!r}", name=name))
    use, extra = USES[name]
    with pytest.raises(ImportError, match=rf"pip install 'isingrg\[{extra}\]'"):
        use(tmp_path)


def test_tables_without_xarray(monkeypatch):
    task = {"task": lambda x: x, "settings": {"x": [1, 2]}}
    broken(monkeypatch, "xarray", ModuleNotFoundError("No module named 'xarray'", name="xarray"))
    assert isingrg.ensemble(**task)["value"].tolist() == [1, 2]
    broken(monkeypatch, "xarray", ImportError("out of memory"))
    with pytest.raises(ImportError, match="out of memory"):
        isingrg.ensemble(**task)
