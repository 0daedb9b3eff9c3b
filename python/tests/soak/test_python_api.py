"""The fuzzer of the Python API for a few seconds; `fuzz/python_api.py` runs for an hour."""

import re
import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).resolve().parents[3] / "fuzz" / "python_api.py"


def test_generated_arguments():
    command = [sys.executable, FUZZER, "--seconds", "15"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(re.search(r"arguments: (\d+) trials", run.stdout)[1]) > 20
