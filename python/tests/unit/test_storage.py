"""Models in files: complete, replaced whole or not at all, and nothing else is taken for one."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg import IsingRGError
from isingrg.mlrg import MLRG

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1]))
from rewriting import parts, rewritten

from small_models import MODELS, TRAININGS, same

safetensors = pytest.importorskip("safetensors.numpy")

J = np.linspace(-1, 1, 9)


@pytest.fixture
def model():
    return MLRG("A1", moderator="flow", hidden=(6, 5), activation="elu", layer_norm=True).fit(
        12, 8, seed=2**64 - 1, total_steps=20, record_from=6
    )


@pytest.fixture
def path(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_round_trip(model, path):
    loaded = MLRG.load(path)
    assert repr(loaded) == repr(model)
    assert loaded.step == 12
    np.testing.assert_array_equal(loaded.velocity(J), model.velocity(J))
    for name, column in model.history.items():
        np.testing.assert_array_equal(loaded.history[name], column)
    # The seed, the settings and the schedules are those of before.
    np.testing.assert_array_equal(loaded.fit().velocity(J), model.fit().velocity(J))


@pytest.mark.parametrize("small", TRAININGS.values(), ids=TRAININGS)
def test_models_of_every_method(small, tmp_path):
    model = small.trained(3, seed=2**64 - 1)
    model.save(tmp_path / "model")
    loaded = small.kind.load(tmp_path / "model")
    assert repr(loaded) == repr(model) and same(loaded, model)
    assert loaded._state()[0] == model._state()[0]
    for name, column in model.history.items():
        np.testing.assert_array_equal(loaded.history[name], column)
    for found, right in zip(small.evaluate(loaded), small.evaluate(model), strict=True):
        np.testing.assert_array_equal(found, right)
    assert same(small.fit(loaded, 2), small.fit(model, 2))
    header, arrays = parts(tmp_path / "model")
    assert header["library_version"] == isingrg.__version__
    assert header["format_version"] == str(small.kind._format.version)
    assert all(array.dtype == np.float64 for array in arrays.values())


def test_models_of_other_methods(tmp_path):
    for name, small in MODELS.items():
        small.trained(1).save(tmp_path / "model")
        for other in MODELS.keys() - {name}:
            with pytest.raises(IsingRGError, match=rf"holds no model of isingrg\.{other}"):
                MODELS[other].kind.load(tmp_path / "model")


@pytest.mark.parametrize("small", MODELS.values(), ids=MODELS)
def test_a_folder_that_is_not_there(small, tmp_path):
    with pytest.raises(FileNotFoundError):
        small.kind.load(tmp_path / "none")
    path = tmp_path / "none" / "model"
    model = small.trained(1)
    for use in (model.save, lambda path: small.fit(model, 1, checkpoint=path)):
        with pytest.raises(FileNotFoundError) as caught:
            use(path)
        # Not the one that is written first, which nobody knows.
        assert caught.value.filename == str(path) and caught.value.filename2 is None


def test_metadata(path):
    header, arrays = parts(path)
    assert header["format"] == "isingrg.mlrg"
    assert header["format_version"] == "5"
    assert header["library_version"] == isingrg.__version__
    described = json.loads(header["model"])
    assert described["configuration"]["representation"] == "A1"
    assert described["configuration"]["hidden"] == [6, 5]
    assert described["seed"] == 2**64 - 1
    assert described["total_steps"] == 20
    assert described["training"]["batch"] == 8
    assert arrays["history.fixed_point"].shape == (12,)
    assert all(array.dtype == np.float64 for array in arrays.values())


def test_arrays_are_aligned(path):
    """So that other programs may map them into memory."""
    assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0


def test_file_is_an_ordinary_one(path):
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_replaces_what_a_link_points_to(model, tmp_path):
    (tmp_path / "link").symlink_to("file")
    model.save(tmp_path / "link")
    model.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert MLRG.load(tmp_path / "file").step == 12


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o4755])
def test_permissions_are_kept(model, path, mode):
    path.chmod(mode)
    model.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("kind", ["unnamed", "named"])
def test_what_replaces_a_private_file_is_never_public(model, path, kind, monkeypatch):
    path.chmod(0o600)
    seen = []
    fchmod = os.fchmod
    monkeypatch.setattr(os, "O_TMPFILE", os.O_TMPFILE if kind == "unnamed" else 0)
    monkeypatch.setattr(
        os, "fchmod", lambda f, mode: (seen.append(os.fstat(f).st_mode), fchmod(f, mode))
    )
    model.save(path)
    assert stat.S_IMODE(seen[0]) == stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_kept(model, path):
    os.chown(path, 1234, 5678)
    model.save(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)


def test_an_owner_that_cannot_be_kept(model, path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    status = os.fstat
    others = [*status(os.open(path, os.O_RDONLY))]
    others[4] += 1  # st_uid
    monkeypatch.setattr(os, "fstat", lambda _: os.stat_result(others))
    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.warns(RuntimeWarning, match="belonged to another user"):
        model.save(path)
    monkeypatch.undo()
    assert MLRG.load(path).step == 12


def test_further_names_keep_the_old_content(model, path, tmp_path):
    """As `cp --remove-destination`, but with a word."""
    os.link(path, tmp_path / "other")
    before = path.read_bytes()
    model.fit(1)
    with pytest.warns(RuntimeWarning, match="one of 2 names") as caught:
        model.save(path)
    assert caught[0].filename == __file__
    assert (tmp_path / "other").read_bytes() == before
    assert MLRG.load(path).step == 13
    model.save(path)


def test_a_protected_file_stays(model, path, monkeypatch):
    """Root may write everything, so that the answer is made up."""
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    before = path.read_bytes()
    for use in (lambda: model.save(path), lambda: model.fit(1, checkpoint=path)):
        with pytest.raises(PermissionError, match="write-protected"):
            use()
    assert path.read_bytes() == before and model.step == 12


def test_a_link_to_itself(model, tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    uses = [model.save, MLRG.load, lambda path: model.fit(1, checkpoint=path)]
    for use in uses:
        with pytest.raises(OSError, match="Too many levels of symbolic links"):
            use(tmp_path / "a")
    assert (tmp_path / "a").is_symlink() and model.step == 12


def test_the_file_is_on_the_disk_before_its_name_and_the_name_before_the_end(
    model, tmp_path, monkeypatch
):
    calls = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        calls.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("replace"), replace(*names)))
    model.save(tmp_path / "model")
    assert calls[1:] == ["replace", str(tmp_path)] and calls[0].startswith(f"{tmp_path}/")


@pytest.mark.parametrize("name", ["replace", "fsync"])
def test_a_failure_leaves_the_old_file(model, path, monkeypatch, name):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, name, full)
    model.fit(1)
    with pytest.raises(OSError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_only_files_are_replaced(model, tmp_path):
    """Not /dev/null, by root."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        model.save(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        model.fit(1, checkpoint=tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo() and model.step == 12


