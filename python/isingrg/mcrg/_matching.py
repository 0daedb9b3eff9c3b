"""The critical coupling, from blocks of one lattice that look like those of a smaller one."""

from __future__ import annotations

from isingrg._shared import arguments
from isingrg._shared.errors import ArgumentError
from isingrg.ising import _couplings
from isingrg.mcrg._correlations import Correlations, Reals, combined
from isingrg.statistics import Estimate


def critical_coupling(
    large: Correlations, small: Correlations, K: float, *, level: int | None = None
) -> Estimate:
    """The coupling at which two lattices look alike, one blocked once more than the other.

    After n levels the lattice of b L sites has as many blocks as that of L sites after n - 1. If
    irrelevant couplings have died out, all operators of the two agree where the coupling is
    critical: finite-size effects are the same. Linear in the distance,

        K_c - K = (<S_a^(n-1)>_L - <S_a^(n)>_bL) / d(<S_a^(n)>_bL - <S_a^(n-1)>_L)/dK.

    Parameters
    ----------
    large, small : Correlations
        Of lattices of b L and of L sites along a side at the same coupling, with the same operators
        and blocks.
    K : float
        Their coupling, -10 to 10, close to the critical one.
    level : int, optional
        n, from 1 to the levels of `large`; by default the largest that `small` has as well.

    Returns
    -------
    Estimate, shape (even operators,)
        An estimate of K_c from each even operator; they agree where the method is exact.

    Raises
    ------
    ArgumentError
        If the measurements do not belong together.

    References
    ----------
    G. S. Pawley, R. H. Swendsen, D. J. Wallace and K. G. Wilson, doi:10.1103/PhysRevB.29.4030.
    """
    if not (isinstance(large, Correlations) and isinstance(small, Correlations)):
        raise TypeError("large and small must be Correlations")
    same = (
        large.operators == small.operators
        and large.factor == small.factor
        and large.L == small.factor * small.L
    )
    if not same:
        raise ArgumentError(
            f"large must be {large.factor} times as wide as small, with the same operators and "
            f"blocks, got L = {large.L} and {small.L}"
        )
    K = _couplings.coupling(K, -10.0, 10.0)
    most = min(large.levels, small.levels + 1)
    level = most if level is None else arguments.integer("level", level, 1, most)
    even = large.operators.chosen("even")

    def crossing(wide: tuple[Reals, Reals], narrow: tuple[Reals, Reals]) -> Reals:
        distance, slope = ((a - b)[..., even] for a, b in zip(wide, narrow, strict=True))
        coupling: Reals = K - distance / slope
        return coupling

    return combined(crossing, large.response(level), small.response(level - 1))
