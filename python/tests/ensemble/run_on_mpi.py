"""The ensemble of the tests on MPI: mpiexec -n 3 python -m mpi4py.futures run_on_mpi.py RESULT."""

import sys

import numpy as np
import tasks
from mpi4py.futures import MPIPoolExecutor

import isingrg

if __name__ == "__main__":
    with MPIPoolExecutor() as pool:
        table = isingrg.ensemble("mlrg", tasks.MODELS, seeds=tasks.SEEDS, executor=pool)
        where = isingrg.ensemble(tasks.threads_and_process, [{}] * 8, executor=pool, threads=2)
    np.savez(sys.argv[1], **table.variables, processes=where["process"], threads=where["threads"])
