"""The hierarchical flow of Li and Wang (arXiv:1802.02840) in plain batched PyTorch.

One step of its training by probability density distillation, and one update of Hamiltonian Monte
Carlo in its latent space, with the published architecture. Everything is float32, and the 2 x 2
blocks of all samples are one matrix: the only loops are those over layers and time. Configurations
have the shape (sites, samples), so that a layer gathers whole rows.

The networks s and t of a coupling layer are evaluated in one of two ways. "rows" is the usual one:
a block is a row, and a network is a chain of `linear`. In "columns" a block is a column, both
networks are one batched product, and it takes half the time.

    python peer_neuralrg_torch.py     # compares with this library's flow, then seconds per step
"""

from __future__ import annotations

import itertools
import math
import statistics
import sys
import time

try:
    import torch
    from torch.nn.functional import elu, linear, softplus
except ImportError:
    torch = None

MISSING = "peer_neuralrg_torch: PyTorch is not installed (pip install torch); skipped"
UNAVAILABLE = None if torch else MISSING

K_CRITICAL = 0.5 * math.log(1 + math.sqrt(2))
HIDDEN = (10, 10, 10)
COUPLINGS = 10
LAYOUTS = ("rows", "columns")


def blocks(size):
    """Sites i L + j of the 2 x 2 blocks of each layer, tensors (4, blocks), finest scale first:
    at every scale disentanglers, shifted by their distance, and decimators."""
    tables = []
    for scale in range(size.bit_length() - 1):
        distance = 1 << scale
        for shift in (distance, 0):
            start = torch.arange(shift, size + shift, 2 * distance)
            i, j = (k.flatten() for k in torch.meshgrid(start, start, indexing="ij"))
            corners = [(i, j), (i, j + distance), (i + distance, j), (i + distance, j + distance)]
            tables.append(torch.stack([a % size * size + b % size for a, b in corners]))
    return tables


class Coupling(torch.nn.Module):
    """y = x exp(s) + t where the mask is 0, s and t depending on x where it is 1."""

    def __init__(self, mask, layout):
        super().__init__()
        self.layout = layout
        self.register_buffer("mask", mask.view(4, 1))
        weights, biases, width = [], [], 4
        for following in (*HIDDEN, 4):
            bound = 1 / math.sqrt(width)
            weights.append(torch.empty(2, following, width).uniform_(-bound, bound))
            biases.append(torch.empty(2, following, 1).uniform_(-bound, bound))
            width = following
        self.weights, self.biases = torch.nn.ParameterList(weights), torch.nn.ParameterList(biases)
        self.scale = torch.nn.Parameter(torch.zeros(4, 1))

    def forward(self, x):
        """s and t, zero where the mask is 1, of blocks x with the shape (4, blocks)."""
        kept = self.mask * x
        if self.layout == "columns":
            s, t = self.as_columns(kept)
        else:
            s, t = (self.as_rows(kept.T, part).T for part in range(2))
        changed = 1 - self.mask
        return changed * self.scale * torch.tanh(s), changed * t

    def as_columns(self, x):
        bias, weight = self.biases[0].view(-1, 1), self.weights[0].view(-1, 4)
        hidden = elu(torch.addmm(bias, weight, x), inplace=True).view(2, HIDDEN[0], -1)
        for weight, bias in zip(self.weights[1:-1], self.biases[1:-1], strict=True):
            hidden = elu(torch.baddbmm(bias, weight, hidden), inplace=True)
        return torch.baddbmm(self.biases[-1], self.weights[-1], hidden)

    def as_rows(self, x, part):
        *hidden, last = zip(self.weights, self.biases, strict=True)
        for weight, bias in hidden:
            x = elu(linear(x, weight[part], bias[part, :, 0]), inplace=True)
        return linear(x, last[0][part], last[1][part, :, 0])


class Flow(torch.nn.Module):
    """The flow and its target, the dual of the Ising model on an L x L torus (Eq. 7)."""

    def __init__(self, size=16, K=K_CRITICAL, layout="columns"):
        if layout not in LAYOUTS:
            raise ValueError(f"layout is one of {LAYOUTS}")
        super().__init__()
        self.tables = blocks(size)
        self.layers = torch.nn.ModuleList(
            torch.nn.ModuleList(Coupling(half_mask(), layout) for _ in range(COUPLINGS))
            for _ in self.tables)
        i = torch.arange(size)
        ring = ((i[:, None] - i) % size == 1).double()
        line = ring + ring.T
        bonds = K * (torch.kron(line, torch.eye(size)) + torch.kron(torch.eye(size), line))
        alpha = 0.1 - torch.linalg.eigvalsh(bonds)[0]
        inverse = torch.linalg.inv(bonds + alpha * torch.eye(size**2))
        self.register_buffer("inverse", inverse.float())

    def decode(self, z):
        """x and ln |det dx/dz| of latent variables (sites, samples)."""
        x, determinant = z, torch.zeros(z.shape[1])
        for table, couplings in zip(reversed(self.tables), reversed(self.layers), strict=True):
            block = x[table].view(4, -1)
            for coupling in couplings:
                s, t = coupling(block)
                block = block * s.exp() + t
                determinant = determinant + s.reshape(-1, x.shape[1]).sum(0)
            x = x.index_copy(0, table.flatten(), block.view(-1, x.shape[1]))
        return x, determinant

    def encode(self, x):
        """z and ln |det dz/dx| of configurations (sites, samples)."""
        z, determinant = x, torch.zeros(x.shape[1])
        for table, couplings in zip(self.tables, self.layers, strict=True):
            block = z[table].view(4, -1)
            for coupling in reversed(couplings):
                s, t = coupling(block)
                block = (block - t) * (-s).exp()
                determinant = determinant - s.reshape(-1, z.shape[1]).sum(0)
            z = z.index_copy(0, table.flatten(), block.view(-1, z.shape[1]))
        return z, determinant

    def log_q(self, x):
        """ln q of configurations, symmetric under x -> -x."""
        (z, determinant), (mirrored, other) = self.encode(x), self.encode(-x)
        return log_mean_exp(log_normal(z) + determinant, log_normal(mirrored) + other)

    def log_pi(self, x):
        """Log-density of configurations, up to the constant ln Z."""
        size = x.abs()
        log_cosh = size + softplus(-2 * size) - math.log(2)
        return (log_cosh - 0.5 * x * (self.inverse @ x)).sum(0)

    def loss(self, z):
        """ln q - ln pi of the configurations that are decoded from z."""
        x, determinant = self.decode(z)
        mirrored, other = self.encode(-x)
        log_q = log_mean_exp(log_normal(z) - determinant, log_normal(mirrored) + other)
        return log_q - self.log_pi(x)

    def potential(self, z):
        """-ln pi(x) - ln |det dx/dz|, and its gradient in z."""
        z = z.detach().requires_grad_()
        x, determinant = self.decode(z)
        energy = -self.log_pi(x) - determinant
        return energy.detach(), torch.autograd.grad(energy.sum(), z)[0]


