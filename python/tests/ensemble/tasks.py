"""Tasks that workers in other processes can import."""

import os
import signal
import tempfile
import time
from pathlib import Path

#: A small ensemble of the method "mlrg" that uses every kind of training.
MODELS = {"moderator": ["monotone", "flow"], "divergence": ["kl", "cd"], "hidden": (6,),
          "steps": 30, "batch": 4, "cd_samples": 16, "teacher_sweeps": 4, "record_from": 20,
          "hmc_leapfrog": 2}  # fmt: skip
SEEDS = [0, 7]


def note(folder, member):
    """Leaves a file that says that a member has run once more."""
    tempfile.mkstemp(prefix=f"{member}-", dir=folder)


def runs(folder):
    """How often each member has run."""
    names = [path.name.split("-")[0] for path in Path(folder).iterdir()]
    return {int(name): names.count(name) for name in names}


def waits(folder, member):
    """Members from 4 on go on when the file "go" is beside the folder."""
    note(folder, member)
    while member >= 4 and not Path(f"{folder}.go").exists():
        time.sleep(0.01)
    return member**2


def fails_at_first(folder, member):
    """Member 3 raises until the file "mended" exists beside the folder."""
    note(folder, member)
    if member == 3 and not Path(f"{folder}.mended").exists():
        raise LookupError("three")
    return member**2


def dies_once(folder, member):
    """Member 2 kills its worker, when others have begun, the first time it runs."""
    note(folder, member)
    time.sleep(0.05)
    if member == 2 and runs(folder)[2] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return member**2


def dies(folder, member):
    """Member 2 kills its worker whenever it runs."""
    note(folder, member)
    time.sleep(0.05)
    if member == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return member**2


def threads_and_process():
    import isingrg

    return {"threads": isingrg.get_num_threads(), "process": os.getpid()}
