"""What every method of `METHODS` promises alike; a new one is tested by its entry there."""

import copy
import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import isingrg
from isingrg._methods import METHODS

sys.path.append(str(Path(__file__).parents[1]))
from small_models import MODELS, TRAININGS, same

ROOT = Path(__file__).resolve().parents[3]

#: What `fit` takes besides settings, and besides data.
COMMON = {"seed", "checkpoint", "callback", "every", "progress"}


@pytest.fixture(params=METHODS.values(), ids=METHODS)
def method(request):
    return request.param


@pytest.fixture(params=TRAININGS.values(), ids=TRAININGS)
def small(request):
    return request.param


def rows(model):
    return len(model.history["loss"])


def settings_of(model):
    return dataclasses.asdict(model._training)


# Records


def test_every_method_has_a_small_model():
    assert MODELS.keys() == METHODS.keys()
    assert all(small.kind is METHODS[name].model for name, small in MODELS.items())


def test_records_are_complete(method):
    assert method.name == method.model._format.name.removeprefix("isingrg.")
    assert method.model is getattr(getattr(isingrg, method.name), method.model.__name__)
    assert method.papers and method.keywords
    for paper in method.papers:
        assert paper.name and paper.authors
        assert (ROOT / "notebooks" / f"{paper.notebook}.ipynb").is_file()
        assert re.match(r"@\w+{\S+,\n( +\w+ = {.*\n( +[^=]*\n)*)+}\n\Z", paper.citation)
        assert paper.citation in isingrg.citation()


def test_names_of_papers_are_used_once():
    names = [paper.name for method in METHODS.values() for paper in method.papers]
    assert len(names) == len(set(names))


# Signatures


def test_the_constructor_takes_the_fields_of_the_configuration(method):
    configuration = type(MODELS[method.name].make()._configuration)
    fields = {field.name: field.default for field in dataclasses.fields(configuration)}
    parameters = inspect.signature(method.model).parameters
    assert list(parameters) == list(fields)
    assert {name: parameter.default for name, parameter in parameters.items()} == fields


def test_fit_takes_every_setting(small):
    parameters = inspect.signature(getattr(small.kind, small.method)).parameters
    settings = dataclasses.fields(small.kind._training_type)
    for name in [field.name for field in settings] + [*COMMON - {"progress"}]:
        assert parameters[name].default is None, name
    assert parameters["progress"].default is False
    no_settings = parameters.keys() - {field.name for field in settings} - COMMON - {"self"}
    data = [name for name in no_settings if parameters[name].default is inspect.Parameter.empty]
    assert len(data) - ("model" in data) == len(small.data(small.make()))
    assert all(parameters[name].default is None for name in no_settings - {*data})


@pytest.mark.parametrize("of", ["constructor", "fit"])
def test_the_documentation_has_every_setting_with_its_range_and_default(method, of):
    if of == "fit":
        described, kind = method.model.fit, method.model._training_type
    else:
        described, kind = method.model, type(MODELS[method.name].make()._configuration)
    text = re.sub(r"\s+", " ", inspect.getdoc(described))
    for field in dataclasses.fields(kind):
        setting = kind.declared()[field.name]
        assert f"{field.name} : {setting.kind}, optional {setting.meaning} Default: " in text
        said = f"{setting.kind} {setting.meaning}"
        ranges = r"\d (to|or) \d|[{\"]|bool|array_like|Target"
        assert re.search(ranges, said), f"the range of {field.name}"
    assert "{settings}" not in text


def test_the_count_of_the_other_kind_is_answered_with_the_right_one(small):
    takes = f"{small.kind._columns.row}s"
    other = {"steps": "epochs", "epochs": "steps"}[takes]
    model = small.make()
    name = f"{small.kind.__name__}.{small.method}"
    with pytest.raises(TypeError, match=f"{re.escape(name)} .*give {takes}, not {other}"):
        getattr(model, small.method)(*small.data(model), **{other: 3})
    assert rows(model) == 0


# Settings are remembered


def other_values(small):
    """Permitted values of some settings that are not those of the table."""
    values = {
        "batch": small.settings["batch"] + 1,
        "lr": 3e-3,
        "weight_decay": 2e-3,
        "damping": 9.0,
    }
    return small.kind._training_type.among(values)


def test_settings_are_remembered(small, tmp_path):
    pytest.importorskip("safetensors.numpy")
    given = other_values(small)
    count = f"{small.kind._columns.row}s"
    model = small.trained(2, **given, seed=7)
    settings = settings_of(model)
    assert {name: settings[name] for name in given} == given
    model.save(tmp_path / "model")
    loaded = small.kind.load(tmp_path / "model")
    assert settings_of(loaded) == settings
    train = getattr(loaded, small.method)
    train(*small.data(loaded), **{count: 3})
    assert settings_of(loaded) == settings and loaded._seed == 7
    assert same(loaded, small.trained(5, **given, seed=7))
    assert not same(loaded, small.trained(5, seed=7))


