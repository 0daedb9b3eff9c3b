"""Workers that are killed lose nothing, and a restart repeats nothing."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
import tasks

import isingrg


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "runs").mkdir()
    return str(tmp_path / "runs")


@pytest.fixture
def run(folder):
    def run(task, pool=None, **options):
        table = isingrg.ensemble(
            task, {"folder": folder, "member": range(8)}, executor=pool, **options
        )
        return [np.asarray(table[name]) for name in ("value", "error")]

    return run


def test_one_killed_worker_loses_nothing(run, folder, spawned):
    with spawned(2) as pool:
        values, errors = run(tasks.dies_once, pool)
    assert (values == np.arange(8) ** 2).all()
    assert (errors == "").all()
    # Again ran what was in the pool and nothing else.
    assert sum(tasks.runs(folder).values()) <= 8 + 2


def test_the_member_that_kills_is_found(run, folder, spawned, tmp_path):
    with spawned(2) as pool:
        values, errors = run(tasks.dies, pool, store=tmp_path / "store")
    others = np.arange(8) != 2
    assert errors[2].startswith("BrokenProcessPool: ")
    assert (errors[others] == "").all()
    assert np.isnan(values[2])
    assert (values[others] == np.arange(8)[others] ** 2).all()
    assert tasks.runs(folder)[2] == 3
    assert len(list((tmp_path / "store").iterdir())) == 7


def test_the_new_pool_is_like_the_old_one(run, spawned, tmp_path):
    (tmp_path / "initialized").mkdir()
    with spawned(1, initializer=tasks.note, initargs=(tmp_path / "initialized", 0)) as pool:
        run(tasks.dies_once, pool)
    assert tasks.runs(tmp_path / "initialized") == {0: 2}


def test_pools_that_never_work_are_given_up(spawned):
    with (
        spawned(1, initializer=os._exit, initargs=(1,)) as pool,
        pytest.raises(BrokenProcessPool) as caught,
    ):
        isingrg.ensemble(tasks.threads_and_process, [{}] * 100, executor=pool)
    assert "__main__" in caught.value.__notes__[0]


def test_lost_workers_of_dask(run, folder, tmp_path):
    distributed = pytest.importorskip("distributed")
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster = distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None)
        with cluster, distributed.Client(cluster) as client:
            values, errors = run(tasks.dies_once, client.get_executor())
            alone = isingrg.ensemble(
                tasks.dies, {"folder": str(tmp_path), "member": 2}, executor=client.get_executor()
            )
    assert (values == np.arange(8) ** 2).all() and (errors == "").all()
    assert tasks.runs(folder)[2] == 2
    assert alone.error.item().startswith("KilledWorker: ")


def test_a_restart_repeats_nothing(run, folder, spawned, tmp_path):
    store = tmp_path / "store"
    with spawned(2) as pool:
        _, errors = run(tasks.fails_at_first, pool, store=store)
        assert errors.tolist() == [""] * 3 + ["LookupError: three"] + [""] * 4
        assert tasks.runs(folder) == {i: 1 + (i == 3) for i in range(8)}
        (tmp_path / "runs.mended").touch()
        values, errors = run(tasks.fails_at_first, pool, store=store)
    assert (errors == "").all() and (values == np.arange(8) ** 2).all()
    assert tasks.runs(folder) == {i: 1 + 2 * (i == 3) for i in range(8)}


SCRIPT = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import isingrg, tasks

if __name__ == "__main__":
    folder, store = sys.argv[1:]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        isingrg.ensemble(
            tasks.waits, {"folder": folder, "member": range(8)}, executor=pool, store=store
        )
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_ensemble_continues(run, folder, tmp_path, how):
    store = tmp_path / "store"
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py", folder, store],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        while not store.exists() or len(list(store.glob("*.npz"))) < 4:
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, how)  # as a terminal does, with the workers
        _, errors = process.communicate(timeout=20)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode != 0
    assert how == signal.SIGKILL or "KeyboardInterrupt" in errors
    assert len(list(store.glob("*.npz"))) == 4
    before = sum(tasks.runs(folder).values())
    (tmp_path / "runs.go").touch()
    values, _ = run(tasks.waits, store=store)
    assert (values == np.arange(8) ** 2).all()
    assert sum(tasks.runs(folder).values()) == before + 4
