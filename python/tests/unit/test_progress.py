"""Progress is reported, and every way of stopping a computation works."""

import sys
import time

import numpy as np
import pytest

import isingrg
from isingrg import ising
from isingrg._shared import progress

ENDLESS = dict(n_thermalize=2**40)


def test_callable_receives_done_and_total():
    calls = []
    ising.sample(64, 0.44, 50, n_chains=4, progress=lambda *call: calls.append(call))
    done, total = zip(*calls, strict=True)
    assert len(set(total)) == 1
    assert sorted(done) == list(done)
    assert done[-1] == total[-1]


def test_reports_do_not_change_the_result():
    silent = ising.sample(16, 0.4, 20)
    assert np.array_equal(ising.sample(16, 0.4, 20, progress=lambda done, total: None), silent)


@pytest.mark.parametrize("answer", [False, np.False_])
def test_returning_false_stops(answer):
    start = time.monotonic()
    with pytest.raises(isingrg.Interrupted):
        ising.sample(64, 0.44, 1, progress=lambda done, total: answer, **ENDLESS)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("answer", [None, 0, True, ""])
def test_other_answers_go_on(answer):
    assert ising.sample(8, 0.4, 2, progress=lambda done, total: answer).shape == (1, 2, 8, 8)


def test_exceptions_of_the_callable_come_out_unchanged():
    error = LookupError("mine")

    def fail(done, total):
        raise error

    with pytest.raises(LookupError) as caught:
        ising.sample(64, 0.44, 1, progress=fail, **ENDLESS)
    assert caught.value is error
    assert "fail" in [entry.name for entry in caught.traceback]


def test_interruption_leaves_the_library_usable():
    with pytest.raises(isingrg.Interrupted):
        ising.sample(64, 0.44, 1, n_chains=8, progress=lambda done, total: False, **ENDLESS)
    assert ising.sample(8, 0.4, 2, n_chains=4).shape == (4, 2, 8, 8)


def test_bar(capsys):
    pytest.importorskip("tqdm")
    ising.sample(16, 0.4, 20, progress=True)
    text = capsys.readouterr().err
    assert "sampling" in text and "100%" in text


def test_missing_bar_is_mentioned_once(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(progress, "_told_about_tqdm", False)
    for _ in range(2):
        ising.sample(8, 0.4, 2, progress=True)
    text = capsys.readouterr().err
    assert text.count("isingrg[progress]") == 1 and text.count("\n") == 1


@pytest.mark.parametrize("algorithm", ["wolff", "swendsen-wang", "metropolis", "heat-bath"])
@pytest.mark.parametrize("L, n_chains", [(32, 3), (4096, 1)])
def test_control_c_returns_within_half_a_second(seconds_to_stop, algorithm, L, n_chains):
    options = f"n_chains={n_chains}, algorithm={algorithm!r}, n_thermalize=2**40"
    assert seconds_to_stop(f"ising.sample({L}, 0.44, 1, {options})") < 0.5


def test_control_c_between_pieces_of_an_exact_result(seconds_to_stop):
    assert seconds_to_stop("ising.log_partition(4096, [0.44] * 10**6)") > 0


def test_loops_in_python_stop_at_false_alone():
    for answer in (None, 0, "", True):
        progress.tell(lambda done, total, answer=answer: answer, 1, 2)
    progress.tell(None, 1, 2)
    with pytest.raises(isingrg.Interrupted, match="interrupted at 1 of 2"):
        progress.tell(lambda done, total: False, 1, 2)