# Callbacks


class Listener:
    """A callback that keeps what it is told, and the history of the model then."""

    def __init__(self, model, last=None, error=None):
        self.model, self.last, self.error = model, last, error
        self.records, self.histories = [], []

    def __call__(self, record):
        self.records.append(record)
        self.histories.append(self.model.history)
        if record.step == self.last:
            if self.error:
                raise self.error
            return False
        return None

    @property
    def steps(self):
        return [record.step for record in self.records]


def listened(small, n=11, last=None, error=None, **keywords):
    model = small.make()
    listener = Listener(model, last, error)
    return small.fit(model, n, callback=listener, **keywords), listener


@pytest.mark.parametrize("every", [None, 1, 4, 11, 50])
def test_a_callback_is_told_what_is_in_the_history(small, every):
    model, listener = listened(small, every=every)
    each = every or 1
    assert listener.steps == sorted({*range(each, 12, each), 11})
    for record, then in zip(listener.records, listener.histories, strict=True):
        assert isinstance(record, isingrg.TrainingRecord)
        assert len(then["loss"]) == record.step
        assert record.loss == record.columns["loss"] and record.learning_rate > 0
        row = {name: column[record.step - 1] for name, column in model.history.items()}
        assert row.pop(model._columns.row) == record.step
        assert record.columns.keys() == row.keys()
        np.testing.assert_array_equal([*record.columns.values()], [*row.values()])
    seconds = [record.seconds for record in listener.records]
    assert seconds[0] >= 0 and seconds == sorted(seconds)
    assert same(model, small.trained(11))


def test_steps_are_those_of_the_model(small):
    model = small.trained(3)
    listener = Listener(model)
    small.fit(model, 4, callback=listener, every=2)
    assert listener.steps == [5, 7]


def test_false_ends_the_training_normally(small):
    model, listener = listened(small, last=6)
    assert listener.steps == [1, 2, 3, 4, 5, 6] and rows(model) == 6
    assert same(model, small.trained(6))
    assert same(small.fit(model, 5), small.trained(11))


@pytest.mark.parametrize("answer", [np.False_, None, 0, np.True_, np.array([False]), ""], ids=repr)
def test_only_false_ends_it_be_it_of_numpy(small, answer):
    """Such as a comparison of NumPy numbers, ``np.mean(losses) > best``."""
    model = small.fit(small.make(), 3, callback=lambda record: answer)
    assert rows(model) == (1 if answer is np.False_ else 3)


def test_a_model_is_used_in_its_callback_but_not_trained(small):
    """Each answer is that of the step; a training in the callback is refused."""
    model, told = small.make(), []

    def use(record):
        with pytest.raises(isingrg.IsingRGError, match="the model is in use by another call"):
            small.fit(model, 1)
        told.append((copy.deepcopy(model), small.evaluate(model)))

    small.fit(model, 3, callback=use)
    for step, (copied, found) in enumerate(told, 1):
        straight = small.trained(step)
        assert same(copied, straight)
        for a, b in zip(found, small.evaluate(straight), strict=True):
            np.testing.assert_array_equal(a, b)
    assert same(model, small.trained(3))


@pytest.mark.parametrize("keyword", ["callback", "progress"])
def test_a_model_that_is_closed_while_it_trains(small, keyword):
    model = small.make()
    with pytest.raises(isingrg.IsingRGError, match="closed"):
        small.fit(model, 3, **{keyword: lambda *_: model.close()})
    assert repr(model).endswith("# closed")


def test_a_closed_model_tells_what_its_constructor_was_given_and_no_more(small):
    model = small.trained(1)
    model.close()
    model.close()
    for name, question in small.questions.items():
        if name not in {*inspect.signature(small.kind).parameters, "latent_scales", "depth"}:
            with pytest.raises(isingrg.IsingRGError, match="the model is closed"):
                question(model)


@pytest.mark.parametrize("error", [ZeroDivisionError("mine"), KeyboardInterrupt()], ids=repr)
def test_an_exception_leaves_the_model_at_its_step(small, error):
    model = small.make()
    listener = Listener(model, 6, error)
    with pytest.raises(type(error)) as caught:
        small.fit(model, 11, callback=listener)
    row = model._columns.row
    assert caught.value is error
    assert f"the model is at {row} 6" in caught.value.__notes__[-1]
    assert same(model, small.trained(6))
    error.__notes__.clear()


