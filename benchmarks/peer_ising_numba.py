"""Checkerboard Metropolis of the square-lattice Ising model in Numba, on one core and on all.

Two versions, both with int8 spins and whole-number thresholds instead of exponentials:

- "sequential": Numba's own np.random, one number per spin, drawn only where the move is uphill;
  the way such a code is usually written.
- "vector": a hash of (seed, sweep, site) per spin, no branch in the loop and the two
  colours in arrays of their own, so that LLVM vectorises it; as fast as we could make it in Numba.

    python peer_ising_numba.py                  # a table of times per sweep
    sweep_seconds(1024, "vector", parallel=True)  # a list of seconds per sweep
"""

from __future__ import annotations

import math
import statistics
import sys
import time

try:
    import numba
    import numpy as np
except ImportError:
    numba = None

UNAVAILABLE = None if numba else "peer_ising_numba: Numba is not installed (pip install numba); skipped"

K_CRITICAL = math.log(1 + math.sqrt(2)) / 2
VERSIONS = ("sequential", "vector")


def _sequential(parallel):
    rows = numba.prange if parallel else range

    @numba.njit(parallel=parallel, boundscheck=False)
    def sweep(spins, p4, p8):
        size = spins.shape[0]
        for colour in range(2):
            for i in rows(size):
                above = spins[i - 1 if i > 0 else size - 1]
                row = spins[i]
                below = spins[i + 1 if i + 1 < size else 0]
                for j in range((i + colour) & 1, size, 2):
                    left = row[j - 1 if j > 0 else size - 1]
                    right = row[j + 1 if j + 1 < size else 0]
                    field = row[j] * (above[j] + below[j] + left + right)  # energy to flip / 2
                    if field <= 0:
                        row[j] = -row[j]
                    elif np.random.random() < (p4 if field == 2 else p8):
                        row[j] = -row[j]

    return sweep


def _vector(parallel):
    rows = numba.prange if parallel else range
    always = np.uint32(0xFFFFFFFF)

    @numba.njit(inline="always")
    def hash32(x):
        # numba computes whole numbers in 64 bits; the casts keep 32, and the lanes of a vector narrow
        x = np.uint32(x ^ (x >> np.uint32(16)))
        x = np.uint32(x * np.uint32(0x7FEB352D))
        x = np.uint32(x ^ (x >> np.uint32(15)))
        x = np.uint32(x * np.uint32(0x846CA68B))
        x = np.uint32(x ^ (x >> np.uint32(16)))
        return x

    @numba.njit(boundscheck=False)
    def update_row(row, middle, above, below, shifted, key, t4, t8):
        for j in range(row.shape[0]):
            spin = row[j]
            field = np.int32(spin) * np.int32(above[j] + below[j] + middle[j] + shifted[j])
            bits = hash32(np.uint32(np.uint32(j) + key))
            threshold = always if field <= 0 else (t4 if field == 2 else t8)
            row[j] = np.int8(-spin) if bits <= threshold else spin

    @numba.njit(parallel=parallel, boundscheck=False)
    def sweep(colours, buffers, number, seed, t4, t8):
        # colours[c, i, j] is the spin at column 2 j + ((i + c) & 1) of row i
        size, half = colours.shape[1], colours.shape[2]
        for colour in range(2):
            mine, other = colours[colour], colours[1 - colour]
            for i in rows(size):
                middle = other[i]
                shifted = buffers[i]  # the second neighbour in the row, periodic
                if (i + colour) & 1:
                    shifted[: half - 1] = middle[1:]
                    shifted[half - 1] = middle[0]
                else:
                    shifted[1:] = middle[: half - 1]
                    shifted[0] = middle[half - 1]
                key = hash32(np.uint32(hash32(np.uint32(2 * number + colour) ^ np.uint32(seed)) + np.uint32(i)))
                update_row(
                    mine[i], middle, other[i - 1 if i > 0 else size - 1], other[i + 1 if i + 1 < size else 0],
                    shifted, key, t4, t8)

    return sweep


class Chain:
    """One chain of an even L x L torus; `sweep()` updates every spin once."""

    def __init__(self, size, coupling=K_CRITICAL, version="vector", parallel=False, seed=0):
        if version not in VERSIONS or size < 2 or size % 2:
            raise ValueError(f"version is one of {VERSIONS} and the size is even")
        spins = np.where(np.random.default_rng(seed).random((size, size)) < 0.5, -1, 1).astype(np.int8)
        self.size, self.number = size, 0
        p4, p8 = math.exp(-4 * coupling), math.exp(-8 * coupling)
        self._spins, self._colours = spins, None
        if version == "sequential":
            kernel = _sequential(parallel)
            self._step = lambda: kernel(spins, p4, p8)
        else:
            kernel = _vector(parallel)
            rows, columns = np.indices((size, size))
            self._colours = np.stack(
                [spins[(rows + columns) % 2 == colour].reshape(size, size // 2) for colour in range(2)])
            buffers = np.empty((size, size // 2), np.int8)
            t4, t8 = np.uint32(p4 * 2**32), np.uint32(p8 * 2**32)
            self._step = lambda: kernel(self._colours, buffers, self.number, seed, t4, t8)

    def sweep(self):
        self._step()
        self.number += 1

    @property
    def spins(self):
        """The configuration, (L, L) int8."""
        if self._colours is not None:
            rows, columns = np.indices((self.size, self.size))
            for colour in range(2):
                self._spins[(rows + columns) % 2 == colour] = self._colours[colour].ravel()
        return self._spins

    def energy(self):
        """E/J per site."""
        s = self.spins.astype(np.int64)
        return -(s * np.roll(s, 1, 0) + s * np.roll(s, 1, 1)).mean()


def sweep_seconds(size=1024, version="vector", parallel=False, repeats=20, *, warmup=50, threads=None):
    """Seconds of each of `repeats` sweeps at K_c, after compilation and `warmup` sweeps."""
    if UNAVAILABLE:
        raise RuntimeError(UNAVAILABLE)
    if threads:
        numba.set_num_threads(threads)
    chain = Chain(size, version=version, parallel=parallel)
    for _ in range(max(warmup, 1)):
        chain.sweep()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        chain.sweep()
        seconds.append(time.perf_counter() - start)
    return seconds


def main():
    if UNAVAILABLE:
        print(UNAVAILABLE)
        return 0
    size = 1024
    print(f"numba {numba.__version__}, L = {size}, K_c: milliseconds per sweep, median (best), flips/ns (best)")
    for version in VERSIONS:
        for parallel in (False, True):
            seconds = sweep_seconds(size, version, parallel)
            label = f"{version}, {numba.get_num_threads() if parallel else 1} threads"
            print(
                f"{label:22s} {1e3 * statistics.median(seconds):8.3f} ({1e3 * min(seconds):.3f})"
                f"  {size * size / min(seconds) * 1e-9:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
