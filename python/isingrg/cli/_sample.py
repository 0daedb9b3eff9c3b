"""`isingrg sample`."""

from __future__ import annotations

import argparse
import io
from typing import Any

import numpy as np

import isingrg
from isingrg import ising
from isingrg._shared import arguments, files
from isingrg.cli import _measured
from isingrg.cli._parsing import add_command, add_quiet, output_path, to_json
from isingrg.ising._sampling import ALGORITHMS


def add(commands: Any) -> None:
    sample = add_command(commands, "sample", _run, "sample configurations into a .npz file")
    sample.add_argument("--size", type=int, required=True, metavar="L", help="even, 4 to 16384")
    sample.add_argument(
        "--coupling",
        type=float,
        nargs="+",
        default=[ising.K_CRITICAL],
        metavar="K",
        help=f"K = J/T, one or more, by default the critical one, {ising.K_CRITICAL:.6f}",
    )
    sample.add_argument("--samples", type=int, default=100, metavar="N", help="kept of each chain")
    sample.add_argument("--chains", type=int, default=1, metavar="N", help="independent chains")
    sample.add_argument(
        "--algorithm",
        choices=tuple(ALGORITHMS),
        default="auto",
        help="Monte Carlo algorithm; auto takes the faster one for each coupling",
    )
    sample.add_argument(
        "--thermalize", type=int, metavar="SWEEPS",
        help="before the first sample, by default what suits algorithm and coupling",
    )  # fmt: skip
    sample.add_argument(
        "--between", type=int, metavar="SWEEPS",
        help="between samples, by default what suits algorithm and coupling",
    )  # fmt: skip
    sample.add_argument("--seed", type=int, default=0, metavar="N", help="random seed")
    sample.add_argument("--output", required=True, metavar="FILE", help="the file to write, .npz")
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
    seed = parameters.pop("seed")
    plan = ising.sampling_plan(size, couplings, **parameters)
    # What was done, for each coupling.
    kept: Any = {**parameters, **plan._asdict(), "seed": seed}
    content = io.BytesIO()
    np.savez_compressed(
        content, spins=spins, K=couplings, L=size, version=isingrg.__version__, **kept
    )
    files.replace_file(output, content.getvalue())
    measured, reasons = _measured.measure(couplings, spins)
    summary = {
        "output": output,
        "shape": list(spins.shape),
        **{name: values.tolist() for name, values in plan._asdict().items()},
        **_measured.columns(measured),
    }
    if options.json:
        print(to_json(summary))
    else:
        print(f"{output}: spins of shape {spins.shape}")
        print(_measured.table(measured, plan.algorithm.tolist(), reasons))


def _sweeps(name: str, value: int | None, least: int) -> int | None:
    return None if value is None else arguments.integer(name, value, least, 2**40)
