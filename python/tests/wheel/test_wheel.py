"""The wheel of `make wheel`, in an environment that has NumPy and nothing else, without Swift.

Skipped where dist holds none. Every library that this machine can run gives the numbers of the
one under test, to rounding.
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
WHEELS = sorted((ROOT / "dist").glob("*.whl"))
pytestmark = pytest.mark.skipif(not WHEELS, reason="dist holds no wheel: make wheel")

LARGEST = 12 * 2**20
#: Tests of the core that need no other package than pytest.
CORE = ["core", "neuralrg_core", "graphvae_core", "exact", "sampling", "mlrg"]
#: Without the folders of compilers: what a wheel needs is in it.
ENVIRONMENT = {"PATH": "/nowhere", "HOME": os.environ.get("HOME", "/")}

RESULTS = """
import json, isingrg, numpy as np
from isingrg import graphvae, ising, mlrg, neuralrg
spins = ising.sample(16, 0.4, 20, seed=1)[0]
small = spins[:, ::2, ::2]
flow = neuralrg.NeuralRG(4, 0.3, layers=2).fit(5, 32)
x, log_q = flow.sample_with_log_prob(8)
print(json.dumps({
    "set": isingrg.instruction_set(),
    "spins": spins.sum((1, 2)).tolist(),
    "exact": np.array(mlrg.exact_map([0.3, 0.9])).tolist() + [ising.log_partition(16, 0.4)],
    "trained": [
        mlrg.MLRG().fit(50).velocity(0.7),
        *log_q.tolist(),
        graphvae.GraphVAE(8, levels=2, hidden=8).fit(small, 2).loss(small)["loss"],
    ],
}))
"""


def run(python, program, **extra):
    command = [python, "-c", program]
    environment = ENVIRONMENT | extra
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with the wheel and NumPy."""
    folder = tmp_path_factory.mktemp("wheel")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install(python, WHEELS[-1])
    return python


def install(python, package):
    """A path of modules from outside would count as installed."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(command, check=True, env=environment, timeout=600)


def test_name_and_size():
    assert "-cp311-abi3-manylinux" in WHEELS[-1].name
    assert WHEELS[-1].stat().st_size < LARGEST


def test_every_instruction_set_gives_the_same(python):
    reference = json.loads(run(sys.executable, RESULTS).stdout)
    best = json.loads(run(python, RESULTS).stdout)
    assert best["set"] != "x86-64" or reference["set"] == "x86-64"
    tried = []
    for name in ("x86-64", "avx2", "avx512"):
        done = run(python, RESULTS, ISINGRG_ISA=name)
        if "this machine lacks" in done.stderr:
            continue
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        tried.append(found["set"])
        assert found["set"] == name
        assert found["spins"] == reference["spins"]
        assert found["exact"] == pytest.approx(reference["exact"], rel=1e-12)
        assert found["trained"] == pytest.approx(reference["trained"], rel=1e-3, abs=1e-5)
    assert tried[0] == "x86-64" and tried[-1] == best["set"]


@pytest.mark.parametrize("name", ["x86-64", None])
def test_core_tests(python, tmp_path, name):
    """Those that need nothing but pytest, in a folder without the sources."""
    install(python, "pytest")
    tests = [ROOT / "python" / "tests" / "unit" / f"test_{test}.py" for test in CORE]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    done = subprocess.run(
        [*command, "--import-mode=importlib", *tests], cwd=tmp_path, capture_output=True, text=True,
        env=ENVIRONMENT | ({} if name is None else {"ISINGRG_ISA": name}), timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert " skipped" not in done.stdout


def test_the_demo_runs(python):
    """Its tables need NumPy alone."""
    command = [python.with_name("isingrg"), "demo", "--quiet"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "exact RG map" in done.stdout and "pip install 'isingrg[plot]'" in done.stdout


def test_an_unknown_instruction_set_is_refused(python):
    done = run(python, "import isingrg", ISINGRG_ISA="mmx")
    assert "ImportError: ISINGRG_ISA is 'mmx', but this build" in done.stderr


def test_extras_are_named(python):
    done = run(python, "import isingrg; isingrg.mlrg.MLRG().fit(5).save('model')")
    assert done.returncode == 1 and "pip install 'isingrg[models]'" in done.stderr
