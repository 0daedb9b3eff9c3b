"""Trainings that keep the model in a file: the same training, and nothing of it is lost."""

import errno
import os
import resource
import sys
import threading
from pathlib import Path

import pytest

import isingrg
from isingrg import ArgumentError, Interrupted, IsingRGError
from isingrg.neuralrg import NeuralRG

sys.path.append(str(Path(__file__).parents[1]))
from small_models import TRAININGS, Small

pytest.importorskip("safetensors.numpy")


class Case:
    """One way to train: a new model, and so many steps of it."""

    def __init__(self, small: Small, **settings):
        self.small, self.kind, self._settings = small, small.kind, settings

    def new(self):
        return self.small.make()

    def fit(self, model, steps, **keywords):
        return self.small.fit(model, steps, **{**self._settings, **keywords})

    def done(self, model):
        return len(model.history["loss"])


#: What a method sets besides, by the names of the table.
SETTINGS = {"mlrg": {"total_steps": 20, "record_from": 6}}
CASES = {name: Case(small, **SETTINGS.get(name, {})) for name, small in TRAININGS.items()}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.safetensors"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of an undisturbed training of 11 steps."""

    def content(case):
        path = tmp_path_factory.mktemp("whole") / "model"
        case.fit(case.new(), 11).save(path)
        return path.read_bytes()

    return content


@pytest.mark.parametrize("every", [None, 1, 4, 11, 50])
def test_the_training_is_the_same(case, path, whole, every):
    case.fit(case.new(), 11, checkpoint=path, every=every)
    assert path.read_bytes() == whole(case)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_progress_sees_one_training(case, path):
    def reports(**keywords):
        seen = []
        case.fit(case.new(), 11, progress=lambda *now: seen.append(now), **keywords)
        return seen

    total = reports()[-1]
    seen = reports(checkpoint=path, every=4)
    assert seen[-1] == total and {whole for _, whole in seen} == {total[1]}
    assert {done * 11 / total[1] for done, _ in seen} >= {4, 8, 11}
    assert seen == sorted(seen)


def test_a_stopped_training_is_in_the_file(case, path, whole):
    """However short the pieces, of which none may take the 50 ms between two questions."""
    model = case.new()
    with pytest.raises(Interrupted) as caught:
        case.fit(model, 11, checkpoint=path, every=4, progress=lambda done, total: done < total / 2)
    done = case.done(model)
    assert 6 <= done <= 8
    assert f" {done} " in caught.value.__notes__[0].replace(";", " ")
    again = case.kind.load(path)
    assert case.done(again) == done
    case.fit(again, 11 - done, checkpoint=path)
    assert path.read_bytes() == whole(case)


def test_ctrl_c_is_in_the_file(case, path, whole):
    model = case.new()

    def interrupt(done, total):
        if done == total * 8 // 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        case.fit(model, 11, checkpoint=path, every=4, progress=interrupt)
    assert "8 " in caught.value.__notes__[0] and len(caught.value.__notes__) == 1
    case.fit(case.kind.load(path), 3, checkpoint=path)
    assert path.read_bytes() == whole(case)


@pytest.mark.parametrize("strikes", ["during the save", "after the training"])
def test_ctrl_c_beside_the_core(case, path, whole, monkeypatch, strikes):
    """The core does not look for signals then; the steps that are done are kept all the same."""
    model = case.new()
    once = iter([KeyboardInterrupt])

    def interrupted(*_):
        for error in once:
            raise error

    if strikes == "during the save":
        monkeypatch.setattr(os, "fsync", interrupted)
    else:
        name = f"{model._format.name.removeprefix('isingrg.')}_{case.small.method}"
        train = getattr(isingrg._core, name)

        def late(*arguments):
            result = train(*arguments)
            interrupted()
            return result

        monkeypatch.setattr(isingrg._core, name, late)
    with pytest.raises(KeyboardInterrupt) as caught:
        case.fit(model, 11, checkpoint=path, every=4)
    assert "4 " in caught.value.__notes__[0]
    monkeypatch.undo()
    assert case.done(case.kind.load(path)) == case.done(model) == 4
    case.fit(model, 7, checkpoint=path)
    assert path.read_bytes() == whole(case)


