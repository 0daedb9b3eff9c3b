"""Random streams whose keys are neighbours: anything they have in common is a defect.

Streams differ in one field of their key (seed, chain, band of rows, step) or in all. Stated tests
compare them pairwise. In full, and where TestU01 is installed (libtestu01-0 of Debian's non-free
section), its batteries read the words of all streams in turn: L'Ecuyer and Simard,
doi:10.1145/1268776.1268777. Perfect words fail in one run out of 50,000, with the batteries in one
out of a thousand.
"""

import contextlib
import ctypes
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from scipy import stats

import campaign

ROOT = Path(__file__).resolve().parents[1]
KINDS = ["seeds", "chains", "bands", "steps", "all"]
STREAMS = 256
FULL = 1 << 14
#: Chance of a false alarm of each stated test, and of each statistic of a battery.
CHANCE, BATTERY_CHANCE = 5e-7, 1e-6
#: Batteries: their function, what differs between streams, and how many go on for ever; of 0, the
#: first 512 bits of each are taken.
BATTERIES = [
    ("SmallCrush", "seeds", 1),
    ("SmallCrush", "seeds", 512),
    ("SmallCrush", "chains", 512),
    ("SmallCrush", "bands", 512),
    ("SmallCrush", "seeds", 0),
    ("SmallCrush", "steps", 0),
    ("Crush", "all", 512),
    ("Crush", "steps", 0),
]


def check(words_each: int) -> campaign.Outcome:
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(Path(folder))
        smallest = 1.0
        tests = 0
        for kind in KINDS:
            with output(program, kind, STREAMS) as pipe:
                found = pairwise(pipe, words_each)
            tests += len(found)
            smallest = min(smallest, *found.values())
            failures += [f"{kind}, {name}: p = {p:.1e}" for name, p in found.items() if p < CHANCE]
        figures = (
            f"{len(KINDS)} kinds of {STREAMS} neighbours, {tests} stated tests, smallest p "
            f"{smallest:.2g}"
        )
        if words_each >= FULL:
            library = testu01()
            figures += "; " + (
                batteries(library, program, failures) if library else "TestU01 is not installed"
            )
    return campaign.Outcome(
        "words of neighbouring random streams compared",
        len(KINDS) * STREAMS * words_each,
        figures,
        failures,
    )


def compiled(folder: Path) -> Path:
    """The program that writes the words of `RandomStream`."""
    header = ROOT / "Sources" / "CLanes" / "include" / "lanes.h"
    (folder / "module.modulemap").write_text(f'module CLanes {{ header "{header}" }}\n')
    program = folder / "random_words"
    numerics = ROOT / "Sources" / "Numerics"
    subprocess.run(
        [
            "swiftc", "-O", "-wmo", "-parse-as-library", "-o", program,
            "-Xcc", f"-fmodule-map-file={folder / 'module.modulemap'}",
            ROOT / "soak" / "random_words.swift",
            numerics / "Philox.swift", numerics / "RandomStream.swift",
        ],
        check=True,
    )  # fmt: skip
    return program


