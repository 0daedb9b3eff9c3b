"""Processes: forks after use, other ways to start them, subinterpreters, and the end of Python.

Everything runs in processes of its own, which have to end normally and in time.
"""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))
from small_models import MODELS

#: For processes that import the table, too.
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
}

PREPARE = """
import atexit, concurrent.futures, multiprocessing, os, signal, sys, threading, time
import numpy as np
from isingrg import Interrupted, IsingRGError, ising, mlrg, neuralrg, set_num_threads
from small_models import MODELS

set_num_threads(3)
# Enough in a step for several threads.
MAKE = {name: lambda s=small: s.trained(20, batch=256) for name, small in MODELS.items()}

def result(name, model=None):
    model = MAKE[name]() if model is None else model
    return model._state()[1]

def same(a, b):
    return all(np.array_equal(a[n], b[n], equal_nan=True) for n in a | b)
"""


def run(code, *, expected=0, seconds=120):
    """What a script prints, which must end with this code."""
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREPARE + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=seconds, env=ENVIRONMENT,
    )  # fmt: skip
    assert process.returncode == expected, process.stdout + process.stderr
    return process.stdout, process.stderr


# Forks


@pytest.mark.parametrize("name", MODELS)
def test_a_fork_after_use(name):
    """Parent and child train further and make a model anew, with the threads of the core."""
    run(f"""
        model = MAKE[{name!r}]()
        right = result({name!r})
        child = os.fork()
        assert same(result({name!r}), right) and same(result({name!r}, model), right)
        model.close()
        grandchild = os.fork() if not child else None
        assert same(result({name!r}), right)
        if grandchild:
            assert os.waitpid(grandchild, 0)[1] == 0
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """)


def test_a_fork_while_another_thread_trains():
    """The child has the thread's model, but not the thread: that is in use for ever, others not."""
    run("""
        running = threading.Event()
        model = mlrg.MLRG().fit(1)
        def report(done, total):
            running.set()
            return not stopped
        stopped = False
        def train():
            try:
                model.fit(10**7, progress=report)
            except IsingRGError:
                pass
        thread = threading.Thread(target=train)
        thread.start()
        running.wait()
        for _ in range(20):
            child = os.fork()
            if not child:
                try:
                    model.fit(1)
                    os._exit(1)
                except IsingRGError as error:
                    assert "in use" in str(error)
                a, b = result("mlrg"), result("mlrg")
                os._exit(0 if same(a, b) else 2)
            assert os.waitpid(child, 0)[1] == 0
        stopped = True
        thread.join()
        assert len(model.history["loss"]) == model.step > 1
        assert same(result("mlrg"), result("mlrg"))
    """)


def test_a_fork_while_another_thread_asks():
    """What the thread only reads is free in the child, which lacks the thread."""
    run("""
        running, go = threading.Event(), threading.Event()
        def report(done, total):
            running.set()
            go.wait()
        model = MAKE["neuralrg"]()
        straight = MAKE["neuralrg"]().fit(2, 256)
        thread = threading.Thread(target=lambda: model.sample(2000, progress=report))
        thread.start()
        running.wait()
        child = os.fork()
        if not child:
            os._exit(not same(result("", model.fit(2, 256)), result("", straight)))
        try:
            model.fit(1)
            raise AssertionError("the parent has the thread")
        except IsingRGError as error:
            assert "in use" in str(error)
        assert os.waitpid(child, 0)[1] == 0
        assert model.sample(2).shape == (2, 4, 4)  # which another one that asks does not disturb
        go.set()
        thread.join()
        assert same(result("", model.fit(2, 256)), result("", straight))
    """)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("call", ["sample", "ask", "fit"])
def test_a_child_that_returns_from_progress(call, threads):
    """It waited for threads that its parent has. Only the parent goes on."""
    run(f"""
        set_num_threads({threads})
        model = MAKE["neuralrg"]()
        calls = dict(
            sample=lambda **k: ising.sample(64, [0.4] * 8, 50, **k),
            ask=lambda **k: model.sample(20000, **k),
            fit=lambda **k: model.fit(200, **k) and result("", model),
        )
        right = calls["ask"]() if {call!r} == "ask" else calls["sample"]()
        children = []
        def report(done, total):
            if len(children) < 2:
                children.append(os.fork())
                if not children[-1]:
                    signal.alarm(60)
        try:
            found = calls[{call!r}](progress=report)
        except Interrupted as error:
            assert children[-1] == 0 and "forked" in str(error)
            assert len(model.history["loss"]) == model.step
            model.fit(2)
            os._exit(not same(result("mlrg"), result("mlrg")))
        assert len(children) == 2 and all(children)
        assert all(os.waitpid(child, 0)[1] == 0 for child in children)
        assert {call!r} == "fit" or np.array_equal(found, right)
    """)


