"""The multilevel sampler of `isingrg.multilevel`, with its default settings, in plain PyTorch.

Drawing configurations with their probabilities, and one step of the natural gradient. Spins are
float32 of the shape (sites, samples); a class of sites gathers the rows of its neighbours, looks a
table of fields up by the code of the nearest ones, and adds the farther ones by a product of
matrices. Tables, orbits and symmetries are made from the geometry once and cost no time here.

    python peer_multilevel_torch.py     # compares with this library's sampler, then rates
"""

from __future__ import annotations

import itertools
import math
import sys
import time

import numpy as np

try:
    import torch
    from torch.nn.functional import softplus
except ImportError:
    torch = None

MISSING = "peer_multilevel_torch: PyTorch is not installed (pip install torch); skipped"
UNAVAILABLE = None if torch else MISSING

K_CRITICAL = 0.5 * math.log(1 + math.sqrt(2))
COLOURS, CODE, LINEAR, TRIPLES, QUINTUPLES = 4, 16, 36, 16, 8
#: The product of the spins that a set of bits says to be -1.
SIGNS = np.array([1], np.int16)
while len(SIGNS) < 2**CODE:
    SIGNS = np.concatenate([SIGNS, -SIGNS])
#: Spins of a class whose features are held at once.
PIECE = 16384


def quincunx(i, j, bits):
    """The colour of a site: chessboards, each of which is halved again."""
    if bits == 0:
        return 0
    colour = (i + j) & 1
    if bits > 1:
        colour = (colour << 1 | i & 1) << (bits - 2) | quincunx(i >> 1, j >> 1, bits - 2)
    return colour


def turned(operation, d):
    row, column = d[::-1] if operation & 4 else d
    return (-row if operation & 1 else row, -column if operation & 2 else column)


