"""Makes the tasks of this folder importable, here and in the workers, which inherit the path."""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pytest

HERE = os.path.dirname(__file__)
sys.path.insert(0, HERE)
os.environ["PYTHONPATH"] = os.pathsep.join([HERE, *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture
def spawned():
    """A pool of processes that are started afresh, not forked."""
    return partial(ProcessPoolExecutor, mp_context=multiprocessing.get_context("spawn"))
