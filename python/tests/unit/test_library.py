"""The package as a whole: versions, threads, exceptions, what an import costs."""

import ast
import importlib.metadata
import inspect
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import isingrg
from isingrg import _core, ising
from isingrg._methods import PAPERS

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
    """In a process of its own, as an import of `isingrg.cli` adds that name."""
    code = "import isingrg; print([name for name in dir(isingrg) if name[0] != '_'])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {*ast.literal_eval(run.stdout)} == {*isingrg.__all__} - {"__version__"}


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


def test_citation_names_a_paper_for_each_notebook():
    text = isingrg.citation()
    assert len(re.findall(r"^@\w+\{[\w-]+,$", text, re.M)) == len(PAPERS) == 5
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


# Threads of a new process


def new_process(code, **variables):
    """What it prints, and the last line of its error."""
    environment = {name: text for name, text in os.environ.items() if name != VARIABLE}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment | variables, capture_output=True, text=True
    )
    return run.stdout.strip(), run.stderr.strip().rpartition("\n")[2]


VARIABLE = "ISINGRG_NUM_THREADS"
WRONG = f"the environment variable {VARIABLE} must be a whole number from 1 to 1024, not 'two'"
THREADS = "import isingrg; print(isingrg.get_num_threads())"


def test_threads_follow_the_affinity():
    processors = sorted(os.sched_getaffinity(0))
    assert int(new_process(THREADS)[0]) <= len(processors)
    on_one = f"import os; os.sched_setaffinity(0, {{{processors[0]}}}); {THREADS}"
    assert new_process(on_one) == ("1", "")


@pytest.mark.skipif(shutil.which("taskset") is None, reason="needs taskset")
def test_threads_under_taskset():
    first = str(min(os.sched_getaffinity(0)))
    environment = {name: text for name, text in os.environ.items() if name != VARIABLE}
    command = ["taskset", "-c", first, sys.executable, "-c", THREADS]
    assert subprocess.check_output(command, env=environment, text=True) == "1\n"


def test_threads_of_the_environment():
    assert new_process(THREADS, ISINGRG_NUM_THREADS="7") == ("7", "")
    assert new_process(THREADS, ISINGRG_NUM_THREADS="1024") == ("1024", "")
    assert new_process(THREADS, ISINGRG_NUM_THREADS="") == new_process(THREADS)
    on_one = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}}); {THREADS}"
    assert new_process(on_one, ISINGRG_NUM_THREADS="3") == ("3", "")


@pytest.mark.parametrize(
    "call",
    [
        "isingrg.get_num_threads()",
        "isingrg.ising.sample(4, 0.4, 1)",
        "isingrg.mlrg.MLRG()",
        "isingrg.mlrg.exact_map(0.4)",
    ],
)
def test_a_bad_number_of_threads_is_an_error_of_every_function(call):
    out, err = new_process(f"import isingrg; {call}", ISINGRG_NUM_THREADS="two")
    assert out == ""
    assert err == f"isingrg.ArgumentError: {WRONG}"


def test_a_number_that_is_set_replaces_a_bad_one():
    code = (
        "import isingrg; isingrg.set_num_threads(2); print(isingrg.ising.sample(4, 0.4, 1).shape)"
    )
    assert new_process(code, ISINGRG_NUM_THREADS="two") == ("(1, 1, 4, 4)", "")
    code = "import isingrg; print(isingrg.set_num_threads(0))"
    assert "n must be from 1" in new_process(code, ISINGRG_NUM_THREADS="two")[1]


def test_a_program_in_c_gets_a_status_and_the_reason():
    code = """
import ctypes
library = ctypes.CDLL({path!r})
library.isingrg_last_error.restype = ctypes.c_char_p
K, out = ctypes.c_double(0.4), ctypes.c_double()
def call():
    return library.isingrg_ising_exact_bulk(
        ctypes.byref(K), ctypes.c_int64(1), None, ctypes.byref(out), None, None, None, None)
print(library.isingrg_get_num_threads(), call(), library.isingrg_last_error().decode())
print(library.isingrg_set_num_threads(2), library.isingrg_get_num_threads(), call(), out.value)
"""
    path = str(Path(_core.__file__).with_name("libisingrg.so"))
    out, err = new_process(code.format(path=path), ISINGRG_NUM_THREADS="two")
    first, second = out.splitlines()
    assert (first, err) == (f"0 1 {WRONG}", "")
    assert second == f"0 2 0 {ising.internal_energy_density(0.4)!r}"


def test_the_command_line_says_it_in_one_line_and_takes_another_number():
    command = [sys.executable, "-m", "isingrg", "info"]
    environment = os.environ | {VARIABLE: "two"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"isingrg: {WRONG}\n"
    run = subprocess.run(
        [*command, "--threads", "2"], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0 and "threads          2" in run.stdout