@pytest.mark.parametrize("every", [3, None])
@pytest.mark.parametrize("end", [None, "false", "error"])
def test_a_callback_together_with_a_checkpoint(small, tmp_path, every, end):
    """The file has the step at which the training ends, even if it was not to be written then."""
    pytest.importorskip("safetensors.numpy")
    path, model = tmp_path / "model", small.make()
    last = 6 if end else None
    listener = Listener(model, last, ZeroDivisionError("mine") if end == "error" else None)
    keywords = {"callback": listener, "checkpoint": path, "every": every}
    if end == "error":
        with pytest.raises(ZeroDivisionError):
            small.fit(model, 11, **keywords)
    else:
        small.fit(model, 11, **keywords)
    done = last or 11
    told = range(1, 12) if every is None else (3, 6, 9, 11)
    assert listener.steps == [step for step in told if step <= done]
    loaded = small.kind.load(path)
    assert rows(loaded) == done and same(loaded, model) and same(model, small.trained(done))


def test_what_is_no_callback(small):
    with pytest.raises(TypeError, match="callback must be callable, not int"):
        small.fit(small.make(), 2, callback=3)
    with pytest.raises(isingrg.ArgumentError, match=r"every needs checkpoint.*or callback"):
        small.fit(small.make(), 2, every=3)
    for every in (0, -1, True, 2.5):
        with pytest.raises((isingrg.ArgumentError, TypeError), match="every must be"):
            small.fit(small.make(), 2, callback=print, every=every)


def test_a_learning_rate_that_does_not_change(small):
    if small.kind is METHODS["mlrg"].model:
        pytest.skip("it follows a schedule")
    _, listener = listened(small, lr=3e-3)
    assert {record.learning_rate for record in listener.records} == {3e-3}


def test_the_learning_rate_of_mlrg_is_that_of_its_schedule():
    """Half a cosine from lr to final_lr over `total_steps`, whose end stays."""
    lr, final = 0.02, 0.004
    keywords = dict(n=15, total_steps=10, lr=lr, final_lr=final)
    _, listener = listened(MODELS["mlrg"], **keywords)
    share = np.minimum(np.arange(15), 10) / 10
    expected = final + (lr - final) * np.cos(np.pi * share / 2) ** 2
    rates = [record.learning_rate for record in listener.records]
    assert rates == pytest.approx(expected, rel=1e-12)


def test_the_learning_rate_of_the_record_is_that_of_the_step():
    """Adam moves a weight by the learning rate in its first step, and by about that later."""
    small = MODELS["mlrg"]
    keywords = dict(total_steps=1, lr=0.02, final_lr=1e-4, weight_decay=0)
    still = small.trained(1, **keywords | {"lr": 1e-12, "final_lr": 1e-12})
    model, listener = listened(small, 2, **keywords)
    models = still, small.trained(1, **keywords), model
    begin, first, second = (one._state()[1]["network.0.weight"] for one in models)
    rates = [record.learning_rate for record in listener.records]
    assert np.abs(first - begin).max() == pytest.approx(rates[0], rel=1e-3)
    assert 0.1 < np.abs(second - first).max() / rates[1] < 2


# Ensembles


#: Settings of a member that is little work.
MEMBERS = {
    "mlrg": {"hidden": (4,), "steps": 3, "batch": 8},
    "neuralrg": {"L": 4, "layers": 2, "hidden": (3,), "steps": 3, "batch": 8, "samples": 64},
    "graphvae": {
        "L": 8, "levels": 2, "hidden": 4, "token": 3, "latent": 2, "epochs": 2, "n_samples": 4,
    },
    "multilevel": {"L": 4, "steps": 2, "batch": 64, "samples": 64},
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*samples have an effective sample size:RuntimeWarning")
def test_ensembles_of_every_method(method):
    settings = MEMBERS[method.name]
    assert settings.keys() <= method.keywords
    table = isingrg.ensemble(method.name, settings, seeds=2)
    names = [str(name) for name in table]
    assert "error" in names and len(names) > 3
    assert not any(np.asarray(table["error"]).tolist())
    alone = method.member(**settings, seed=1)
    assert alone.keys() <= {*names}
    for name, value in alone.items():
        found = np.asarray(table[name])[1]
        np.testing.assert_array_equal(np.squeeze(found), np.squeeze(value), err_msg=name)


@pytest.mark.parametrize("keyword", ["checkpoint", "callback", "every", "progress"])
def test_what_is_done_beside_a_training_is_no_setting_of_a_member(method, keyword):
    with pytest.raises(isingrg.ArgumentError, match=f"keywords of the method, got '{keyword}'"):
        isingrg.ensemble(method.name, [MEMBERS[method.name] | {keyword: print}])


def test_the_documentation_of_ensembles_has_every_method(method):
    text = inspect.getdoc(isingrg.ensemble)
    assert f'The method "{method.name}" trains one' in text and "{members}" not in text


def test_every_method_is_on_the_command_line(method):
    for paper in method.papers:
        run = subprocess.run(
            [sys.executable, "-m", "isingrg", "reproduce", "--help"], capture_output=True, text=True
        )
        assert paper.name in run.stdout, run.stdout + run.stderr
