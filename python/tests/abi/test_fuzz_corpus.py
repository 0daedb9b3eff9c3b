"""The inputs that the fuzzer of the C ABI has found, executed once more by an ordinary program."""

import subprocess
from pathlib import Path

import isingrg

PACKAGE = Path(isingrg.__file__).parent
ROOT = Path(__file__).resolve().parents[3]
CORPUS = sorted((ROOT / "fuzz" / "corpus" / "abi").iterdir())


def test_corpus(tmp_path):
    assert len(CORPUS) > 100
    program = tmp_path / "replay"
    subprocess.run(
        ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", *sorted((ROOT / "fuzz").glob("*.c")),
         f"-I{ROOT / 'Sources' / 'CIsingRG' / 'include'}", f"-L{PACKAGE}", "-lisingrg",
         f"-Wl,-rpath,{PACKAGE}", "-o", program],
        check=True,
    )  # fmt: skip
    done = subprocess.run([program, *CORPUS], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