@pytest.mark.timeout(60)  # it waited for someone to write into the pipe
def test_only_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(OSError, match="not a regular file"):
            MLRG.load(path)


def test_a_path_of_bytes(model, tmp_path):
    model.save(os.fsencode(tmp_path / "model"))
    assert MLRG.load(os.fsencode(tmp_path / "model")).step == 12
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_where_files_need_a_name(model, path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    model.fit(1).save(path)
    assert MLRG.load(path).step == 13
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_paths_that_cannot_be_written(model, tmp_path):
    with pytest.raises(FileNotFoundError):
        model.save(tmp_path / "none" / "model")
    with pytest.raises(IsADirectoryError):
        model.save(tmp_path)
    with pytest.raises(NotADirectoryError):
        (tmp_path / "file").write_text("")
        model.save(tmp_path / "file" / "model")
    with pytest.raises(TypeError):
        model.save(3.5)


def test_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(TypeError):
        MLRG.load(0)  # which is a file that is open already, and would be closed
    with pytest.raises(FileNotFoundError):
        MLRG.load(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        MLRG.load(tmp_path)


def test_without_safetensors(model, path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for action in (lambda: model.save(path), lambda: MLRG.load(path)):
        with pytest.raises(ImportError, match=r"pip install 'isingrg\[models\]'"):
            action()


def test_equal_models_are_equal_files(model, path, tmp_path):
    for name in ("second", "third", "fourth"):
        model.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == path.read_bytes()
    MLRG.load(path).save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


KILLED = """
import os, sys
from isingrg.mlrg import MLRG
model = MLRG.load(sys.argv[1]).fit(1)
if sys.argv[2] == "named":
    os.O_TMPFILE = 0
os.fsync = lambda _: os.kill(os.getpid(), 9)
model.save(sys.argv[1])
"""


@pytest.mark.parametrize("kind", ["unnamed", "named"])
def test_nothing_is_left_of_a_killed_save(model, path, kind):
    """Where the system has files without names; elsewhere the next save is not disturbed."""
    before = path.read_bytes()
    process = subprocess.run([sys.executable, "-c", KILLED, path, kind])
    assert process.returncode == -9
    assert path.read_bytes() == before
    left = {file.name for file in path.parent.iterdir()} - {path.name}
    assert len(left) == (kind == "named")
    model.fit(1).save(path)
    assert MLRG.load(path).step == 13
    assert {file.name for file in path.parent.iterdir()} == {path.name, *left}


# Files that are no models


def test_every_part_is_under_the_checksum(path):
    """Numbers that are as good as the true ones, so that nothing else would tell."""
    original = path.read_bytes()
    header, arrays = parts(path)
    for name in arrays:
        other = {**arrays, name: np.nan_to_num(arrays[name]) * 0.5 + 0.125}
        safetensors.save_file(other, path, metadata=header)
        with pytest.raises(IsingRGError, match="does not fit its checksum"):
            MLRG.load(path)
    other = {
        **arrays,
        "history.loss": arrays["history.beta"],
        "history.beta": arrays["history.loss"],
    }
    safetensors.save_file(other, path, metadata=header)
    with pytest.raises(IsingRGError, match="does not fit its checksum"):
        MLRG.load(path)
    for name in header.keys() - {"format", "format_version"}:
        changed = {**header, name: header[name].replace("1", "2")}
        assert changed != header
        safetensors.save_file(arrays, path, metadata=changed)
        with pytest.raises(IsingRGError, match="does not fit its checksum"):
            MLRG.load(path)
    safetensors.save_file(arrays, path, metadata=header)
    assert MLRG.load(path).step == 12
    path.write_bytes(original)
    assert MLRG.load(path).step == 12


def test_a_file_that_gets_shorter_while_it_is_read(path, monkeypatch):
    """It ended the process when the file was mapped into memory."""
    content, fstat = path.read_bytes(), os.fstat

    def shortened(descriptor):
        status = fstat(descriptor)
        os.truncate(path, len(content) // 2)
        return status

    monkeypatch.setattr(os, "fstat", shortened)
    with pytest.raises(IsingRGError, match="damaged"):
        MLRG.load(path)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, 0.5, 0.999])
def test_truncated(path, keep):
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    with pytest.raises(IsingRGError, match=r"model.safetensors' cannot be loaded: .*damaged"):
        MLRG.load(path)


@pytest.mark.parametrize("content", [b"\xff" * 1000, b"PK\x03\x04" + bytes(200), bytes(64)])
def test_other_files(path, content):
    path.write_bytes(content)
    with pytest.raises(IsingRGError, match="not a safetensors file"):
        MLRG.load(path)


def test_foreign_safetensors(path):
    safetensors.save_file({"weight": np.zeros((2, 2))}, path)
    with pytest.raises(IsingRGError, match="holds no model"):
        MLRG.load(path)


CASES = [
    ("newer than 5", {"header": [("format_version", "6")]}),
    ("is not a number", {"header": [("format_version", "one")]}),
    ("'model' is missing", {"header": [("model", None)]}),
    ("Expecting", {"header": [("model", "{")]}),
    ("not a JSON object", {"header": [("model", "[]")]}),
    ("recursion", {"header": [("model", "[" * 100_000)]}),
    ("representation must be", {"described": [("configuration.representation", "A7")]}),
    ("moderator must be", {"described": [("configuration.moderator", "other")]}),
    ("hidden", {"described": [("configuration.hidden", [6, 0])]}),
    ("hidden", {"described": [("configuration.hidden", "65")]}),
    ("shape", {"described": [("configuration.hidden", [6, 6])]}),
    ("activation must be one of", {"described": [("configuration.activation", 3)]}),
    ("unexpected keyword", {"described": [("configuration.colour", "red")]}),
    ("symmetric must be", {"described": [("configuration.symmetric", 1)]}),
    ("is missing", {"described": [("training", None)]}),
    ("not complete", {"described": [("training.lr", None)]}),
    ("lr must be", {"described": [("training.lr", -1.0)]}),
    ("lr", {"described": [("training.lr", "fast")]}),
    ("proposal must be", {"described": [("training.proposal", "cube")]}),
    ("replicas must be", {"described": [("training.replicas", 3)]}),
    ("record_guess must be", {"described": [("training.record_guess", [])]}),
    ("record_guess must be", {"described": [("training.record_guess", [0.8, 0.1])]}),
    ("not complete", {"described": [("training.ray", None)]}),
    ("the training is not complete", {"described": [("training.speed", 1.0)]}),
    ("seed must be", {"described": [("seed", -1)]}),
    ("total_steps must be", {"described": [("total_steps", 0)]}),
    ("total_steps must be", {"described": [("total_steps", "all")]}),
    ("'network.1.weight' is missing", {"arrays": [("network.1.weight", None)]}),
    ("'adam.second_moment' is missing", {"arrays": [("adam.second_moment", None)]}),
    ("'history.beta' is missing", {"arrays": [("history.beta", None)]}),
    ("must hold float64", {"arrays": [("network.1.weight", np.zeros((5, 6), np.float32))]}),
    ("must have the shape", {"arrays": [("network.1.weight", np.zeros((6, 5)))]}),
    ("must have the shape", {"arrays": [("network.1.weight", np.zeros(30))]}),
    ("must be finite", {"arrays": [("network.1.weight", np.full((5, 6), np.nan))]}),
    ("single precision", {"arrays": [("network.1.weight", np.full((5, 6), 1e39))]}),
    ("must be finite", {"arrays": [("adam.first_moment", np.full((999, 1), np.inf))]}),
    ("cannot come from a training", {"arrays": [("adam.first_moment", np.full((999, 1), 1e300))]}),
    ("must not be negative", {"arrays": [("adam.second_moment", np.full((999, 1), -1.0))]}),
    ("step", {"arrays": [("step", np.full((1, 1), 2.5))]}),
    ("history.loss' must have the shape", {"arrays": [("step", np.full((1, 1), 13.0))]}),
    ("must have the shape", {"arrays": [("history.loss", np.zeros(11))]}),
    ("history.loss' must be finite", {"arrays": [("history.loss", np.full(12, np.nan))]}),
    ("as many as the batch", {"arrays": [("proposal.couplings", np.zeros((9, 1)))]}),
    ("shape", {"arrays": [("proposal.couplings", np.zeros((8, 2)))]}),
    ("does not belong", {"arrays": [("network.9.weight", np.zeros((1, 1)))]}),
]


@pytest.mark.parametrize("message, changes", CASES)
def test_damaged_models(path, message, changes):
    parameters = parts(path)[1]["adam.first_moment"].shape
    arrays = [
        (
            name,
            np.full(parameters, array.flat[0])
            if array is not None and len(array) == 999
            else array,
        )
        for name, array in changes.get("arrays", [])
    ]
    rewritten(path, **{**changes, "arrays": arrays})
    with pytest.raises(IsingRGError, match=f"cannot be loaded: .*({message})"):
        MLRG.load(path)


@pytest.mark.parametrize("ratio, permitted", [(7, True), (-7, True), (9, False), (-9, False)])
def test_moments_are_those_of_some_gradients(path, ratio, permitted):
    """Moments of any gradients have |m| <= 7.27 sqrt(v) + rounding."""
    variance = parts(path)[1]["adam.second_moment"]
    moments = ratio * np.sqrt(np.maximum(variance, 1e-12))
    rewritten(
        path,
        arrays=[
            ("adam.first_moment", moments),
            ("adam.second_moment", np.maximum(variance, 1e-12)),
        ],
    )
    if permitted:
        assert MLRG.load(path).step == 12
    else:
        with pytest.raises(IsingRGError, match="cannot come from a training"):
            MLRG.load(path)


def test_the_first_version_of_the_format(model, path):
    """It had no replicas, no ray and no mirrored networks."""
    rewritten(
        path,
        header=[("format_version", "1")],
        described=[(f"configuration.{name}", None) for name in ("symmetric", "scheme", "internal")]
        + [
            (f"training.{name}", None)
            for name in ("proposal", "replicas", "ray", "ray_range", "ray_steps", "ray_noise")
        ],
        arrays=[("history.swap_rate", None)],
    )
    loaded = MLRG.load(path)
    assert repr(loaded) == repr(model)
    np.testing.assert_array_equal(loaded.fit().velocity(J), model.fit().velocity(J))
    assert np.isnan(loaded.history["swap_rate"]).all()


def test_the_third_version_of_the_format(model, path):
    """It had no schemes, and drew rays anew in each step."""
    rewritten(
        path,
        header=[("format_version", "3")],
        described=[("configuration.scheme", None), ("configuration.internal", None)]
        + [(f"training.{name}", None) for name in ("ray_range", "ray_steps", "ray_noise")],
    )
    loaded = MLRG.load(path)
    assert repr(loaded) == repr(model)
    np.testing.assert_array_equal(loaded.fit().velocity(J), model.fit().velocity(J))


def test_the_fourth_version_of_the_format(model, path):
    """Its spins were Ising spins."""
    rewritten(path, header=[("format_version", "4")], described=[("configuration.internal", None)])
    loaded = MLRG.load(path)
    assert repr(loaded) == repr(model)
    np.testing.assert_array_equal(loaded.velocity(J), model.velocity(J))


def test_an_unchanged_rewrite_loads(path):
    """So that the cases above fail for what they change."""
    rewritten(path)
    assert MLRG.load(path).step == 12


@pytest.mark.parametrize("path", ["\ud800", "a\0b"])
def test_what_cannot_be_a_path(path):
    model = MLRG(hidden=(3,)).fit(1, 8)
    uses = [
        lambda: model.save(path),
        lambda: MLRG.load(path),
        lambda: model.fit(1, checkpoint=path),
    ]
    for use in uses:
        with pytest.raises(OSError, match="this is not a path"):
            use()
    assert model.step == 1
