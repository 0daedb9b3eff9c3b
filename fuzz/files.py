"""Coverage-guided fuzzing of the loader of model files, by atheris (pip install 'isingrg[fuzz]').

It starts from the stored models of the tests and from inputs that once were defects. Whatever is
found is left in .build/fuzz/files; what it shows goes, when repaired, into fuzz/corpus/files.
"""

import argparse
import re
import subprocess
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEDS = [ROOT / "python" / "tests" / "data", ROOT / "fuzz" / "corpus" / "files"]
FOUND = ROOT / ".build" / "fuzz" / "files"
sys.path.append(str(ROOT / "soak"))

from campaign import Outcome  # noqa: E402

#: One input may take so many seconds before it counts as a hang.
PATIENCE = 60


def fuzz(seconds: float) -> None:
    """Runs inside a process of its own, which ends with this."""
    import atheris

    with atheris.instrument_imports(include=["isingrg"]):
        import isingrg
    import model_files

    isingrg.set_num_threads(1)
    models = [path.read_bytes() for path in sorted(SEEDS[0].iterdir())]
    loaded, kinds = 0, set()
    end = time.monotonic() + seconds - 1

    def one(content: bytes) -> None:
        nonlocal loaded
        try:
            loaded += model_files.check(content)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {place.filename}:{place.lineno}"
            if kind not in kinds:  # the first of each
                kinds.add(kind)
                name = FOUND / f"defect-{len(kinds)}-{time.time_ns()}"
                name.write_bytes(content)
                print(f"DEFECT {kind}: {error!r} with {name.name}", file=sys.stderr, flush=True)
        if time.monotonic() > end:  # the last of such lines counts
            print(f"LOADED {loaded}", file=sys.stderr, flush=True)

    def mutate(content: bytes, largest: int, seed: int) -> bytes:
        if seed % 10 == 0:
            return atheris.Mutate(content, largest)
        # Most of what covers new code is broken: half of the time a good file is changed.
        source = content if seed % 2 else models[seed // 2 % len(models)]
        return model_files.mutated(source, seed)[:largest]

    options = [
        f"-max_total_time={round(seconds)}", f"-timeout={PATIENCE}", "-rss_limit_mb=4096",
        "-max_len=40000", f"-artifact_prefix={FOUND}/", "-print_final_stats=1", "-seed=1",
        "-mutate_depth=1", "-cross_over=0",
    ]  # fmt: skip
    corpus = FOUND / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = [str(folder) for folder in SEEDS if folder.is_dir()]
    atheris.Setup([sys.argv[0], *options, str(corpus), *seeds], one, custom_mutator=mutate)
    atheris.Fuzz()


def campaign(seconds: float) -> Outcome:
    """Starts again after a crash, until the time is over."""
    outcome = Outcome("model files made by a coverage-guided fuzzer", 0, "")
    end, coverage, loaded = time.monotonic() + seconds, 0, 0
    FOUND.mkdir(parents=True, exist_ok=True)
    while (left := end - time.monotonic()) > 1 and len(outcome.failures) < 20:
        run = subprocess.run(
            [sys.executable, __file__, "--inside", "--seconds", str(left)],
            stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip
        (FOUND / "log").write_text(run.stderr)
        outcome.trials += last(r"stat::number_of_executed_units: (\d+)", run.stderr)
        coverage = max(coverage, last(r"cov: (\d+)", run.stderr))
        loaded += last(r"LOADED (\d+)", run.stderr)
        outcome.failures += re.findall(r"^DEFECT (.+)$", run.stderr, re.M)
        if run.returncode != 0:
            where = re.findall(r"^(?:SUMMARY|==\d+== ERROR): .+", run.stderr, re.M)
            outcome.failures.append(f"ended with {run.returncode}: {where or run.stderr[-500:]}")
            if not last(r"#(\d+)\s", run.stderr):
                break  # it did not even begin
    outcome.figures = f"{loaded} of them load; {coverage} edges of the Python code covered"
    return outcome


def last(pattern: str, text: str) -> int:
    return int((re.findall(pattern, text) or [0])[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="how long, by default an hour")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        fuzz(options.seconds)
    outcome = campaign(options.seconds)
    print(outcome)
    sys.exit(bool(outcome.failures))


if __name__ == "__main__":
    main()