def half_mask():
    """Two of the four sites, at random."""
    return (torch.randperm(4) < 2).float()


def log_mean_exp(a, b):
    return torch.logaddexp(a, b) - math.log(2)


def log_normal(z):
    return -0.5 * (z * z).sum(0) - 0.5 * math.log(2 * math.pi) * len(z)


def train_step(flow, optimizer, batch):
    """One step of distillation; the mean loss."""
    optimizer.zero_grad(set_to_none=True)
    loss = flow.loss(torch.randn(len(flow.inverse), batch)).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


def hmc_update(flow, state, step_size=0.2, leapfrog=10):
    """One update of all chains; `state` is z with its energy and force, those of `potential`."""
    z, energy, force = state
    momentum = torch.randn_like(z)
    before = energy + 0.5 * (momentum**2).sum(0)
    start = state
    for _ in range(leapfrog):
        momentum = momentum - 0.5 * step_size * force
        z = z + step_size * momentum
        energy, force = flow.potential(z)
        momentum = momentum - 0.5 * step_size * force
    accepted = torch.rand(len(energy)) < torch.exp(before - energy - 0.5 * (momentum**2).sum(0))
    ends = (z, energy, force)
    return tuple(torch.where(accepted, *pair) for pair in zip(ends, start, strict=True))


def seconds(work, layout="columns", repeats=5, *, size=16, batch=512, threads=2, warmup=1):
    """Seconds of each of `repeats` training steps ("train") or HMC updates ("hmc"), as a list."""
    if UNAVAILABLE:
        raise RuntimeError(UNAVAILABLE)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        torch.manual_seed(0)
        flow = Flow(size, layout=layout)
        optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3, weight_decay=1e-3, foreach=True)
        z = torch.randn(size**2, batch)
        state = (z, *flow.potential(z)) if work == "hmc" else None
        times = []
        for step in range(warmup + repeats):
            start = time.perf_counter()
            if work == "hmc":
                state = hmc_update(flow, state)
            else:
                train_step(flow, optimizer, batch)
            if step >= warmup:
                times.append(time.perf_counter() - start)
        return times
    finally:
        torch.set_num_threads(before)


def compare_with_library(layout):
    """Asserts that ln q and ln pi are those of this library's flow with the same parameters."""
    import tempfile

    from safetensors.torch import load_file

    from isingrg import neuralrg

    model = neuralrg.NeuralRG().fit(20, 64, 3e-3)  # from the start scales are zero
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/flow.safetensors")
        arrays = load_file(f"{folder}/flow.safetensors")
    flow = Flow(layout=layout)
    couplings = [coupling for layer in flow.layers for coupling in layer]
    masks = arrays["masks"].flatten().int()
    for coupling, row, mask in zip(couplings, arrays["parameters"], masks, strict=True):
        coupling.mask.copy_(mask >> torch.arange(4)[:, None] & 1)
        *networks, scale = row.split([(len(row) - 4) // 2] * 2 + [4])
        coupling.scale.data.copy_(scale[:, None])
        for part, numbers in enumerate(networks):
            pairs = zip(coupling.weights, coupling.biases, strict=True)
            targets = [parameter.data[part] for pair in pairs for parameter in pair]
            pieces = numbers.split([target.numel() for target in targets])
            for target, piece in zip(targets, pieces, strict=True):
                target.copy_(piece.view(target.shape))
    x = 2 * torch.randn(100, 16, 16)
    with torch.no_grad():
        columns = x.view(100, -1).T
        ours = flow.log_q(columns), flow.log_pi(columns)
    theirs = model.log_prob(x.numpy()), neuralrg.log_density(x.numpy(), K_CRITICAL)
    for name, a, b in zip(("ln q", "ln pi"), ours, theirs, strict=True):
        error = abs(a.numpy() / b - 1).max()
        print(f"{layout}: {name} {b.min():.1f} to {b.max():.1f}, relative difference {error:.1e}")
        assert error < 1e-5


def main():
    if UNAVAILABLE:
        print(UNAVAILABLE)
        return 0
    for layout in LAYOUTS:
        compare_with_library(layout)
    print(f"torch {torch.__version__}, L = 16, 512 samples, seconds: median (best)")
    for work, layout, threads in itertools.product(("train", "hmc"), LAYOUTS, (1, 2)):
        times = seconds(work, layout, repeats=3, threads=threads)
        figures = f"{statistics.median(times):.2f} ({min(times):.2f})"
        print(f"{work:5s} {layout:7s} {threads} threads  {figures}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
