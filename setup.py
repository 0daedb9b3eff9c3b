"""Builds the Swift core, puts its library into the package, compiles the extension against it.

Everything else about the package is in pyproject.toml. The environment variable
ISINGRG_TARGET_CPU replaces the instruction set of this machine by another ("haswell", "znver4"),
or by several: "x86-64,haswell,skylake-avx512" are those of a wheel, which takes the best at import.
The first of them is the one that every machine has.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

LIBRARY = "libisingrg.so"
TARGETS = os.environ.get("ISINGRG_TARGET_CPU", "native").split(",")
#: Folders of the others, by the names that the library has for what it was compiled for.
VARIANTS = {"haswell": "avx2", "skylake-avx512": "avx512"}
#: Of Swift's runtime, what a forked child could wait for without end: the linker sends calls of the
#: first, as those of POSIX's locks, to Sources/CForks, which knows the second.
RUNTIME = [
    "_ZN5swift14threading_impl9once_slowERNS0_6once_tEPFvPvES3_",
    "_ZZN5swift14threading_impl5linux13ulock_get_tidEvE3tid",
]
WRAPPED = ["pthread_mutex_lock", "pthread_mutex_unlock", RUNTIME[0]]
SCRATCH = Path(".build", "python")  # its own, so that `swift build` and `swift test` keep theirs
HEADERS = Path("Sources", "CIsingRG", "include")
PACKAGE = Path("python", "isingrg")
NOTEBOOKS = Path("notebooks")


def require_tools():
    """Stops with what has to be installed, before anything is built."""
    missing = []
    if not sys.platform.startswith("linux"):
        missing.append("Linux: this build does not know other systems yet")
    if unknown := set(TARGETS[1:]) - VARIANTS.keys():
        missing.append(f"ISINGRG_TARGET_CPU without {', '.join(unknown)} after the first")
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        missing.append("a Python with the global interpreter lock, not a free-threaded one")
    if shutil.which("swift") is None:
        missing.append("Swift 6 or newer on the PATH: https://www.swift.org/install/linux")
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(os.environ.get("CC", compiler).split()[0]) is None:
        missing.append("a C compiler: apt install gcc")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        missing.append("Python's C headers: apt install python3-dev")
    if missing:
        sys.exit("\nisingrg is built from source and needs\n  - " + "\n  - ".join(missing) + "\n")


def is_runtime_known():
    """Whether this Swift has what forks wait for. With another one, forks at the first calls of a
    process can leave a child that hangs; all else is the same."""
    told = subprocess.run(["swift", "-print-target-info"], capture_output=True, text=True)
    if told.returncode != 0:
        return False
    folder = Path(json.loads(told.stdout)["paths"]["runtimeResourcePath"])
    library = folder.with_name("swift_static") / "linux" / "libswiftCore.a"
    content = library.read_bytes() if library.exists() else b""
    return all(name.encode() in content for name in RUNTIME)


def build_core(target):
    """The Swift core as one library without runpath or dependencies on Swift."""
    scratch = SCRATCH if target == TARGETS[0] else SCRATCH / target
    command = ["swift", "build", "--configuration", "release", "--product", "isingrg"]
    command += ["--scratch-path", str(scratch), "--disable-local-rpath"]
    for flag in ["-static-stdlib", "-use-ld=lld"]:
        command += ["-Xswiftc", flag]
    for flag in ["-target-cpu", target]:
        command += ["-Xswiftc", flag]
    version_script = Path("Sources", "exports.map").resolve()
    linker = [f"-soname={LIBRARY}", f"--version-script={version_script}", "--strip-all"]
    linker += ["-z", "nodelete"]  # dlclose must not unmap code that waiting threads will return to
    if is_runtime_known():
        command += ["-Xcc", "-DFORKS_WAIT_FOR_RUNTIME"]
        linker += [f"--wrap={function}" for function in WRAPPED]
    for flag in linker:
        command += ["-Xlinker", flag]
    print(" ".join(command), flush=True)
    if subprocess.run(command).returncode != 0:
        sys.exit(
            "\nisingrg: the Swift core did not build; its messages are above. A folder that was\n"
            "moved or copied with its .build needs `make clean` first\n"
        )
    return scratch / "release" / LIBRARY


def put(library, folder):
    """Renames into place: a running Python may have the old library mapped."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{LIBRARY}.fresh"
    shutil.copyfile(library, fresh)
    fresh.chmod(0o755)
    fresh.replace(folder / LIBRARY)


class BuildCoreAndExtension(build_ext):
    def run(self):
        require_tools()
        libraries = [build_core(target) for target in TARGETS]
        super().run()
        shutil.rmtree(self.destination() / "variants", ignore_errors=True)  # of an earlier build
        for library, path in zip(libraries, self.libraries_to_put(), strict=True):
            put(library, path.parent)

    def destination(self):
        return PACKAGE if self.inplace else Path(self.build_lib, "isingrg")

    def libraries_to_put(self):
        folders = [".", *(f"variants/{VARIANTS[target]}" for target in TARGETS[1:])]
        return [self.destination() / folder / LIBRARY for folder in folders]

    def build_extensions(self):
        # A Python built from source hands its own runpath on to every extension.
        linker = [flag for flag in self.compiler.linker_so if not flag.startswith("-Wl,-rpath")]
        self.compiler.set_executable("linker_so", linker)
        super().build_extensions()

    def get_outputs(self):
        return [*super().get_outputs(), *map(str, self.libraries_to_put())]


class BuildPackageAndNotebooks(build_py):
    """`isingrg reproduce` executes the notebooks: they go along without outputs, with records."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for source, target in self.notebooks().items():
                put_notebook_file(source, target)

    def notebooks(self):
        # Models whose training takes a minute are left out.
        kinds = ["*.ipynb", "*.py", "data/*.json", "data/neuralrg/critical-*.safetensors"]
        files = [path for kind in kinds for path in NOTEBOOKS.glob(kind)]
        folder = Path(self.build_lib, "isingrg", "notebooks")
        return {path: folder / path.relative_to(NOTEBOOKS) for path in files}

    def get_outputs(self, include_bytecode=True):
        return [*super().get_outputs(include_bytecode), *map(str, self.notebooks().values())]


def put_notebook_file(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".ipynb":
        shutil.copyfile(source, target)
        return
    notebook = json.loads(source.read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    target.write_text(json.dumps(notebook, ensure_ascii=False))


setup(
    ext_modules=[
        Extension(
            "isingrg._core",
            sources=[str(path) for path in sorted(PACKAGE.glob("_extension/*.c"))],
            depends=[str(HEADERS / "isingrg.h"), *map(str, sorted(PACKAGE.glob("_extension/*.h")))],
            include_dirs=[str(HEADERS)],
            library_dirs=[str(SCRATCH / "release")],
            libraries=["isingrg"],
            extra_compile_args=["-std=c11", "-g0", "-Wall", "-Wextra", "-fvisibility=hidden"],
            extra_link_args=["-Wl,--enable-new-dtags,-rpath,$ORIGIN"],
            py_limited_api=True,
        )
    ],
    cmdclass={"build_ext": BuildCoreAndExtension, "build_py": BuildPackageAndNotebooks},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
