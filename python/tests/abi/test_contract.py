"""The header, the Swift declarations, the built library and the extension say the same."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import isingrg

PACKAGE = Path(isingrg.__file__).parent
LIBRARY = PACKAGE / "libisingrg.so"
EXTENSION = PACKAGE / "_core.abi3.so"
ROOT = Path(__file__).resolve().parents[3]
HEADER = ROOT / "Sources" / "CIsingRG" / "include" / "isingrg.h"
DRIVER = sorted(Path(__file__).parent.glob("driver/*.c"))
FUZZER = sorted((ROOT / "fuzz").glob("*.c"))

#: They become exceptions.
STATUSES = re.compile(r"typedef int32_t isingrg_status;\nenum \{.*?\};", re.S)

SYSTEM_LIBRARIES = {
    "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
}  # fmt: skip


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def exported(path):
    """Symbols of the dynamic table that other objects can bind to."""
    fields = [line.split() for line in run("readelf", "--dyn-syms", "--wide", path).splitlines()]
    return {
        field[7].split("@")[0]
        for field in fields
        if len(field) >= 8 and field[4] in ("GLOBAL", "WEAK") and field[6] != "UND"
    }


def dynamic(path, tag):
    """Values of one kind in the dynamic section."""
    return re.findall(rf"\({tag}\).*\[(.*)\]", run("readelf", "--dynamic", "--wide", path))


@pytest.fixture(scope="module")
def declared():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    names = re.findall(r"ISINGRG_API[^;(]*?\b(isingrg_\w+)\(", text)
    assert len(names) == len(set(names)) >= 30
    return set(names)


def test_library_exports_the_header_and_nothing_else(declared):
    assert exported(LIBRARY) == declared


def test_swift_declares_the_header_and_nothing_else(declared):
    sources = (ROOT / "Sources" / "IsingRGExports").glob("*.swift")
    text = "\n".join(source.read_text() for source in sources)
    names = re.findall(r'@_cdecl\("(\w+)"\)\s+public func (\w+)\(', text)
    assert all(symbol == function for symbol, function in names)
    assert len(names) == text.count("@_cdecl")
    assert {symbol for symbol, _ in names} == declared


def test_extension_uses_the_whole_header(declared):
    undefined = run("nm", "--dynamic", "--undefined-only", EXTENSION)
    assert set(re.findall(r"\b(isingrg_\w+)", undefined)) == declared


def test_extension_declares_what_its_stub_declares(declared):
    """All under the names of the header, without "isingrg_" and "ISINGRG_"."""
    stub = (PACKAGE / "_core.pyi").read_text()
    functions = set(re.findall(r"^def (\w+)\(", stub, re.M))
    constants = set(re.findall(r"^([A-Z0-9_]+): int$", stub, re.M))
    assert functions | constants == {name for name in dir(isingrg._core) if name[0] != "_"}
    assert {f"isingrg_{name}" for name in functions} == declared - {
        "isingrg_last_error",
        "isingrg_lattice_destroy",  # the capsule of a lattice calls it
    }
    numbers = dict(re.findall(r"\bISINGRG_(\w+) = (-?\d+)", HEADER.read_text()))
    statuses = set(re.findall(r"\bISINGRG_(\w+) = \d+", STATUSES.search(HEADER.read_text())[0]))
    assert constants == set(numbers) - statuses
    for name in constants:
        assert getattr(isingrg._core, name) == int(numbers[name])


def test_extension_exports_its_initialiser_only():
    assert exported(EXTENSION) == {"PyInit__core"}


def test_needed_libraries():
    assert set(dynamic(LIBRARY, "NEEDED")) <= SYSTEM_LIBRARIES
    assert set(dynamic(EXTENSION, "NEEDED")) <= {
        *SYSTEM_LIBRARIES,
        "libisingrg.so",
        "libpthread.so.0",
    }
    assert "libisingrg.so" in dynamic(EXTENSION, "NEEDED")
    assert dynamic(LIBRARY, "SONAME") == ["libisingrg.so"]


def test_no_path_of_the_build_machine():
    for tag in ("RUNPATH", "RPATH"):
        assert dynamic(LIBRARY, tag) == []
    assert dynamic(EXTENSION, "RUNPATH") == ["$ORIGIN"]
    assert dynamic(EXTENSION, "RPATH") == []
    swift = Path(shutil.which("swift") or "/opt/swift/usr/bin/swift").parent.parent
    for path in (LIBRARY, EXTENSION):
        content = path.read_bytes()
        assert str(ROOT).encode() not in content
        assert str(swift / "lib").encode() not in content


@pytest.mark.parametrize("language", [["-xc", "-std=c99"], ["-xc++", "-std=c++11"]])
def test_header_stands_alone(language, tmp_path):
    source = tmp_path / "header.c"
    source.write_text("#include <isingrg.h>\n")
    run("gcc", *language, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only",
        f"-I{HEADER.parent}", source)  # fmt: skip


@pytest.mark.parametrize("sources", [DRIVER, FUZZER], ids=["driver", "fuzzer"])
def test_every_function_is_called(sources, declared, tmp_path):
    """What the compiled sources leave to be linked."""
    subprocess.run(
        ["gcc", "-std=c11", "-c", *sources, f"-I{HEADER.parent}"], cwd=tmp_path, check=True
    )
    assert declared <= set(re.findall(r"\bU (isingrg_\w+)", run("nm", *tmp_path.glob("*.o"))))


def test_driver(tmp_path):
    program = tmp_path / "driver"
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", *DRIVER, f"-I{HEADER.parent}",
        f"-L{PACKAGE}", "-lisingrg", f"-Wl,-rpath,{PACKAGE}", "-lm", "-pthread",
        "-o", program)  # fmt: skip
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
