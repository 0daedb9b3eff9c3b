"""Estimates with their errors: means of correlated series, bootstrap, jackknife, correlation.

Every function of the package that estimates a number returns an `Estimate`.
"""

from isingrg.statistics._bootstrap import bootstrap
from isingrg.statistics._correlation import correlation
from isingrg.statistics._estimate import Estimate
from isingrg.statistics._jackknife import jackknife
from isingrg.statistics._series import autocorrelation_time, mean_and_error

__all__ = [
    "Estimate",
    "autocorrelation_time",
    "bootstrap",
    "correlation",
    "jackknife",
    "mean_and_error",
]