def test_the_first_calls_import_nothing():
    """A child forked while another thread imports a module waits for that thread for ever."""
    process = subprocess.run(
        [sys.executable, "-c", """if True:
            import sys
            from isingrg import ising
            from small_models import MODELS
            before = set(sys.modules)
            spins = ising.sample(8, [0.3, 0.5], 10, n_thermalize=5, seed=1)[:, 0]
            ising.energy(spins), ising.magnetization(spins), ising.log_partition(4, 0.4)
            for small in MODELS.values():
                small.evaluate(small.trained(2))
            print(*set(sys.modules) - before)
        """], capture_output=True, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (0, "\n"), process.stderr


def test_a_fork_inside_progress():
    """The child ends where it began, as those of multiprocessing do; the parent goes on."""
    run("""
        children = []
        def report(done, total):
            child = os.fork()
            if not child:
                os._exit(0 if same(result("graphvae"), right) else 1)
            children.append(child)
        right = result("graphvae")
        spins = ising.sample(64, [0.4] * 8, 20, progress=report)
        assert children and all(os.waitpid(child, 0)[1] == 0 for child in children)
        assert np.array_equal(spins, ising.sample(64, [0.4] * 8, 20))
    """)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method, tmp_path):
    """A model travels to workers and back."""
    script = tmp_path / "script.py"
    body = f"""
    def work(model):
        return model.fit(5, 64)

    if __name__ == "__main__":
        model = mlrg.MLRG().fit(20, 64, total_steps=50)
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            trained = pool.map(work, [model] * 3)
        straight = mlrg.MLRG().fit(25, 64, total_steps=50)
        assert all(same(result("", one), result("", straight)) for one in trained)
        assert same(result("", model.fit(5)), result("", straight))
    """
    script.write_text(PREPARE + textwrap.dedent(body))
    process = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, env=ENVIRONMENT
    )
    assert process.returncode == 0, process.stderr


# The end of Python


def test_the_end_during_a_training_in_a_daemon_thread():
    output, _ = run("""
        running = threading.Event()
        def train():
            mlrg.MLRG().fit(10**7, progress=lambda done, total: running.set())
        for _ in range(3):
            threading.Thread(target=train, daemon=True).start()
        running.wait()
        print("main ends")
    """)
    assert output == "main ends\n"


def test_the_end_waits_for_other_threads():
    output, _ = run("""
        def train():
            model = mlrg.MLRG().fit(3000)
            print("trained", model.step)
        threading.Thread(target=train).start()
    """)
    assert output == "trained 3000\n"


def test_a_training_at_the_exit():
    output, _ = run("""
        model = MAKE["mlrg"]()
        atexit.register(lambda: print("at exit", model.fit(5).step))
    """)
    assert output == "at exit 25\n"


@pytest.mark.parametrize("name", MODELS)
def test_sys_exit_in_progress(name):
    output, errors = run(
        f"""
        model = MAKE[{name!r}]()
        atexit.register(lambda: os.write(1, b"%d" % len(model.history["loss"])))
        MODELS[{name!r}].fit(model, 10**7, progress=lambda done, total: sys.exit(7))
        """,
        expected=7,
    )
    assert int(output) > 0 and errors == ""


def test_models_that_are_left_to_the_end():
    """In globals, in a cycle, with a traceback, in a generator that was not finished."""
    run("""
        models = [make() for make in MAKE.values()]
        cycle = [models[0]]
        cycle.append(cycle)
        def generator(model):
            with model:
                yield model.step
        unfinished = generator(MAKE["mlrg"]())
        next(unfinished)
        try:
            models[0].fit(10**7, progress=lambda done, total: 1 / 0)
        except ZeroDivisionError as error:
            kept = error
    """)


def test_deep_recursion_through_progress():
    """The library calls progress, which calls the library, until Python has had enough."""
    run("""
        depth = 0
        def deeper(done, total):
            global depth
            depth += 1
            ising.sample(4, 0.4, 1, progress=deeper)
        try:
            ising.sample(4, 0.4, 1, progress=deeper)
        except RecursionError:
            assert depth > 50
        else:
            raise AssertionError("there is no end")
        assert ising.sample(4, 0.4, 1).shape == (1, 1, 4, 4)
    """)


# Subinterpreters


def test_a_subinterpreter_refuses_with_a_message():
    """NumPy can be imported once per process, and says so; the main interpreter goes on."""
    pytest.importorskip("_xxsubinterpreters")
    output, _ = run("""
        import _xxsubinterpreters as interpreters
        right = result("mlrg")
        for _ in range(3):
            sub = interpreters.create()
            try:
                interpreters.run_string(sub, "import isingrg")
            except interpreters.RunFailedError as error:
                print(error)
            interpreters.destroy(sub)
        assert same(result("mlrg"), right)
    """)
    assert output.count("ImportError") == 3