class Learned:
    """A class of sites: where its neighbours are, and what their products are."""

    def __init__(self, size, sites, drawn):
        def wrap(x):
            return (x + size // 2) % size - size // 2

        row, column = sites[0]
        around = {(wrap(i - row), wrap(j - column)) for i, j in drawn}
        near = sorted(around, key=lambda d: (d[0] ** 2 + d[1] ** 2, d))
        lengths = [i**2 + j**2 for i, j in near]
        shells = [k for k in range(1, len(near) + 1) if k == len(near) or lengths[k] > lengths[k - 1]]
        near = near[: next((k for k in shells if k >= LINEAR), len(near))]

        def within(count):
            return max([k for k in shells if k <= min(count, len(near))], default=0)

        images = [[tuple(map(wrap, turned(o, d))) for d in around] for o in range(8)]
        place = {d: k for k, d in enumerate(near)}
        operations = [o for o in range(8) if set(images[o]) == around]
        maps = [[place[tuple(map(wrap, turned(o, d)))] for d in near] for o in operations]
        self.bits = within(CODE)
        codes = np.arange(2**self.bits)
        singles, table = [], []
        for order, among in ((1, len(near)), (3, within(TRIPLES)), (5, within(QUINTUPLES))):
            seen = set()
            for chosen in itertools.combinations(range(among), order):
                if chosen in seen:
                    continue
                orbit = {tuple(sorted(image[k] for k in chosen)) for image in maps}
                seen |= orbit
                if order == 1:
                    singles.append([k for (k,) in sorted(orbit)])
                else:
                    table.append(sum(SIGNS[codes & sum(1 << k for k in product)] for product in orbit))
        self.linear = torch.zeros(len(singles), len(near))
        for g, members in enumerate(singles):
            self.linear[g, members] = 1
        # Of the products of three and five, a row for each code.
        columns = np.stack(table, 1) if table else np.zeros((2**self.bits, 0))
        self.products = torch.tensor(columns, dtype=torch.float32)
        self.powers = 2.0 ** torch.arange(self.bits)
        self.couplings = torch.zeros(len(singles) + self.products.shape[1])
        self.sites = torch.tensor([i * size + j for i, j in sites])
        self.neighbours = torch.tensor(
            [[(i + d[0]) % size * size + (j + d[1]) % size for i, j in sites] for d in near], dtype=torch.long)

    def freeze(self):
        """The table and the couplings of the nearest spins by which a step draws."""
        singles = len(self.linear)
        self.row = self.couplings[:singles] @ self.linear
        self.table = self.products @ self.couplings[singles:]

    def gathered(self, spins):
        x = spins[self.neighbours.reshape(-1)].view(len(self.neighbours), -1)
        code = (self.powers @ (x[: self.bits] < 0).float()).long()
        return x, code

    def field(self, spins):
        x, code = self.gathered(spins)
        return (self.row @ x + self.table[code]).view(len(self.sites), -1)


class Sampler:
    def __init__(self, size, K=K_CRITICAL):
        self.size, self.K, self.classes = size, K, []
        drawn, a, bits = [(0, 0)], size // 2, COLOURS.bit_length() - 1
        while a >= 1:
            for row, column in ((a, a), (a, 0), (0, a)):
                if a == 1 and (row, column) != (1, 1):
                    continue
                groups = {}
                for i, j in itertools.product(range(size // (2 * a)), repeat=2):
                    groups.setdefault(quincunx(i, j, bits), []).append((2 * a * i + row, 2 * a * j + column))
                learned = COLOURS // 2 if a == 1 else COLOURS
                for colour in sorted(groups)[:learned]:
                    self.classes.append(Learned(size, groups[colour], drawn))
                    drawn += groups[colour]
                if a == 1:
                    odd = [site for colour in sorted(groups)[learned:] for site in groups[colour]]
            a //= 2
        sites = torch.arange(size * size).view(size, size)
        self.odd = torch.tensor([i * size + j for i, j in odd])
        i, j = np.indices((size, size)).reshape(2, -1)
        self.bonds = sites.view(-1)[torch.tensor((i + j) % 2 == 1)]
        self.freeze()

    def freeze(self):
        for part in self.classes:
            part.freeze()

    def shifted(self, sites, row, column):
        size = self.size
        return (sites // size + row) % size * size + (sites % size + column) % size

    def field_of_centres(self, spins):
        """The four neighbours summed over."""
        total = 0
        for row, column in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            others = (
                spins[self.shifted(self.odd, 2 * row, 2 * column)]
                + spins[self.shifted(self.odd, row + column, row + column)]
                + spins[self.shifted(self.odd, row - column, column - row)])
            u = self.K * others
            total = total + torch.log(torch.cosh(u + self.K) / torch.cosh(u - self.K)) / 2
        return total

    def field_of_bonds(self, spins):
        steps = ((1, 0), (-1, 0), (0, 1), (0, -1))
        return self.K * sum(spins[self.shifted(self.bonds, *step)] for step in steps)

    def parts(self):
        yield torch.zeros(1, dtype=torch.long), lambda spins: torch.zeros(1, spins.shape[1])
        for part in self.classes:
            yield part.sites, part.field
        yield self.odd, self.field_of_centres
        yield self.bonds, self.field_of_bonds

    def sample(self, n):
        """Spins (sites, n) and ln q (n)."""
        spins, log_prob = torch.ones(self.size**2, n), torch.zeros(n, dtype=torch.float64)
        for sites, field in self.parts():
            h = field(spins)
            drawn = torch.where(torch.rand_like(h) < torch.sigmoid(2 * h), 1.0, -1.0)
            spins[sites] = drawn
            log_prob -= softplus(-2 * drawn * h).sum(0)
        return spins, log_prob

    def log_prob(self, spins):
        return -sum(softplus(-2 * spins[sites] * field(spins)).double().sum(0) for sites, field in self.parts())

    def energy(self, spins):
        lattice = spins.view(self.size, self.size, -1)
        return -sum((lattice * lattice.roll(1, axis)).sum((0, 1)) for axis in (0, 1)).double()

    def step(self, batch, rate=0.3, damping=100.0):
        """Draws a batch and moves all couplings by the natural gradient."""
        pieces = [self.sample(min(1024, batch - k)) for k in range(0, batch, 1024)]
        spins = torch.cat([s for s, _ in pieces], 1)
        log_weight = -self.K * self.energy(spins) - torch.cat([q for _, q in pieces])
        advantage = log_weight - log_weight.mean()
        bound = 3 * advantage.std()
        advantage = advantage.clamp(-bound, bound)
        advantage = (advantage - advantage.mean()).float()
        for part in self.classes:
            count = len(part.couplings)
            gradient = torch.zeros(count, dtype=torch.float64)
            curvature = torch.zeros(count, count, dtype=torch.float64)
            width = max(1, PIECE // len(part.sites))
            for k in range(0, batch, width):
                piece = spins[:, k : k + width]
                x, code = part.gathered(piece)
                features = torch.cat([part.linear @ x, part.products[code].T])
                mean = torch.tanh(part.couplings @ features)
                residual = (piece[part.sites].reshape(-1) - mean) * advantage[k : k + width].repeat(len(part.sites))
                gradient += (features @ residual).double()
                curvature += ((features * (1 - mean * mean)) @ features.T).double()
            curvature += damping * torch.eye(count)
            part.couplings += (rate * torch.linalg.solve(curvature, gradient)).float()
        self.freeze()
        return log_weight


def with_couplings(model):
    """A peer that has the couplings of a trained sampler of this library."""
    found = model.couplings()
    peer, start = Sampler(model.L, model.K), 0
    for part in peer.classes:
        part.couplings = torch.tensor(found.J[start : start + len(part.couplings)]).float()
        start += len(part.couplings)
    assert start == len(found.J)
    peer.freeze()
    return peer


def seconds(work, size, n):
    """Processor seconds of drawing n samples, or of a step with a batch of n, on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with torch.no_grad():
        peer = Sampler(size)
        peer.sample(64)
        start = time.process_time()
        if work == "sample":
            for _ in range(0, n, 512):
                peer.sample(min(n, 512))
        else:
            peer.step(n)
        return time.process_time() - start


def main():
    if UNAVAILABLE:
        sys.exit(UNAVAILABLE)
    import isingrg
    from isingrg.multilevel import MultilevelSampler

    isingrg.set_num_threads(1)
    model = MultilevelSampler(16).fit(2, 4096)
    spins, log_prob = model.sample_with_log_prob(1000, seed=1)
    with torch.no_grad():
        peer = with_couplings(model)
        theirs = peer.log_prob(torch.tensor(spins.reshape(1000, -1).T).float()).numpy()
    print(f"ln q: largest difference {np.abs(theirs - log_prob).max():.1e}")
    for work, size, n in (("sample", 16, 4096), ("sample", 64, 512), ("step", 16, 4096)):
        print(f"{work}, L = {size}, {n} samples: {seconds(work, size, n):.2f} s")


if __name__ == "__main__":
    main()
