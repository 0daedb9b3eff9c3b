"""The command line: `isingrg demo | critical-point | sample | info`.

Results go to standard output, progress and errors to standard error. Exit codes: 0, 1 for a
failure, 2 for a wrong argument, 130 when interrupted.
"""

import argparse
import io
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

import isingrg
from isingrg import _arguments, _files, _report, ising
from isingrg._progress import reporting
from isingrg.mlrg import _survey
from isingrg.mlrg._configuration import DIVERGENCES, MODERATORS, TRANSPORTS
from isingrg.mlrg._couplings import coupling_count
from isingrg.mlrg.settings import PAPERS, published_settings

_MOST_MODELS = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; user errors end in one line, not a traceback."""
    try:
        options = _parser().parse_args(arguments)
        if options.threads is not None:
            isingrg.set_num_threads(_arguments.integer("--threads", options.threads, 1, 1024))
        options.run(options)
        sys.stdout.flush()
    except SystemExit as end:  # argparse: --help, or a wrong argument
        return int(end.code or 0)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has gone; so has the reason to write
        return 1
    except (isingrg.ArgumentError, TypeError) as error:
        return _failed(error, 2)
    except (isingrg.IsingRGError, OSError, MemoryError, ImportError) as error:
        return _failed(error, 1)
    return 0


def _failed(reason: object, code: int) -> int:
    print(f"isingrg: {' '.join(str(reason).split())}", file=sys.stderr)
    return code


# Commands


def _demo(options: argparse.Namespace) -> None:
    from isingrg import demo

    output = _output(options.output, demo.FORMATS)
    demo.run(output, _arguments.seed(options.seed, "--seed"))


def _critical_point(options: argparse.Namespace) -> None:
    coupling_count(options.representation)
    seed = _arguments.seed(options.seed, "--seed")
    count = _arguments.integer("--models", options.models, 1, _MOST_MODELS)
    _arguments.seed(seed + count - 1, "--seed + --models - 1")
    model: dict[str, Any] = {
        "moderator": options.moderator,
        "divergence": options.divergence,
        "transport": options.transport,
    }
    fit: dict[str, Any] = {}
    if options.published is not None:
        model, fit = published_settings(options.published, options.representation)
    model["representation"] = options.representation
    if options.steps is not None:
        fit["steps"] = _arguments.integer("--steps", options.steps, 1, 10**9)
    with reporting(not options.quiet, f"training {count} models") as report:
        trained = _survey.train(range(seed, seed + count), model, fit, report)
    if options.json:
        _print_json(
            {
                "settings": {**model, **fit},
                **_report.survey_numbers(trained, options.representation),
            }
        )
    else:
        print(_report.survey_table(trained, options.representation))


def _sample(options: argparse.Namespace) -> None:
    output = _output(options.output, ("npz",))
    parameters = {
        "algorithm": options.algorithm,
        "n_chains": _arguments.integer("--chains", options.chains, 1, 2**24),
        "n_thermalize": _sweeps("--thermalize", options.thermalize, 0),
        "n_between": _sweeps("--between", options.between, 1),
        "seed": _arguments.seed(options.seed, "--seed"),
    }
    size = _arguments.integer("--size", options.size, 4, 16384, even=True)
    couplings = _arguments.reals("--coupling", options.coupling)
    samples = _arguments.integer("--samples", options.samples, 1, 2**53)
    spins = ising.sample(size, couplings, samples, progress=not options.quiet, **parameters)
    # -1 is the core's word for a default; a file has no None.
    kept: Any = {name: -1 if value is None else value for name, value in parameters.items()}
    content = io.BytesIO()
    np.savez_compressed(
        content, spins=spins, K=couplings, L=size, version=isingrg.__version__, **kept
    )
    _files.replace_file(output, content.getvalue())
    summary = {
        "output": output,
        "shape": list(spins.shape),
        "coupling": couplings.tolist(),
        "energy_per_site": _means(np.asarray(ising.energy(spins)) / size**2),
        "abs_magnetization": _means(np.abs(ising.magnetization(spins))),
    }
    if options.json:
        _print_json(summary)
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
    return None if value is None else _arguments.integer(name, value, least, 2**40)


def _info(options: argparse.Namespace) -> None:
    facts = _report.facts()
    if options.json:
        _print_json(facts)
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}")


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, allow_nan=False))


def _output(path: str, formats: Sequence[str]) -> str:
    """A path that can be written to, checked before the work whose result it is to take."""
    if path.rpartition(".")[2].lower() not in formats:
        endings = ", ".join("." + ending for ending in formats)
        raise isingrg.ArgumentError(f"--output must end in {endings}, got {path!r}")
    try:
        _files.check_writable(path)
    except OSError as error:
        raise isingrg.ArgumentError(
            f"--output cannot be written to: {error.strerror or error}: {path!r}"
        ) from None
    return path


# Arguments


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage."""
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="isingrg", description=isingrg.__doc__.partition("\n")[0])
    parser.add_argument("--version", action="version", version=f"isingrg {isingrg.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_critical_point(commands)
    _add_sample(commands)
    info = _add(commands, "info", _info, "versions, threads and optional packages")
    info.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _add(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    command.add_argument("--threads", type=int, help="threads to use, 1 to 1024")
    command.set_defaults(run=run)
    return command


def _add_demo(commands: Any) -> None:
    demo = _add(
        commands, "demo", _demo,
        "Monte Carlo and learned flow beside the exact answers, and a picture of both",
    )  # fmt: skip
    demo.add_argument("--output", default="demo.png", help="the picture: .png, .pdf or .svg")
    demo.add_argument("--seed", type=int, default=0, help="first random seed")


def _add_critical_point(commands: Any) -> None:
    point = _add(
        commands, "critical-point", _critical_point,
        "train models and print their critical couplings beside the exact map and the paper",
    )  # fmt: skip
    point.add_argument("--representation", default="A1", help="representation of every spin")
    point.add_argument(
        "--moderator", choices=MODERATORS, default="monotone", help="what is learned"
    )
    point.add_argument("--divergence", choices=DIVERGENCES, default="kl", help="exact or sampled")
    point.add_argument("--transport", choices=TRANSPORTS, default="step", help="from J to J'")
    point.add_argument(
        "--published",
        choices=PAPERS,
        help="train as this paper did, whatever the options above say",
    )
    point.add_argument("--steps", type=int, help="optimiser steps of each model")
    point.add_argument("--models", type=int, default=5, help="how many models")
    point.add_argument("--seed", type=int, default=0, help="seed of the first model")
    _add_output_style(point)


def _add_sample(commands: Any) -> None:
    sample = _add(commands, "sample", _sample, "sample configurations into a .npz file")
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
    _add_output_style(sample)


def _add_output_style(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--quiet", action="store_true", help="show no progress")