def test_a_loss_that_is_not_finite(path):
    model = CASES["neuralrg"].new()
    with pytest.raises(isingrg.NonFiniteError):
        model.fit(2000, 16, 10.0, checkpoint=path, every=3)
    assert 0 < model.step < 2000
    assert NeuralRG.load(path).step == model.step


# Files that cannot be written


def test_every_without_a_checkpoint(case):
    with pytest.raises(ArgumentError, match="every needs checkpoint"):
        case.fit(case.new(), 2, every=1)


@pytest.mark.parametrize("every", [0, -1, 2.5, True, "2"])
def test_every_is_a_count(case, path, every):
    with pytest.raises((ArgumentError, TypeError), match="every must be"):
        case.fit(case.new(), 2, checkpoint=path, every=every)


def test_what_cannot_be_written_is_refused_before(case, tmp_path, monkeypatch):
    model = case.new()
    (tmp_path / "file").write_text("")
    for path, error in [
        (tmp_path / "none" / "file", FileNotFoundError),
        (tmp_path, IsADirectoryError),
        (tmp_path / "file" / "model", NotADirectoryError),
        (3.5, TypeError),
    ]:
        with pytest.raises(error):
            case.fit(model, 2, checkpoint=path)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'isingrg\[models\]'"):
        case.fit(model, 2, checkpoint=tmp_path / "file")
    assert case.done(model) == 0


def test_a_folder_that_is_read_only(case, tmp_path):
    tmp_path.chmod(0o555)
    user = os.geteuid()
    if user == 0:  # whom nothing stops
        os.chown(tmp_path, 65534, 65534)
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            case.fit(case.new(), 2, checkpoint=tmp_path / "model")
    finally:
        os.seteuid(user)
        tmp_path.chmod(0o755)


def vanish(path):
    path.unlink(missing_ok=True)
    path.parent.rmdir()


def replace_by_folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


@pytest.mark.parametrize("fault", [vanish, replace_by_folder])
def test_a_place_that_is_lost(case, tmp_path, whole, fault):
    (tmp_path / "folder").mkdir()
    path, model = tmp_path / "folder" / "model", case.new()

    def lose(done, total):
        if done == total * 8 // 11:
            fault(path)

    with pytest.raises(OSError) as caught:
        case.fit(model, 11, checkpoint=path, every=4, progress=lose)
    assert_kept(case, model, caught.value, tmp_path / "elsewhere", whole)


def assert_kept(case, model, error, path, whole):
    """After the second of three pieces."""
    notes = "\n".join(error.__notes__)
    assert f"the model is at {model._columns.row} 8" in notes and "could not be written;" in notes
    case.fit(model, 3, checkpoint=path)
    assert path.read_bytes() == whole(case)


def test_a_full_disk(case, path, whole):
    """Files of this process may not grow any more, which is what a quota does."""
    model, limits = case.new(), resource.getrlimit(resource.RLIMIT_FSIZE)
    before = []

    def fill(done, total):
        if done == total * 8 // 11:
            before.append(path.read_bytes())
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))

    try:
        with pytest.raises(OSError) as caught:
            case.fit(model, 11, checkpoint=path, every=4, progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG
    assert [path.read_bytes()] == before and case.done(case.kind.load(path)) == 4
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert_kept(case, model, caught.value, path, whole)


def test_an_error_says_that_the_file_is_not_new(path):
    model = CASES["mlrg"].new()

    def lose(done, total):
        if done == 8:
            replace_by_folder(path)
            return False

    with pytest.raises(Interrupted) as caught:
        model.fit(12, checkpoint=path, every=4, progress=lose)
    assert "could not be written (IsADirectoryError: " in "".join(caught.value.__notes__)


def test_one_training_at_a_time(case, path):
    """Even while the core is at rest between two pieces."""
    model, refused = case.new(), []

    def second():
        try:
            case.fit(model, 1)
        except IsingRGError as error:
            refused.append(str(error))

    def meanwhile(done, total):
        if not refused:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()

    case.fit(model, 4, checkpoint=path, every=2, progress=meanwhile)
    assert refused == ["the model is in use by another call"]
    assert case.done(model) == 4
