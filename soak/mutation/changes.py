"""The list of changes, one file of changes/ for each room, and the tests that belong to a room.

A change is text, not a line number, so that it survives edits elsewhere in its file. Each names
what is wrong with it; one that changes nothing that matters says why instead, and does not count.
"""

import dataclasses
import hashlib
import tomllib
from pathlib import Path

from isingrg._methods import METHODS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "changes"


@dataclasses.dataclass(frozen=True)
class Room:
    """A folder of the sources, and the tests that are to notice what is wrong there."""

    name: str
    folders: tuple[str, ...]
    #: A target of Swift tests, or none.
    swift: str = ""
    #: Patterns of files of python/tests, those first that are most likely to fail.
    python: tuple[str, ...] = ()

    def python_files(self) -> list[str]:
        """Each once, in the order of the patterns."""
        folder = ROOT / "python" / "tests"
        found = (path for pattern in self.python for path in sorted(folder.glob(pattern)))
        return list(dict.fromkeys(str(path.relative_to(folder)) for path in found))


def unit(*names: str) -> tuple[str, ...]:
    return tuple(f"unit/test_{name}.py" for name in names)


#: Of everything, and quick.
SMALL = unit("small_changes")
#: Of a method, besides those with its name.
OTHERS = {"mlrg": ("symmetry", "tensor")}


def of_method(name: str) -> tuple[str, ...]:
    """The tests of a method."""
    own = unit(name, *OTHERS.get(name, ()), f"{name}_*")
    slow = f"statistical/test_{name}*.py"
    some = any((ROOT / "python" / "tests").glob(slow))
    return SMALL + unit("methods") + own + (slow,) * some


#: Of Monte Carlo renormalization.
MCRG = (*unit("mcrg"), "statistical/test_mcrg.py")

#: Modules of Swift by the names of methods.
MODULES = {folder.name.lower(): folder.name for folder in (ROOT / "Sources").iterdir()}

#: A file belongs to the first room one of whose folders its path begins with.
ROOMS = [
    Room(
        "Numerics",
        ("Sources/Numerics/", "Sources/CLanes/"),
        "NumericsTests",
        SMALL + unit("core", "threads", "fork*"),
    ),
    Room("Learning", ("Sources/Learning/",), "LearningTests"),
    Room(
        "Ising",
        ("Sources/Ising/",),
        "IsingTests",
        SMALL
        + unit("exact*", "observables*", "sampling*", "core", "lattice*")
        + ("statistical/test_monte*.py", "statistical/test_lattice*.py"),
    ),
    *(
        Room(module, (f"Sources/{module}/",), f"{module}Tests", of_method(module.lower()))
        for module in map(MODULES.__getitem__, METHODS)
    ),
    Room("MCRG", ("Sources/MCRG/",), "MCRGTests", MCRG),
    Room("isingrg.mcrg", ("python/isingrg/mcrg/",), "", MCRG),
    Room("TensorRG", ("Sources/TensorRG/",), "TensorRGTests", unit("tensorrg*", "loop_*")),
    Room("isingrg.tensorrg", ("python/isingrg/tensorrg/",), "", unit("tensorrg*", "loop_*")),
    Room(
        "IsingRGExports",
        ("Sources/IsingRGExports/", "Sources/CIsingRG/"),
        "",
        SMALL
        + unit("core", "*_core", "*bad_input", "storage", "threads")
        + ("abi/test_contract.py",),
    ),
    Room(
        "extension",
        ("python/isingrg/_extension/",),
        "",
        SMALL
        + unit("core", "*_core", "core_stub", "dlpack*", "*bad_input", "progress", "threads")
        + unit("storage", "fork*"),
    ),
    Room(
        "isingrg.ising",
        ("python/isingrg/ising/",),
        "",
        SMALL
        + unit("statistics*", "exact*", "observables*", "dataset", "sampling*", "bad_input")
        + unit("lattice*"),
    ),
    *(
        Room(f"isingrg.{name}", (f"python/isingrg/{name}/",), "", of_method(name))
        for name in METHODS
    ),
    Room(
        "isingrg._ensemble",
        ("python/isingrg/_ensemble/",),
        "",
        SMALL + unit("ensemble*") + ("ensemble/test_*.py",),
    ),
    Room("isingrg.plot", ("python/isingrg/plot/",), "", SMALL + unit("plot*")),
    Room("isingrg.cli", ("python/isingrg/cli/",), "", SMALL + unit("cli*")),
    Room(
        "isingrg",
        ("python/isingrg/",),
        "",
        SMALL
        + unit("arguments*", "dlpack*", "storage*", "checkpoint", "progress", "library")
        + unit(
            "statistics*",
            "stored_models",
            "neuralrg_storage",
            "*bad_input",
            "neuralrg_training",
            "neuralrg_weights",
            "neuralrg_chains",
            "cli",
        )
        + ("statistical/test_neuralrg_metropolis.py",),
    ),
]


@dataclasses.dataclass(frozen=True)
class Change:
    """One change of one place of the code."""

    name: str
    #: Path of the file, from the root.
    file: str
    #: What stands there; it occurs once in the file.
    old: str
    #: What takes its place.
    new: str
    #: What is wrong then, in words.
    wrong: str
    #: Why it changes nothing that a test could or should notice.
    equivalent: str = ""

    @property
    def room(self) -> Room:
        for room in ROOMS:
            if self.file.startswith(room.folders):
                return room
        raise ValueError(f"{self.name}: {self.file} belongs to no room")

    @property
    def kind(self) -> str:
        """What has to be built: "swift", "extension" or, for Python, "nothing"."""
        if self.file.startswith("Sources/"):
            return "swift"
        return "extension" if self.file.endswith((".c", ".h")) else "nothing"

    @property
    def digest(self) -> str:
        """Of what is changed: a verdict on another change of this name does not count."""
        text = "\0".join([self.file, self.old, self.new])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def apply(self, text: str) -> str:
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {text.count(self.old)} places in {self.file}")
        return text.replace(self.old, self.new)


def read() -> list[Change]:
    """All changes, in the order of the files and of their lines."""
    changes = []
    for path in sorted(FOLDER.glob("*.toml")):
        changes += [Change(**entry) for entry in tomllib.loads(path.read_text())["change"]]
    return changes
