"""Training of autoencoders: continuation, interruption, files, and what remains after each."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import IsingRGError, ising
from isingrg.graphvae import GraphVAE

sys.path.append(str(Path(__file__).parent))
from native_state import put

SMALL = dict(L=8, levels=2, hidden=12, token=5, latent=3)
SPINS = ising.sample(8, [0.2, 0.6], 25, seed=1).reshape(-1, 8, 8)


def equal(a, b):
    """All of the state, to the last bit."""
    (first, arrays), (second, others) = a._state(), b._state()
    return (
        first == second
        and arrays.keys() == others.keys()
        and all(np.array_equal(arrays[name], others[name]) for name in arrays)
    )


def fit(epochs, seed=None, **options):
    return GraphVAE(**{**SMALL, **options}).fit(SPINS, epochs, 16, seed=seed)


def test_pieces_are_one_training():
    whole = fit(5, 7, anneal=4)
    pieces = fit(2, 7, anneal=4).fit(SPINS, 3, 16)
    assert equal(whole, pieces) and whole.step == 5 * 4
    assert not equal(whole, fit(5, 8, anneal=4)) and not equal(whole, fit(5, 7))


def test_a_later_seed_changes_order_and_noise_only():
    a, b = fit(2, 5), fit(2, 5)
    a.fit(SPINS, 1, 16, seed=6)
    b.fit(SPINS, 1, 16)
    assert a._network_seed == b._network_seed == 5 and not equal(a, b)
    assert equal(a.fit(SPINS, 1, 16), fit(2, 5).fit(SPINS, 2, 16, seed=6))


@pytest.mark.parametrize("options", [{}, {"decoder": "graph", "representation": "z"}])
def test_results_do_not_depend_on_threads(options):
    before = isingrg.get_num_threads()
    try:
        models = []
        for threads in (1, 2, 3):
            isingrg.set_num_threads(threads)
            models.append(fit(2, **options))
    finally:
        isingrg.set_num_threads(before)
    assert equal(models[0], models[1]) and equal(models[0], models[2])


def test_history_and_annealing():
    model = GraphVAE(**SMALL, anneal=4, beta=0.3)
    assert model.epoch == 0 and model.history["loss"].shape == (0,)
    history = model.fit(SPINS, 6, 16).history
    assert list(history) == ["epoch", "loss", "reconstruction", "kl", "rg"]
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6] and model.epoch == 6
    factor = np.minimum(np.arange(6) / 4, 1)
    expected = history["reconstruction"] + factor * (0.3 * history["kl"] + 0.5 * history["rg"])
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-12)


def test_one_configuration_and_batches_beyond_the_data():
    model = GraphVAE(**SMALL).fit(SPINS[0], 3, 65536)
    assert (model.epoch, model.step) == (3, 3)
    assert GraphVAE(**SMALL).fit(SPINS.reshape(2, 25, 8, 8), 1, 49).step == 2


def test_weight_decay_draws_parameters_to_zero():
    def size(weight_decay):
        model = GraphVAE(**SMALL).fit(SPINS, 30, 16, 1e-2, weight_decay=weight_decay)
        return np.abs(model._state()[1]["decoder.1.weight"]).mean()

    assert size(10) < 0.5 * size(0)


def raise_error(done, total):
    if done > 500:
        raise ZeroDivisionError("mine")


@pytest.mark.parametrize(
    "answer, error",
    [(lambda done, total: done < 500, isingrg.Interrupted), (raise_error, ZeroDivisionError)],
)
def test_stopped_training_keeps_its_last_epoch(answer, error):
    model = fit(2)
    with pytest.raises(error) as caught:
        model.fit(SPINS, 10**6, 16, progress=answer)
    epoch = model.epoch
    assert 2 < epoch < 10**6
    assert f"the model is at epoch {epoch}; {epoch - 2} epochs" in "".join(caught.value.__notes__)
    assert equal(model.fit(SPINS, 2, 16), fit(epoch + 2))


def test_progress_counts_configurations():
    calls = []
    GraphVAE(**SMALL).fit(SPINS, 3, 16, progress=lambda *call: calls.append(call))
    assert calls[-1] == (150, 150)
    model = fit(1)
    for name, argument in [("encode", SPINS), ("decode", np.ones((50, 3))), ("loss", SPINS)]:
        getattr(model, name)(argument, progress=lambda *call: calls.append(call))
        assert calls[-1] == (50, 50)
        with pytest.raises(isingrg.Interrupted):
            getattr(model, name)(argument, progress=lambda done, total: False)


def test_ctrl_c_returns_within_half_a_second():
    model, sent = GraphVAE(L=64), []
    spins = np.ones((64, 64, 64), np.int8)

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(1.0, interrupt).start()
    with pytest.raises(KeyboardInterrupt) as caught:
        model.fit(spins, 10**6)
    assert time.monotonic() - sent[0] < 0.5
    assert f"epoch {model.epoch};" in "".join(caught.value.__notes__)


def test_nothing_is_made_when_the_first_epoch_is_refused():
    model = GraphVAE(**SMALL)
    with pytest.raises(isingrg.Interrupted):
        model.fit(SPINS, 10**6, progress=lambda done, total: False)
    assert model.step == 0 and repr(model).endswith("# untrained")


def test_a_loss_that_is_not_finite():
    metadata, arrays = fit(2)._state()
    arrays["token.1.weight"][:] = 1e30
    broken = GraphVAE._restored(metadata, arrays)
    with pytest.raises(isingrg.NonFiniteError, match="the model is at epoch 2") as caught:
        broken.fit(SPINS, 3)
    assert "0 epochs of this call are done" in caught.value.__notes__[0]
    assert equal(broken, GraphVAE._restored(metadata, arrays))


def test_an_epoch_that_overflows_midway_leaves_nothing_behind():
    # The first batch is finite, the second is not.
    broken, twin = (put(fit(2), {"adam.first_moment": 1e30}) for _ in range(2))
    with pytest.raises(isingrg.NonFiniteError, match="the model is at epoch 2"):
        broken.fit(SPINS, 3, len(SPINS) // 2)
    assert equal(broken, twin)
    with pytest.raises(isingrg.NonFiniteError, match="the model is at epoch 3"):
        broken.fit(SPINS, 3, len(SPINS))
    assert equal(broken, twin.fit(SPINS, 1, len(SPINS)))


def test_close_and_busy():
    with fit(1) as model:
        assert model.epoch == 1
    assert repr(model).endswith("# closed")
    model.close()

    model = fit(1)
    running, go = threading.Event(), threading.Event()

    def wait(done, total):
        running.set()
        go.wait()

    thread = threading.Thread(target=lambda: model.fit(SPINS, 4, progress=wait))
    thread.start()
    running.wait()
    try:
        with pytest.raises(IsingRGError, match="in use"):
            model.encode(SPINS)
    finally:
        go.set()
        thread.join()
    assert model.epoch == 5


# Files

safetensors = pytest.importorskip("safetensors")
pytest.importorskip("safetensors.numpy")


@pytest.fixture
def path(tmp_path):
    fit(2, 2**64 - 1, decoder="graph").save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_round_trip(path):
    loaded, model = GraphVAE.load(path), fit(2, 2**64 - 1, decoder="graph")
    assert equal(loaded, model) and repr(loaded) == repr(model)
    assert equal(loaded.fit(SPINS, 2, 16), model.fit(SPINS, 2, 16))


def parts(path):
    with safetensors.safe_open(path, framework="numpy") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def test_what_a_file_holds(path):
    header, arrays = parts(path)
    assert (header["format"], header["format_version"]) == ("isingrg.graphvae", "2")
    described = json.loads(header["model"])
    assert described["configuration"] == {
        "L": 8, "latent": 3, "hidden": 12, "token": 5, "levels": 2, "likelihood": "mse",
        "decoder": "graph", "beta": 0.1, "lambda_rg": 0.5, "representation": "mu",
        "readout": "mean", "anneal": 0,
    }  # fmt: skip
    layers = {name.rpartition(".")[0] for name in arrays if name.endswith("weight")}
    assert layers == {
        "token.0", "token.1", "level.0.convolution.0", "level.0.convolution.1",
        "level.1.convolution.0", "level.1.convolution.1", "level.0.mean", "level.0.log_variance",
        "level.1.mean", "level.1.log_variance", "decoder.0", "decoder.convolution.0", "decoder.1",
    }  # fmt: skip
    assert arrays["level.1.convolution.0.weight"].shape == (12, 24)


def rewritten(path, described=(), arrays=()):
    header, old = parts(path)
    del header["sha256"]  # as in the oldest files
    model = json.loads(header["model"])
    for name, value in described:
        model["configuration"][name] = value
    kept = {name: array for name, array in {**old, **dict(arrays)}.items() if array is not None}
    safetensors.numpy.save_file(kept, path, metadata={**header, "model": json.dumps(model)})


CASES = [
    ("L must be a multiple of 2", {"described": [("L", 9)]}),
    ("must have the shape", {"described": [("hidden", 13)]}),
    ("does not belong", {"described": [("decoder", "mlp")]}),
    ("unexpected keyword", {"described": [("colour", 1)]}),
    ("'token.0.bias' is missing", {"arrays": [("token.0.bias", None)]}),
    ("must be finite", {"arrays": [("token.0.bias", np.full((5, 1), np.nan))]}),
    ("must hold float64", {"arrays": [("token.0.bias", np.zeros((5, 1), np.float32))]}),
    ("whole number", {"arrays": [("epoch", np.full((1, 1), 2.5))]}),
    ("history.loss' must have the shape", {"arrays": [("epoch", np.full((1, 1), 3.0))]}),
    ("history.kl' must be finite", {"arrays": [("history.kl", np.full(2, np.inf))]}),
    ("does not belong", {"arrays": [("masks", np.zeros((1, 1)))]}),
]


@pytest.mark.parametrize("message, changes", CASES)
def test_damaged_models(path, message, changes):
    rewritten(path, **changes)
    with pytest.raises(IsingRGError, match=f"cannot be loaded: .*({message})"):
        GraphVAE.load(path)


def test_an_unchanged_rewrite_loads(path):
    rewritten(path)
    assert GraphVAE.load(path).epoch == 2
