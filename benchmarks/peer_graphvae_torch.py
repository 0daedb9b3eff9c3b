"""One training step of the hierarchical graph variational autoencoder, in batched PyTorch.

The model is that of Meng, as in `isingrg.graphvae`: tokens of (s, h), two graph convolutions at
each of three levels, 2 x 2 pooling by mean and maximum, latent variables of every level, a
perceptron that decodes the last. Everything is float32 and batched over configurations, in two
layouts: "lattice" is plain PyTorch and meets neighbours by shifting the lattice, so that there is
neither a list of edges nor a gather; "edges" has the convolutions of PyTorch Geometric on the
graphs of a batch, with their norms computed once.

    python peer_graphvae_torch.py                 # a table of milliseconds per step
    step_seconds("lattice", repeats=20)           # a list of seconds, one per step
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time

try:
    import torch
except ImportError:
    torch = None
try:
    from torch_geometric.nn import GCNConv
except ImportError:
    GCNConv = None

UNAVAILABLE = (
    None if torch else "peer_graphvae_torch: PyTorch is not installed (pip install torch); skipped"
)

#: Layout -> the library that it is.
LAYOUTS = {"lattice": "PyTorch"} | ({"edges": "PyTorch Geometric"} if GCNConv else {})
SIZE, LATENT, HIDDEN, TOKEN, LEVELS = 16, 4, 64, 16, 3
BETA, LAMBDA_RG, LEARNING_RATE = 0.1, 0.5, 1e-3
BATCH = 32


def neighbours(x):
    """Sum over the four neighbours of each site; x of shape (n, L, L, ...)."""
    return x.roll(1, 1) + x.roll(-1, 1) + x.roll(1, 2) + x.roll(-1, 2)


def convolution(layer, x):
    """ReLU(A^ X W^T + b), the average taken where there are fewer features."""
    if layer.in_features < layer.out_features:
        return torch.relu(layer((x + neighbours(x)) * 0.2))
    x = torch.nn.functional.linear(x, layer.weight)
    return torch.relu((x + neighbours(x)) * 0.2 + layer.bias)


def torus_edges(size, batch):
    """Both directions of all bonds of `batch` tori, (2, 4 batch size^2)."""
    sites = torch.arange(batch * size * size).view(batch, size, size)
    pairs = [torch.stack([sites, sites.roll(s, axis)]) for axis in (1, 2) for s in (1, -1)]
    return torch.cat([pair.flatten(1) for pair in pairs], 1)


def pooled(x):
    """Mean and maximum of 2 x 2 sites, side by side."""
    n, size, _, features = x.shape
    blocks = x.view(n, size // 2, 2, size // 2, 2, features)
    return torch.cat([blocks.mean((2, 4)), blocks.amax((2, 4))], -1)


def perceptron(*widths):
    layers = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


class Trainer:
    """The state of a run: network, optimizer, data."""

    def __init__(self, layout, batch=BATCH, seed=0):
        torch.manual_seed(seed)
        linear, modules = torch.nn.Linear, torch.nn.ModuleList
        graph = layout == "edges"
        self.edges = [torus_edges(SIZE >> k, batch) for k in range(LEVELS)] if graph else None
        self.token = perceptron(2, TOKEN, TOKEN)
        inputs = [TOKEN] + [2 * HIDDEN] * (LEVELS - 1)
        layer = (lambda *widths: GCNConv(*widths, cached=True)) if graph else linear
        self.first = modules(layer(width, HIDDEN) for width in inputs)
        self.second = modules(layer(HIDDEN, HIDDEN) for _ in range(LEVELS))
        self.heads = modules(linear(HIDDEN, 2 * LATENT) for _ in range(LEVELS))
        self.decoder = torch.nn.Sequential(
            perceptron(LATENT, HIDDEN, HIDDEN), linear(HIDDEN, SIZE * SIZE))
        parts = (self.token, self.first, self.second, self.heads, self.decoder)
        parameters = [parameter for part in parts for parameter in part.parameters()]
        # foreach applies one update to all parameters together: the fastest choice on a CPU.
        self.optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, foreach=True)
        self.batch = batch
        self.spins = 2.0 * torch.randint(0, 2, (64 * batch, SIZE, SIZE)) - 1

    def convolution(self, layer, x, level):
        if self.edges is None:
            return convolution(layer, x)
        return torch.relu(layer(x.flatten(0, 2), self.edges[level])).view(*x.shape[:3], -1)

    def loss(self, spins):
        """Eq. 1, a mean over configurations (n, L, L)."""
        x = self.token(torch.stack([spins, spins * neighbours(spins)], -1))
        means = []
        for level in range(LEVELS):
            for layers in (self.first, self.second):
                x = self.convolution(layers[level], x, level)
            mean, log_variance = self.heads[level](x.mean((1, 2))).chunk(2, -1)
            means.append(mean)
            if level < LEVELS - 1:
                x = pooled(x)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        reconstruction = torch.nn.functional.mse_loss(self.decoder(z), spins.flatten(1))
        kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(1).mean()
        rg = sum(((a - b) ** 2).sum(1).mean() for a, b in itertools.pairwise(means))
        return reconstruction + BETA * kl + LAMBDA_RG * rg / (LEVELS - 1)

    def train_step(self):
        """Draw a batch, take one Adam step; the loss."""
        spins = self.spins[torch.randint(0, len(self.spins), (self.batch,))]
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(spins)
        loss.backward()
        self.optimizer.step()
        return loss.detach()


def step_seconds(layout, batch=BATCH, repeats=30, *, threads=2, warmup=10, seed=0):
    """Seconds of each of `repeats` steps after `warmup` steps, as a list."""
    if UNAVAILABLE:
        raise RuntimeError(UNAVAILABLE)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trainer = Trainer(layout, batch, seed)
        seconds = []
        for step in range(warmup + repeats):
            start = time.perf_counter()
            trainer.train_step()
            if step >= warmup:
                seconds.append(time.perf_counter() - start)
        return seconds
    finally:
        torch.set_num_threads(before)


def main():
    if UNAVAILABLE:
        print(UNAVAILABLE)
        return 0
    print(f"torch {torch.__version__}, milliseconds per step: median (best)")
    for layout, threads in itertools.product(LAYOUTS, (1, 2)):
        seconds = step_seconds(layout, threads=threads)
        print(
            f"{LAYOUTS[layout]}, batch {BATCH}, {threads} thread(s)  "
            f"{1e3 * statistics.median(seconds):8.2f} ({1e3 * min(seconds):.2f})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
