"""Many calls of one task: over settings and seeds, on threads, processes, Dask or MPI."""

from isingrg._ensemble.ensemble import ensemble

__all__ = ["ensemble"]
