"""The package as a whole: versions, threads, exceptions, what an import costs."""

import importlib.metadata
import inspect
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import isingrg
from isingrg import _core

sys.path.append(str(Path(__file__).parents[1] / "docs"))
from public import everything


def test_versions_agree():
    assert isingrg.__version__ == importlib.metadata.version("isingrg") == _core.version()
    assert isingrg.abi_version() == _core.abi_version() >= 1
    assert isingrg.instruction_set()


def test_an_import_from_an_archive_says_what_is_wrong(tmp_path):
    package, archive = Path(isingrg.__file__).parent, tmp_path / "isingrg.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in package.rglob("*.py"):
            file.write(source, source.relative_to(package.parent))
    code = f"import sys; sys.path.insert(0, {str(archive)!r}); import isingrg"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = process.stderr.splitlines()[-1]
    assert last.startswith("ImportError: isingrg has compiled parts") and "archive" in last


def test_tab_offers_what_is_public():
    assert {name for name in dir(isingrg) if name[0] != "_"} == {*isingrg.__all__} - {"__version__"}


@pytest.mark.parametrize("item", everything(), ids=lambda item: item.name)
def test_signatures_have_no_quotes(item):
    """As notebooks show them: ``L: int``, which Python would show as ``L: 'int'``."""
    value = getattr(item.value, "fget", item.value)
    if not (inspect.isclass(value) and issubclass(value, Exception)):
        signature = inspect.signature(value)
        annotations = [parameter.annotation for parameter in signature.parameters.values()]
        for annotation in (*annotations, signature.return_annotation):
            assert "'" not in inspect.formatannotation(annotation)


def test_threads():
    before = isingrg.get_num_threads()
    try:
        isingrg.set_num_threads(1)
        assert isingrg.get_num_threads() == 1
        with pytest.raises(isingrg.ArgumentError):
            isingrg.set_num_threads(0)
        assert isingrg.get_num_threads() == 1
    finally:
        isingrg.set_num_threads(before)


def test_no_build_for_free_threaded_python():
    """Python without the lock, as far as the build can see."""
    root = Path(__file__).parents[3]
    code = """if True:
        import runpy, sys, sysconfig
        asked = sysconfig.get_config_var
        sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else asked(name)
        sys.argv = ["setup.py", "--quiet", "build_ext"]
        runpy.run_path("setup.py")
    """
    process = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert process.returncode == 1
    assert "a Python with the global interpreter lock" in process.stderr


def test_exceptions_are_what_one_expects():
    for name in ("ArgumentError", "ConvergenceError", "NonFiniteError", "Interrupted"):
        error = getattr(isingrg, name)
        assert issubclass(error, isingrg.IsingRGError)
        assert error.__module__ == "isingrg"
        assert str(pickle.loads(pickle.dumps(error("why")))) == "why"
    assert issubclass(isingrg.ArgumentError, ValueError)
    assert issubclass(isingrg.NonFiniteError, ArithmeticError)


def test_citation_names_four_papers():
    text = isingrg.citation()
    assert len(re.findall(r"^@\w+\{[\w-]+,$", text, re.M)) == 4
    for name in ("Hou, Wanda", "Shen, Jay", "Li, Shuo-Hui", "Meng, Tingyu"):
        assert name in text
    assert text.count("{") == text.count("}")


def test_import_brings_numpy_only():
    code = (
        "import sys; import isingrg;"
        "optional = {'tqdm', 'matplotlib', 'safetensors', 'scipy', 'sklearn', 'arviz', 'torch'};"
        "print(*optional & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_forked_child_computes_the_same():
    code = (
        "import os; from isingrg import ising\n"
        "a = ising.sample(64, 0.44, 4, n_chains=4).tobytes()\n"
        "pid = os.fork()\n"
        "if pid == 0: os._exit(a != ising.sample(64, 0.44, 4, n_chains=4).tobytes())\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_an_address_space_that_runs_out_is_a_memory_error():
    """Many small buffers are asked for, beside which small objects of Swift would find no room."""
    code = """
import resource
from isingrg.mlrg import MLRG
refused = 0
for room in range(512, 6144, 256):
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (room << 10), resource.RLIM_INFINITY))
    try:
        MLRG("4A1", divergence="cd", hidden=(8,)).fit(1, 64, cd_samples=1, teacher_sweeps=1)
    except MemoryError:
        refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
print(refused)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 0


def test_type_checkers_see_properties():
    """What `property` is called for has the type Any for them, unlike what it decorates."""
    sources = Path(isingrg.__file__).parent.rglob("*.py")
    assert [str(path) for path in sources if re.search(r"= property\(", path.read_text())] == []
