"""Tools that several tests share."""

import signal
import subprocess
import sys
import time

import pytest

# A shell starts its background jobs with SIGINT ignored, which children inherit: the tests of
# Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

INTERRUPTIBLE = """
import time
import numpy as np
from isingrg import ising, mlrg, statistics
{prepare}
try:
    print("ready", flush=True)
    {call}
except KeyboardInterrupt:
    print(time.clock_gettime(time.CLOCK_MONOTONIC))
    exec("")  # see the questions and answers of the documentation
"""


@pytest.fixture(scope="session")
def seconds_to_stop():
    """Seconds from Ctrl-C to the end of a call that runs in a process of its own.

    A machine busy with other work can delay any process: the best of up to three counts, and the
    first below half a second ends the search.
    """

    def once(call, prepare):
        code = INTERRUPTIBLE.format(call=call, prepare=prepare)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.4)
        sent = time.clock_gettime(time.CLOCK_MONOTONIC)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 0
        return float(output) - sent

    def best(call, prepare=""):
        times = []
        while len(times) < 3 and min(times, default=1.0) >= 0.5:
            times.append(once(call, prepare))
        return min(times)

    return best
