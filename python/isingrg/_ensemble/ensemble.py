"""The function `isingrg.ensemble`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from isingrg._ensemble._code import VERSION
from isingrg._ensemble._ledger import Ledger
from isingrg._ensemble._plan import Array, Plan
from isingrg._ensemble._pools import Here
from isingrg._ensemble._results import gathered
from isingrg._ensemble._scheduler import Scheduler
from isingrg._ensemble._store import Store
from isingrg._ensemble._together import run_together
from isingrg._ensemble._work import Job, process
from isingrg._methods import METHODS
from isingrg._shared import arguments
from isingrg._shared.files import Path
from isingrg._shared.progress import reporting

if TYPE_CHECKING:
    import xarray

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _of_methods(function: _Function) -> _Function:
    """A function whose docstring has what all methods say for ``{names}`` and ``{members}``."""
    text = inspect.cleandoc(function.__doc__ or "")
    names = ", ".join(f'"{name}"' for name in METHODS)
    members = (inspect.cleandoc(method.member.__doc__ or "") for method in METHODS.values())
    text = text.replace("{names}", f"{{{names}}}").replace("{members}", "\n\n".join(members))
    function.__doc__ = text
    return function


@_of_methods
def ensemble(
    task: str | Callable[..., Any],
    settings: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    seeds: int | Iterable[int] | None = None,
    executor: Any = None,
    store: Path | None = None,
    threads: int = 1,
    progress: Any = False,
) -> xarray.Dataset | dict[str, Array]:
    """Run a task for every setting and seed, on one machine or many.

    The numbers are the same, bit for bit, wherever the members run.

    Parameters
    ----------
    task : {names} or callable
        The name of a method, see Notes, or a function, called as ``task(**settings)``, which
        returns a number, an array, or a mapping of names to numbers and arrays. Strings and truth
        values may stand in place of numbers. Processes can only be sent functions of modules.
    settings : mapping, or list of mappings
        A mapping is a grid: a list, a range or an array of one dimension is an axis; anything
        else, also a tuple or a string, is a constant. A list has one mapping for each member.
    seeds : int or iterable of int, optional
        0 to n - 1, or distinct numbers: each setting runs with every seed, passed as keyword
        `seed`. By default none is passed.
    executor : optional
        Any executor with the interface of `concurrent.futures`; see Examples. It is not shut
        down. By default everything runs in this process: one member after the other, each with
        all cores, except that members of "mlrg" run side by side inside the core.
    store : path, optional
        A folder, created if it is missing, that receives a file for each member when it is
        finished. A later call with the same folder computes only what is missing or has failed.
        Members are found by the task, their settings and their seed. A function is known by its
        name, its code, and the code and constants that it reads, see Notes; a method by the
        version of isingrg. Members that other code has computed, and damaged files, are computed
        again, with a warning; results of other code stay in the folder. An ensemble may grow: new
        settings and seeds are added to the ones that are there.
    threads : int
        Threads of the core, 1 to 1024, in workers that are other processes than this one.
    progress : bool or callable
        True shows a bar; a callable receives (done, total), counted in members, and stops by
        returning False: members that have not begun are cancelled, the others awaited.

    Returns
    -------
    xarray.Dataset, or dict of str to ndarray without xarray
        The dimensions are the axes of a grid, in their order, or "member" for a list; then
        "seed". Their values are coordinates; for a list, the settings that vary. Settings that
        are not numbers, truth values or strings are coordinates as Python writes them, `repr`.

        Every named value is a variable, "value" if the task returns only one. An array adds the
        dimensions ``name_0``, ``name_1``, ...; arrays of different lengths are filled up to the
        longest, and have length 1 in dimensions that only others have. The filling, and the value
        of a member that has none, is NaN (numbers then become float64) or an empty string.
        The variable "error" is "" or the last exception of a member without values. A name that
        is already taken gets an underscore at its end.

    Raises
    ------
    ArgumentError, TypeError
        Before any work: if settings do not fit the task, or with `store` have no form in JSON.
    OSError
        If `store` cannot be written; before any work, unless the disk fills up.
    KeyboardInterrupt, Interrupted
        When stopped. What is finished is in the store.
    BrokenExecutor
        If no process of a pool ever returns a member.

    Notes
    -----
    A member that fails is tried once more after the others, and then recorded with its error.
    When worker processes die, their members are tried again in a new pool like the old one; those
    lost twice run alone, so that only the member that kills its worker is recorded as lost. MPI
    ends all of its processes with one of them: start again with the same `store`.

    In a store, the code of a function is its source without comments, docstring and layout, its
    defaults, and the functions, classes and constants that it reads from its module, from other
    modules of the user and from functions around it, and those that these read. Constants are
    numbers, strings, arrays, and lists, mappings and dataclasses of them; other objects count with
    their class, and those that the function itself changes do not. Neither does code of Python and
    of installed packages, but for the version of isingrg. Without a source file, as for functions
    typed at a prompt, the bytecode counts, which other versions of Python may compile in another
    way. A `functools.partial` is its function with further settings. Lambdas, methods of objects
    and objects that can be called have no name by which they could be found, and are refused.

    {members}

    For all methods `checkpoint`, `callback` and `every` are no settings: `store` keeps the results.

    Examples
    --------
    >>> settings = {"moderator": ["monotone", "flow"], "steps": 200}
    >>> table = isingrg.ensemble("mlrg", settings, seeds=2)
    >>> table.critical_coupling.dims
    ('moderator', 'seed')
    >>> medians = table.critical_coupling.median("seed")

    Processes, in a script that others may import:

    >>> if __name__ == "__main__":  # doctest: +SKIP
    ...     spawn = multiprocessing.get_context("spawn")
    ...     with ProcessPoolExecutor(8, mp_context=spawn) as pool:
    ...         isingrg.ensemble(task, {"J": np.linspace(0, 1, 11)}, executor=pool, store="runs")

    Dask, on the cluster that the client is connected to:

    >>> with dask.distributed.Client("tcp://scheduler:8786") as client:  # doctest: +SKIP
    ...     isingrg.ensemble("mlrg", {}, seeds=1000, executor=client.get_executor())

    MPI, started by ``mpiexec -n 3 python -m mpi4py.futures script.py``:

    >>> if __name__ == "__main__":  # doctest: +SKIP
    ...     with mpi4py.futures.MPIPoolExecutor() as pool:
    ...         isingrg.ensemble("mlrg", {}, seeds=1000, executor=pool)
    """
    plan = Plan.of(settings, seeds)
    threads = arguments.integer("threads", threads, 1, 1024)
    if executor is not None and not _submits(executor):
        raise TypeError(
            "executor must be an executor such as concurrent.futures.ProcessPoolExecutor(), "
            f"or None, not {arguments.given(executor)}"
        )
    if callable(task):
        method, function = None, task
        plan.check_keywords(function)
    else:
        name = arguments.choice("task", task, METHODS)
        method = METHODS[name]
        function = method.member
        plan.check_known(method.keywords)
    with reporting(progress, "ensemble", "members") as report:
        folder = None
        if store is not None:
            folder = (
                Store.of_task(store, function, plan.members)
                if method is None
                else Store(store, name, VERSION, plan.members)
            )
        ledger = Ledger(len(plan.members), folder)
        if method is not None and method.together is not None and executor is None:
            run_together(method.together, plan.members, ledger, report)
        else:
            jobs = [Job(function, member, threads, process()) for member in plan.members]
            tell = ledger.reporter(report)
            Scheduler(Here() if executor is None else executor, jobs, ledger, tell).run()
    return gathered(plan, [outcome for outcome in ledger.outcomes if outcome is not None])


def _submits(executor: Any) -> bool:
    return callable(getattr(executor, "submit", None)) and not inspect.isclass(executor)
