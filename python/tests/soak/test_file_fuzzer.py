"""The fuzzer of model files: what it found once, some of its inputs, and a short run."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("safetensors")

ROOT = Path(__file__).resolve().parents[3]
FOUND = sorted((ROOT / "fuzz" / "corpus" / "files").iterdir())
STORED = sorted((ROOT / "python" / "tests" / "data").glob("*.safetensors"))


@pytest.fixture(scope="module")
def model_files():
    spec = importlib.util.spec_from_file_location("model_files", ROOT / "fuzz" / "model_files.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", FOUND, ids=[path.stem for path in FOUND])
def test_what_was_a_defect(model_files, path):
    model_files.check(path.read_bytes())


@pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])
def test_changed_models(model_files, path):
    content = path.read_bytes()
    assert model_files.check(content)
    loaded = [model_files.check(model_files.mutated(content, seed)) for seed in range(60)]
    assert 3 <= sum(loaded) <= 40  # neither all refused nor all as good as before


def test_a_short_run():
    pytest.importorskip("atheris")
    command = [sys.executable, ROOT / "fuzz" / "files.py", "--seconds", "5"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert ": 0 trials" not in run.stdout
