"""`isingrg sample`."""

from __future__ import annotations

import argparse
import io
from typing import Any

import numpy as np

import isingrg
from isingrg import ising
from isingrg._shared import arguments, files
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json


def add(commands: Any) -> None:
    sample = add_command(commands, "sample", _run, "sample configurations into a .npz file")
    sample.add_argument("--size", type=int, required=True, help="L, even, 4 to 16384")
    sample.add_argument(
        "--coupling", type=float, nargs="+", default=[ising.K_CRITICAL], help="K, one or more"
    )
    sample.add_argument("--samples", type=int, default=100, help="kept of each chain")
    sample.add_argument("--chains", type=int, default=1, help="independent chains")
    sample.add_argument("--algorithm", default="wolff", help="Monte Carlo algorithm")
    sample.add_argument("--thermalize", type=int, help="sweeps before the first sample")
    sample.add_argument("--between", type=int, help="sweeps between samples")
    sample.add_argument("--seed", type=int, default=0, help="random seed")
    sample.add_argument("--output", required=True, help="the file to write, .npz")
    add_quiet(sample)


def _run(options: argparse.Namespace) -> None:
    output = output_path(options.output, ("npz",))
    parameters = {
        "algorithm": options.algorithm,
        "n_chains": arguments.integer("--chains", options.chains, 1, 2**24),
        "n_thermalize": _sweeps("--thermalize", options.thermalize, 0),
        "n_between": _sweeps("--between", options.between, 1),
        "seed": arguments.seed(options.seed, "--seed"),
    }
    size = arguments.integer("--size", options.size, 4, 16384, even=True)
    couplings = arguments.reals("--coupling", options.coupling)
    samples = arguments.integer("--samples", options.samples, 1, 2**53)
    spins = ising.sample(size, couplings, samples, progress=not options.quiet, **parameters)
    # -1 is the core's word for a default; a file has no None.
    kept: Any = {name: -1 if value is None else value for name, value in parameters.items()}
    content = io.BytesIO()
    np.savez_compressed(
        content, spins=spins, K=couplings, L=size, version=isingrg.__version__, **kept
    )
    files.replace_file(output, content.getvalue())
    summary = {
        "output": output,
        "shape": list(spins.shape),
        "coupling": couplings.tolist(),
        "energy_per_site": _means(np.asarray(ising.energy(spins)) / size**2),
        "abs_magnetization": _means(np.abs(ising.magnetization(spins))),
    }
    if options.json:
        print(to_json(summary))
    else:
        print(f"{output}: spins of shape {spins.shape}")
        print(f"{'K':>12} {'E/(J L^2)':>12} {'|m|':>10}")
        for row in zip(
            summary["coupling"], summary["energy_per_site"], summary["abs_magnetization"],
            strict=True,
        ):  # fmt: skip
            print("{:12.8g} {:12.6f} {:10.6f}".format(*row))


def _means(values: Any) -> list[float]:
    """Mean over chains and samples, for each coupling."""
    return [float(value) for value in np.mean(values, axis=(-2, -1))]


def _sweeps(name: str, value: int | None, least: int) -> int | None:
    return None if value is None else arguments.integer(name, value, least, 2**40)
