"""The programs in other languages give the same bits as Python, stop, and say what is wrong."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import ising
from isingrg.mlrg import MLRG
from isingrg.neuralrg import FunctionTarget, NeuralRG, log_density, log_partition_dual

safetensors = pytest.importorskip("safetensors")
numpy_files = pytest.importorskip("safetensors.numpy")

PACKAGE = Path(isingrg.__file__).parent
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ENVIRONMENT = os.environ | {"ISINGRG_LIBRARY": str(PACKAGE)}
STEPS = 300


def tool(*names):
    """The first of some programs that is installed."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or pytest.skip(f"{names[0]} is not installed")


def run(*command, timeout=120):
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=timeout)


def build(*command):
    done = run(*command, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=["c", "rust", "luajit"])
def program(request, tmp_path_factory):
    """How to call the example of a language, compiled where it has to be."""
    source, folder = EXAMPLES / request.param, tmp_path_factory.mktemp(request.param)
    if request.param == "luajit":
        return tool("luajit"), source / "example.lua"
    if request.param == "rust":
        manifest = source / "Cargo.toml"
        build(tool("cargo"), "build", "--locked", "--offline", "--manifest-path", manifest,
              "--target-dir", folder)  # fmt: skip
        return (folder / "debug" / "example",)
    compiler = tool("cc", "gcc", "clang")
    build(tool("make"), "-C", source, f"CC={compiler}", f"BUILD={folder}",
          "CFLAGS=-O1 -Wall -Wextra -Wpedantic -Werror", folder / "example")  # fmt: skip
    return (folder / "example",)


MODELS = {
    "mera": dict(L=8, K=0.4, layers=3, hidden=(5, 4)),
    "tree": dict(L=4, K=0.3, layers=2, hidden=(6,), structure="tree", symmetric=False, repeat=2,
                 masks=[[3, 5], [10, 14], [3, 5], [1, 7]]),
    "tebd": dict(L=4, K=-0.2, layers=4, hidden=(3, 3, 3), structure="tebd", depth=1),
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A path for each model."""
    folder = tmp_path_factory.mktemp("models")
    for name, settings in MODELS.items():
        seed = {"tebd": 2**64 - 1}.get(name, 5)
        NeuralRG(**settings).fit(4, 16, seed=seed).save(folder / name)
    return {name: folder / name for name in MODELS}


def double_well(x):
    """The sum in the order of the programs."""
    well = x * x - 1
    return -np.cumsum((well * well).reshape(len(x), -1), axis=1)[:, -1], -4 * x * well


def own_density():
    flow = NeuralRG(4, target=FunctionTarget(double_well, 4), layers=2, hidden=(4,))
    return flow.fit(20, 64, 1e-2, weight_decay=0.0).history["loss"][-1]


def expected(path, threads):
    """What the programs print, from Python.

    LuaJIT cannot be called back on other threads, and has no density of its own.
    """
    K = ising.K_CRITICAL
    spins = ising.sample(16, K, 50, algorithm="wolff", n_chains=2, seed=1)
    energy = ising.energy(spins).sum() / spins.size
    model = MLRG("A1").fit(STEPS, seed=0)
    point = model.fixed_point(0.8)
    flow = NeuralRG.load(path)
    x, log_q = flow.sample_with_log_prob(256, seed=0)
    log_pi = log_density(x, flow.K)
    back, _ = flow.decode(flow.encode(x)[0])
    bound = np.cumsum(log_q - log_pi)[-1] / 256  # one after the other, as the programs add
    return [
        f"library: {isingrg.__version__} {isingrg.instruction_set()}",
        f"energy per site: {energy} exact {ising.mean_energy(16, K) / 16**2}",
        f"mean |m|: {np.abs(ising.magnetization(spins)).mean()}",
        "last configuration:",
        *("".join("#" if spin > 0 else "." for spin in row) for row in spins[-1, -1]),
        f"loss: {model.history['loss'][-1]}",
        f"J*: {point} exact 0.8139196792",
        f"slope: {1 + model.jacobian(point)} exact 1.3567966",
        f"flow: L {flow.L} K {flow.K} step {flow.step}",
        *(f"ln q: {log_q[i]} ln pi: {log_pi[i]}" for i in range(4)),
        f"error of decode(encode(x)): {np.abs(back - x).max()}",
        f"bound of -ln Z: {bound} exact {-log_partition_dual(flow.L, flow.K)}",
        *([f"double well: {own_density()}"] if threads else []),
    ]


def words(lines):
    """Numbers as numbers, however a language writes them: with all digits they have all bits."""

    def word(text):
        try:
            return float(text)
        except ValueError:
            return text

    return [[word(text) for text in line.split()] for line in lines]


@pytest.mark.parametrize("name", MODELS)
def test_the_same_bits_as_python(program, saved, name):
    done = run(*program, saved[name], str(STEPS))
    assert done.returncode == 0, done.stderr
    lines = expected(saved[name], threads=len(program) == 1)
    assert words(done.stdout.splitlines()) == words(lines)
    assert "training 100 %" in done.stderr


def test_an_interrupt_stops_the_training(program, saved):
    command = [*program, saved["tree"], "1000000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        told = b""
        while b"training" not in told:
            byte = process.stderr.read(1)
            assert byte, told
            told += byte
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        told = process.stderr.read().decode()
    assert process.returncode == 130
    assert "stopped at step " in told and " of 1000000" in told
    assert time.monotonic() - sent < 10  # the whole training takes minutes


def damaged(kind, path, folder):
    """A file that is not a model, and what is said of it."""
    other = folder / kind
    if kind == "missing":
        return other, "No such file"
    if kind == "text":
        other.write_text("This is no model, but there is something in it.")
        return other, "no safetensors file"
    if kind == "cut":
        other.write_bytes(path.read_bytes()[:-1000])
        return other, "the array "
    if kind == "method":
        MLRG(hidden=(4,)).fit(2, 4).save(other)
        return other, "no NeuralRG of format version 1 to 4"
    with safetensors.safe_open(path, "numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        metadata = file.metadata()
    if kind == "masks":  # which the library refuses
        arrays["masks"] = np.roll(arrays["masks"], 1, axis=1)
        message = "masks"
    else:
        metadata["model"] = metadata["model"].replace('"layers": 2', '"layers": 0')
        message = "layers must be"
    numpy_files.save_file(arrays, other, metadata)
    return other, message


@pytest.mark.parametrize("kind", ["missing", "text", "cut", "method", "masks", "configuration"])
def test_what_is_no_model_is_refused(program, saved, kind, tmp_path):
    path, message = damaged(kind, saved["tree"], tmp_path)
    done = run(*program, path, "5")
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr


def test_wrong_arguments(program):
    for arguments in ([], ["model", "0"], ["model", "some"], ["model", "5", "more"]):
        done = run(*program, *arguments)
        assert (done.returncode, done.stdout) == (1, "") and "usage: " in done.stderr
