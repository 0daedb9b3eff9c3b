"""Each network rebuilt from its theory page and a saved file: in NumPy, and in PyTorch if there.

Nothing of the package is used for it but the file, and of a flow the sites of its blocks.
"""

import functools
import json
import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from isingrg import ising
from isingrg.graphvae import GraphVAE
from isingrg.mlrg import MLRG
from isingrg.neuralrg import NeuralRG


def numpy_functions():
    def norm(y, scale, shift):
        centred = y - y.mean(-1, keepdims=True)
        return scale * centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) + shift

    return SimpleNamespace(
        array=np.array,
        linear=lambda x, weight, bias: x @ weight.T + bias,
        norm=norm,
        exp=np.exp,
        tanh=np.tanh,
        relu=lambda y: np.maximum(y, 0),
        silu=lambda y: y / (1 + np.exp(-y)),
        elu=lambda y: np.where(y > 0, y, np.expm1(np.minimum(y, 0))),
        gelu=lambda y: y * (1 + np.vectorize(math.erf)(y / math.sqrt(2))) / 2,
        roll=np.roll,
        concatenate=np.concatenate,
        maximum=np.max,
        gradient=central_differences,
        numpy=np.asarray,
    )


def torch_functions():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional

    def gradient(function, x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(function(x).sum(), x)[0]

    return SimpleNamespace(
        array=lambda values: torch.tensor(np.asarray(values)),
        linear=functional.linear,
        norm=lambda y, scale, shift: functional.layer_norm(y, y.shape[-1:], scale, shift),
        exp=torch.exp,
        tanh=torch.tanh,
        relu=torch.relu,
        silu=functional.silu,
        elu=functional.elu,
        gelu=functional.gelu,
        roll=torch.roll,
        concatenate=torch.cat,
        maximum=torch.amax,
        gradient=gradient,
        numpy=lambda x: x.detach().numpy(),
    )


@pytest.fixture(params=[numpy_functions, torch_functions], ids=["numpy", "torch"])
def f(request):
    return request.param()


def central_differences(function, x, h=1e-5):
    slopes = np.empty_like(x)
    for k in range(x.shape[-1]):
        shift = h * (np.arange(x.shape[-1]) == k)
        slopes[..., k] = (function(x + shift) - function(x - shift)) / (2 * h)
    return slopes


def saved(model, folder):
    """Arrays of a safetensors file: eight bytes of a length, a header of it, and the numbers."""
    path = folder / "model.safetensors"
    model.save(path)
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F64"
            first, end = (8 + length + offset for offset in entry["data_offsets"])
            arrays[name] = np.frombuffer(raw[first:end]).reshape(entry["shape"])
    return arrays


# Machine-learning RG


def perceptron(f, arrays, activation, x):
    """N(J) of rows of couplings."""
    get = {name: f.array(values.squeeze(1)) for name, values in arrays.items()
           if name.startswith("network") and not name.endswith("weight")}  # fmt: skip
    layers = sum(name.endswith("weight") for name in arrays)
    for i in range(layers):
        x = f.linear(x, f.array(arrays[f"network.{i}.weight"]), get[f"network.{i}.bias"])
        if i < layers - 1:
            if f"network.{i}.norm.scale" in get:
                x = f.norm(x, get[f"network.{i}.norm.scale"], get[f"network.{i}.norm.shift"])
            x = getattr(f, activation)(x)
    return x


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu", "silu", "elu", "gelu"])
@pytest.mark.parametrize("moderator", ["monotone", "flow"])
def test_moderators(f, tmp_path, moderator, activation, layer_norm, symmetric):
    model = MLRG(
        "A1+E", moderator=moderator, hidden=(7, 5), activation=activation, layer_norm=layer_norm,
        symmetric=symmetric,
    ).fit(3, 8, lr=0.02)  # fmt: skip
    arrays = saved(model, tmp_path)
    J = np.random.default_rng(1).normal(0, 0.7, (6, 5))

    def network(x):
        if not symmetric:
            return perceptron(f, arrays, activation, x)
        sign = 1 if moderator == "monotone" else -1
        here, there = (perceptron(f, arrays, activation, y) for y in (x, -x))
        return (here + sign * there) / 2

    if moderator == "flow":
        assert model.velocity(J) == pytest.approx(f.numpy(network(f.array(J))), abs=1e-12)
        return
    assert model.monotone(J) == pytest.approx(f.numpy(network(f.array(J)))[:, 0], abs=1e-12)
    slopes = f.numpy(f.gradient(lambda x: network(x)[:, 0], f.array(J)))
    assert model.velocity(J) == pytest.approx(-slopes, abs=1e-8)


# NeuralRG


def coupling(f, row, hidden, kept, x):
    """s and t of rows of four sites, zero for those that are kept."""
    widths = (4, *hidden, 4)

    def network(row):
        y = x * f.array(kept * 1.0)
        for k, (inputs, outputs) in enumerate(pairwise(widths)):
            weight, bias, row = np.split(row, [inputs * outputs, (inputs + 1) * outputs])
            y = f.linear(y, f.array(weight.reshape(outputs, inputs)), f.array(bias))
            y = f.elu(y) if k < len(hidden) else y
        return y * f.array(~kept * 1.0)

    half = (len(row) - 4) // 2
    return f.array(row[-4:]) * f.tanh(network(row[:half])), network(row[half:-4])


@pytest.mark.parametrize("structure", ["mera", "tebd", "tree"])
def test_flows(f, tmp_path, structure):
    masks = np.resize(np.arange(1, 15), (2 if structure == "tree" else 4, 7))
    model = NeuralRG(4, 0.3, layers=7, hidden=(5, 3), structure=structure, masks=masks)
    model.fit(20, 16, 0.02)
    arrays = saved(model, tmp_path)
    rows = arrays["parameters"].reshape(*arrays["masks"].shape, -1)
    bits = arrays["masks"].astype(int)[..., None] >> np.arange(4) & 1 == 1
    assert np.array_equal(bits.reshape(model.masks.shape), model.masks)
    z = np.random.default_rng(2).normal(size=(6, 4, 4))
    x, logdet = f.array(z.reshape(6, 16)), 0.0
    for index in reversed(range(len(model.hierarchy))):
        sites = model.hierarchy[index].sites.astype(int)
        for row, kept in zip(rows[index], bits[index], strict=True):
            s, t = coupling(f, row, (5, 3), kept, x[:, sites])
            x[:, sites] = x[:, sites] * f.exp(s) + t
            logdet = logdet + s.sum((1, 2))
    decoded, determinant = model.decode(z)
    assert decoded == pytest.approx(f.numpy(x).reshape(z.shape), abs=1e-11)
    assert determinant == pytest.approx(f.numpy(logdet), abs=1e-11)
    assert np.abs(determinant).max() > 0.1
    assert model.encode(f.numpy(x).reshape(z.shape))[0] == pytest.approx(z, abs=1e-10)


# GraphVAE


class Graph:
    """The layers of an autoencoder on features of the shape (n, l, l, features)."""

    def __init__(self, f, arrays):
        self.f, self.arrays = f, arrays

    def linear(self, name, x):
        weight, bias = (self.f.array(self.arrays[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.f.linear(x, weight, bias[:, 0])

    def convolution(self, name, x):
        weight, bias = (self.f.array(self.arrays[f"{name}.{part}"]) for part in ("weight", "bias"))
        neighbours = sum(self.f.roll(x, step, axis) for step in (1, -1) for axis in (1, 2))
        return self.f.relu(self.f.linear((x + neighbours) / 5, weight, bias[:, 0]))

    def encode(self, spins, levels):
        f = self.f
        s = f.array(spins.astype(float))[..., None]
        h = s * sum(f.roll(s, step, axis) for step in (1, -1) for axis in (1, 2))
        x = f.concatenate([s, h], -1)
        for name in ("token.0", "token.1"):
            x = f.relu(self.linear(name, x))
        for level in range(levels):
            for k in (0, 1):
                x = self.convolution(f"level.{level}.convolution.{k}", x)
            mean = x.mean((1, 2))
            yield (self.linear(f"level.{level}.{part}", mean) for part in ("mean", "log_variance"))
            n, size, _, width = x.shape
            blocks = x.reshape(n, size // 2, 2, size // 2, 2, width)
            x = f.concatenate([blocks.mean((2, 4)), f.maximum(blocks, (2, 4))], -1)

    def decode(self, z, L, levels, decoder):
        if decoder == "mlp":
            for name in ("decoder.0", "decoder.1"):
                z = self.f.relu(self.linear(name, z))
            return self.linear("decoder.2", z).reshape(-1, L, L)
        size = L >> (levels - 1)
        x = self.linear("decoder.0", z).reshape(len(z), size, size, -1)
        for k in range(levels - 1):
            copies = np.arange(size * 2) // 2
            x, size = x[:, copies][:, :, copies], size * 2
            x = self.convolution(f"decoder.convolution.{k}", x)
        return self.linear("decoder.1", x)[..., 0]


@functools.cache
def autoencoder(levels, likelihood, decoder):
    spins = ising.sample(8, [0.2, 0.44, 0.6], 20, seed=1).reshape(-1, 8, 8)
    model = GraphVAE(
        8, latent=3, hidden=6, token=5, levels=levels, likelihood=likelihood, decoder=decoder
    )
    return model.fit(spins, 5, lr=0.01), spins[::6]


@pytest.mark.parametrize("decoder", ["mlp", "graph"])
@pytest.mark.parametrize("likelihood", ["mse", "bernoulli"])
@pytest.mark.parametrize("levels", [1, 2])
def test_autoencoders(f, tmp_path, levels, likelihood, decoder):
    model, spins = autoencoder(levels, likelihood, decoder)
    graph = Graph(f, saved(model, tmp_path))
    for found, rebuilt in zip(model.encode(spins), graph.encode(spins, levels), strict=True):
        for values, expected in zip(found, rebuilt, strict=True):
            assert values == pytest.approx(f.numpy(expected), abs=1e-12)
    z = np.random.default_rng(3).normal(0, 2, (6, 3))
    outputs = graph.decode(f.array(z), 8, levels, decoder)
    means = outputs if likelihood == "mse" else f.tanh(outputs / 2)
    assert model.decode(z) == pytest.approx(f.numpy(means), abs=1e-12)
    assert np.ptp(f.numpy(means), axis=0).min() > 1e-6
