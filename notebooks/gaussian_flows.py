"""Linear flows of the Gaussian model, whose divergence is exact; writes their minima to data/neuralrg_gaussian.json.

    python notebooks/gaussian_flows.py    # about ten minutes of one core

A flow of linear bijectors has a normal density, so that its divergence from a Gaussian target needs no samples, and a
deterministic search finds its minimum. What is recorded already is not sought again.
"""

from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import record_file
from isingrg import neuralrg

FILE = Path(__file__).parent / "data" / "neuralrg_gaussian.json"
#: Starts of a search beside the flow of half as many layers, and steps of each.
STARTS, STEPS = 2, 3000
HAAR = neuralrg.haar_matrix(2)


def spectrum(L, length):
    """Variance of a free field of this correlation length at every wave vector, (L, L)."""
    waves = 4 * np.sin(np.pi * np.arange(L) / L) ** 2
    return 1 / (waves[:, None] + waves + length**-2)


def layers_of(L, structure="mera", depth=None):
    return neuralrg.NeuralRG(L, structure=structure, depth=depth, bijector="linear").hierarchy


def representatives(L, layers):
    """A latent variable of each class of equivalent ones, and how many there are in it."""
    scales = [layer.scale for layer in layers if layer.is_decimator]
    if not scales:  # a flow of disentanglers repeats itself after two sites
        return [(0, 0), (0, 1), (1, 0), (1, 1)], [L * L // 4] * 4
    found, counts = [], []
    for scale in range(max(scales) + 1):
        found += [(0, 1 << scale), (1 << scale, 0), (1 << scale, 1 << scale)]
        counts += [(L >> scale + 1) ** 2] * 3
    return [*found, (0, 0)], [*counts, (L >> max(scales) + 1) ** 2]


class Problem:
    """How far the flows of a hierarchy are from a Gaussian target, as a function of their matrices.

    With x = A z the divergence from q to the target is (tr C^-1 A A^T - N + ln det C) / 2 - ln |det A| (nat), where A is the
    product of the matrices of all bijectors, 4 x 4 and the same for all blocks of a layer.
    """

    def __init__(self, spectrum, layers):
        self.L, self.spectrum, self.layers = len(spectrum), spectrum, layers
        places, counts = representatives(self.L, layers)
        self.counts = np.array(counts, float)
        self.blocks = np.array([len(layer.sites) for layer in layers])
        self.start = np.zeros((len(places), self.L**2))
        self.start[np.arange(len(places)), [i * self.L + j for i, j in places]] = 1

    def haar(self):
        """The matrices of the Haar wavelets, (layers, 4, 4)."""
        return np.array([HAAR if layer.is_decimator else np.eye(4) for layer in self.layers])

    def columns(self, matrices):
        """x for one latent variable of each class, (classes, L^2), and what entered each layer on the way."""
        x, entered = self.start.copy(), []
        for layer, matrix in zip(self.layers[::-1], matrices[::-1], strict=True):
            entered.append(x[:, layer.sites])
            x[:, layer.sites] = entered[-1] @ matrix.T
        return x, entered[::-1]

    def divergence(self, matrices):
        """The divergence in nat, and its gradient in the matrices."""
        x, entered = self.columns(matrices)
        waves = np.fft.fft2(x.reshape(-1, self.L, self.L)) / self.spectrum
        slopes = np.fft.ifft2(waves).real.reshape(x.shape)
        energy = self.counts @ np.sum(x * slopes, axis=1)
        value = (energy - self.L**2 + np.log(self.spectrum).sum()) / 2
        value -= self.blocks @ np.linalg.slogdet(matrices)[1]
        gradient = -self.blocks[:, None, None] * np.linalg.inv(matrices).transpose(0, 2, 1)
        slopes *= self.counts[:, None]
        for k, (layer, matrix) in enumerate(zip(self.layers, matrices, strict=True)):
            outer = slopes[:, layer.sites]
            gradient[k] += np.einsum("cbi,cbj->ij", outer, entered[k])
            slopes[:, layer.sites] = outer @ matrix
        return value, gradient

    def susceptibility(self, matrices):
        """Variance of the mode k = 0 of the flow, in units of the target's."""
        sums = self.columns(matrices)[0].sum(axis=1)
        return float(self.counts @ sums**2 / self.L**2 / self.spectrum[0, 0])

    def minimum(self, start, steps=STEPS):
        """The least divergence that L-BFGS finds from a start, the matrices, and the largest slope left."""

        def flat(numbers):
            value, gradient = self.divergence(numbers.reshape(start.shape))
            return value, gradient.ravel()

        options = {"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-12, "gtol": 1e-6, "maxcor": 30}
        found = minimize(flat, start.ravel(), jac=True, method="L-BFGS-B", options=options)
        return float(found.fun), found.x.reshape(start.shape), float(np.abs(found.jac).max())


def canonical_correlations(spectrum):
    """Of the variables of one quadrant and those of the rest, the largest first."""
    L = len(spectrum)
    i, j = np.divmod(np.arange(L * L), L)
    covariance = np.fft.ifft2(spectrum).real[(i[:, None] - i) % L, (j[:, None] - j) % L]
    inside = (i < L // 2) & (j < L // 2)
    one, two = (np.linalg.cholesky(covariance[np.ix_(part, part)]) for part in (inside, ~inside))
    half = np.linalg.solve(one, covariance[np.ix_(inside, ~inside)])
    return np.linalg.svd(np.linalg.solve(two, half.T), compute_uv=False)


def bottleneck(spectrum):
    """The least divergence of any linear tree (nat).

    A tree joins a quadrant to the rest by one variable. Its density has one canonical correlation between the two, and
    the mutual information of all others of the target is lost.
    """
    return float(-np.log1p(-(canonical_correlations(spectrum)[1:] ** 2)).sum() / 2)


def starts(problem, smaller, seed):
    """Haar wavelets or unit matrices, with noise that breaks their symmetry, and a flow of fewer layers with more."""
    random = np.random.default_rng(seed)
    plain = problem.haar()
    found = [plain + 0.1 * random.normal(size=plain.shape) for _ in range(STARTS)]
    if smaller is not None:
        grown = plain + 0.01 * random.normal(size=plain.shape)
        grown[: len(smaller)] = smaller
        found.append(grown)
    return found


def searches():
    """Correlation length and size of each target, and the depths of the flows of disentanglers."""
    for length in ("L", 2):
        for L in (4, 8, 16, 32):
            yield length, L, [1 << k for k in range((L // 2).bit_length())]


def main():
    for length, L, depths in searches():
        flows = [("mera", None), ("tree", None), *(("tebd", depth) for depth in depths)]
        keys = [{"length": length, "L": L, "structure": structure, "depth": depth} for structure, depth in flows]
        if all(record_file.has(FILE, key) for key in keys):
            continue
        target = spectrum(L, L if length == "L" else length)
        smaller = None  # of disentanglers, the flow of half the depth
        for key in keys:
            problem = Problem(target, layers_of(L, key["structure"], key["depth"]))
            runs = [problem.minimum(start) for start in starts(problem, smaller, 0)]
            value, matrices, slope = min(runs, key=lambda run: run[0])
            smaller = matrices if key["structure"] == "tebd" else None
            record = key | {
                "divergence": value, "slope": slope, "starts": [run[0] for run in runs],
                "haar": float(problem.divergence(problem.haar())[0]), "susceptibility": problem.susceptibility(matrices),
                "bottleneck": bottleneck(target) if key["structure"] == "tree" else None,
            }  # fmt: skip
            print(record, flush=True)
            others = [r for r in record_file.load(FILE) if not key.items() <= r.items()]
            record_file.save(FILE, [*others, record])


if __name__ == "__main__":
    main()