@contextlib.contextmanager
def output(program: Path, kind: str, count: int) -> Iterator[IO[bytes]]:
    with subprocess.Popen([program, kind, str(count)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout
        process.kill()


# Stated tests


def pairwise(pipe: IO[bytes], words_each: int) -> dict[str, float]:
    """p-values of tests that streams are fair, and have nothing to do with each other."""
    same, shifted = np.zeros((2, STREAMS, STREAMS))
    ones = np.zeros(STREAMS)
    sums = np.zeros(3)  # of weight, weight squared, weight times that of the next word
    every = []
    for start in range(0, words_each, 512):
        size = min(512, words_each - start)
        words = np.frombuffer(pipe.read(8 * STREAMS * size), np.uint64).reshape(size, STREAMS).T
        every.append(words)
        bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1)
        signs = bits.astype(np.float32) * 2 - 1
        same += signs @ signs.T
        shifted += signs[:, 64:] @ signs[:, :-64].T
        ones += signs.sum(1, dtype=np.float64)
        weights = signs.reshape(STREAMS, size, 64).sum(2, dtype=np.float64)
        sums += weights[:, :-1].sum(), (weights**2).sum(), (weights[:, 1:] * weights[:, :-1]).sum()
    pairs = words_each - -(-words_each // 512)  # of successive words within a block
    n, lagged = 64.0 * words_each, 64.0 * pairs
    upper = same[np.triu_indices(STREAMS, 1)] / np.sqrt(n)
    words = np.concatenate(every, axis=1)
    # Sums of 64 signs have the variance 64, so their products have the standard deviation 64.
    neighbours = sums[2] / (64 * np.sqrt(STREAMS * pairs))
    return {
        "ones and zeros": chi_square(ones / np.sqrt(n)),
        "bits of two streams": chi_square(upper),
        "the most similar two": largest(upper),
        "bits of two streams a word later": chi_square(shifted / np.sqrt(lagged)),
        "the most similar two a word later": largest(shifted / np.sqrt(lagged)),
        "weights of successive words": float(2 * stats.norm.sf(abs(neighbours))),
        # Among n random words of 64 bits two are equal with chance n**2 / 2**65.
        "no word twice": 1.0 if len(np.unique(words)) == words.size else words.size**2 / 2.0**65,
    }


def chi_square(scores: np.ndarray) -> float:
    """That independent scores have the variance 1, from either side."""
    total, count = float((scores**2).sum()), scores.size
    return float(2 * min(stats.chi2.sf(total, count), stats.chi2.cdf(total, count)))


def largest(scores: np.ndarray) -> float:
    """That none of the scores is too far out."""
    return float(min(1.0, 2 * scores.size * stats.norm.sf(np.abs(scores).max())))


# TestU01


def testu01() -> Any:
    """Its library, or None."""
    try:
        library = ctypes.CDLL("libtestu01.so.0")
    except OSError:
        return None
    library.ufile_CreateReadBin.restype = ctypes.c_void_p
    library.ufile_CreateReadBin.argtypes = [ctypes.c_char_p, ctypes.c_long]
    library.ufile_DeleteReadBin.argtypes = [ctypes.c_void_p]
    for name in {battery for battery, _, _ in BATTERIES}:
        getattr(library, f"bbattery_{name}").argtypes = [ctypes.c_void_p]
    ctypes.c_int.in_dll(library, "swrite_Basic").value = 0  # print summaries only
    return library


def batteries(library: Any, program: Path, failures: list[str]) -> str:
    """Runs all of them; the figures."""
    count, extreme = 0, 0.5
    for battery, kind, streams in BATTERIES:
        with output(program, kind, streams) as pipe:
            path = f"/dev/fd/{pipe.fileno()}".encode()
            generator = library.ufile_CreateReadBin(path, 1 << 14)
            getattr(library, f"bbattery_{battery}")(generator)
            library.ufile_DeleteReadBin(generator)
        size = ctypes.c_int.in_dll(library, "bbattery_NTests").value
        values = (ctypes.c_double * size).in_dll(library, "bbattery_pVal")
        names = (ctypes.c_char_p * size).in_dll(library, "bbattery_TestNames")
        for p, name in zip(values, names, strict=True):
            count, extreme = count + 1, min(extreme, p, 1 - p)
            if not BATTERY_CHANCE < p < 1 - BATTERY_CHANCE:
                failures.append(f"{battery} of {kind}, {streams}: {name} has p = {p:.1e}")
    names = ", ".join(f"{battery} of {kind} ({streams})" for battery, kind, streams in BATTERIES)
    return f"TestU01, {names}: {count} statistics, the most extreme at {extreme:.1g} from 0 or 1"


if __name__ == "__main__":
    campaign.main(check, short=1 << 10, full=FULL)
