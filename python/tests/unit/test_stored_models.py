"""Models saved by released versions load for ever and say what they said then.

The files of 0.1.0 come without a checksum, as it was added at the end of that version, and with.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg.graphvae import GraphVAE
from isingrg.mlrg import MLRG
from isingrg.multilevel import MultilevelSampler
from isingrg.neuralrg import NeuralRG

pytest.importorskip("safetensors.numpy")

FOLDER = Path(__file__).parents[1] / "data"
VERSIONS = ["0.1.0", "0.1.0-sha256"]
# In single precision, whose rounding depends on the processor's instructions.
CLOSE = dict(rtol=1e-4)


@pytest.mark.parametrize("version", VERSIONS)
def test_mlrg(version):
    model = MLRG.load(FOLDER / f"mlrg-{version}.safetensors")
    assert repr(model) == "MLRG(hidden=(6,), symmetric=True)  # step 20"
    np.testing.assert_allclose(
        model.velocity([0.3, 0.9]), [0.0368097734695501, 0.10460541470880913], **CLOSE
    )
    assert np.isfinite(model.history["fixed_point"][15:]).any()
    model.fit(1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [0.057138458908581824, 0.0438671778751184], **CLOSE
    )


def test_mlrg_loop():
    model = MLRG.load(FOLDER / "mlrg-loop-0.1.0-sha256.safetensors")
    assert repr(model).startswith("MLRG(scheme='loop', moderator='flow', divergence='l2', ")
    np.testing.assert_allclose(
        model.flow([0.76, 0.76, 0.0], 2)[-1],
        [-0.0348434591686233, 0.9227517956849218, 0.5990357533360744],
        **CLOSE,
    )
    model.fit(1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [0.095804028854715, 0.10456469315547173], **CLOSE
    )


def test_mlrg_potts():
    model = MLRG.load(FOLDER / "mlrg-potts-0.1.0-sha256.safetensors")
    assert repr(model).startswith("MLRG(internal='S3', moderator='flow', hidden=(6,), ")
    np.testing.assert_allclose(
        model.velocity([0.6, 1.8]), [-0.06691027113257575, -0.01619051844671817], **CLOSE
    )
    model.fit(1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [0.04675695070450426, 0.041937107019948974], **CLOSE
    )


def test_mlrg_family():
    model = MLRG.load(FOLDER / "mlrg-family-0.1.0-sha256.safetensors")
    assert repr(model).startswith("MLRG(internal=('S2', 'S3', 'S5'), moderator='flow', hidden=(6,)")
    np.testing.assert_allclose(
        model.at(3).velocity([0.6, 1.8]), [0.17727609374653996, 0.0808540690659869], **CLOSE
    )
    model.fit(1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [0.10285753727286723, 0.09776993782000168], **CLOSE
    )


def test_multilevel():
    model = MultilevelSampler.load(FOLDER / "multilevel-0.1.0-sha256.safetensors")
    assert repr(model).startswith("MultilevelSampler(L=8, K=0.42, ") and model.step == 6
    spins = np.where(np.arange(64).reshape(8, 8) % 3 == 0, -1, 1)
    np.testing.assert_allclose(model.log_prob(spins), -77.54919682526148, **CLOSE)
    model.fit(1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [-58.2322936870638, -58.233647297096184], **CLOSE
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_neuralrg(version):
    model = NeuralRG.load(FOLDER / f"neuralrg-{version}.safetensors")
    x = (np.arange(16.0).reshape(1, 4, 4) - 7.5) / 8
    np.testing.assert_allclose(model.log_prob(x), [-20.141208199085597], **CLOSE)
    assert list(model.history["likelihood"]) == [0.0] * 6 + [1.0] * 4
    model.fit(1, 40)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [23.393439054489136, -7.3833575963974], **CLOSE
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_graphvae(version):
    model = GraphVAE.load(FOLDER / f"graphvae-{version}.safetensors")
    spins = np.where(np.arange(64) * 7 % 5 < 2, 1, -1).reshape(1, 8, 8)
    np.testing.assert_allclose(
        model.encode(spins)[1][0], [[-0.3288328070651651, 0.012918363479121639]], **CLOSE
    )
    model.fit(spins, 1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [1.110494395200569, 1.0970921242270013], **CLOSE
    )


def test_graphvae_by_sites():
    model = GraphVAE.load(FOLDER / "graphvae-sites-0.1.0-sha256.safetensors")
    assert model.readout == "sites"
    spins = np.where(np.arange(64) * 7 % 5 < 2, 1, -1).reshape(1, 8, 8)
    np.testing.assert_allclose(
        model.encode(spins)[1][0][0, 1, 2], [0.335005427877668, -0.43052175241020996], **CLOSE
    )
    model.fit(spins, 1)
    np.testing.assert_allclose(
        model.history["loss"][-2:], [1.1505871041401712, 1.1442624205798737], **CLOSE
    )


def test_nothing_in_a_file_is_executed():
    """Loading uses plain arrays and JSON. (Models define how others are to pickle them.)"""
    executing = re.compile(
        r"\b(import|from)\s+(pickle|marshal|shelve|dill|cloudpickle|joblib)\b"
        r"|(?<![\w.])(eval|exec)\(|allow_pickle=True|\bnp\.load\((?!.*allow_pickle=False)"
    )
    found = [
        f"{path.name}: {line}"
        for path in Path(isingrg.__file__).parent.rglob("*.py")
        for line in path.read_text().splitlines()
        if executing.search(line)
    ]
    assert found == []
    assert executing.search("import pickle") and executing.search("np.load(file)")
