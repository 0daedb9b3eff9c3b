"""Estimates with their errors: means of correlated series, bootstrap, jackknife, correlation.

Every function of the package that estimates a number returns an `Estimate`.
"""

from isingrg.statistics._bootstrap import bootstrap
from isingrg.statistics._correlation import correlation
from isingrg.statistics._curves import crossings
from isingrg.statistics._derived import derived
from isingrg.statistics._estimate import Estimate
from isingrg.statistics._jackknife import jackknife
from isingrg.statistics._pyerrors import to_obs
from isingrg.statistics._reweighting import Reweighting
from isingrg.statistics._scaling import Collapse, collapse
from isingrg.statistics._series import autocorrelation_time, mean_and_error

__all__ = [
    "Collapse",
    "Estimate",
    "Reweighting",
    "autocorrelation_time",
    "bootstrap",
    "collapse",
    "correlation",
    "crossings",
    "derived",
    "jackknife",
    "mean_and_error",
    "to_obs",
]
