"""How many threads a peer gets."""

import statistics


def best_of_threads(seconds, *arguments, **keywords):
    """Median of a list of times with one or with two threads, whichever is less: small tensors are
    often faster on one."""
    return min(
        statistics.median(seconds(*arguments, threads=threads, **keywords)) for threads in (1, 2))
