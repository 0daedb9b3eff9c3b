"""The sampler that draws configurations from coarse to fine."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from isingrg import _core
from isingrg._shared.errors import ArgumentError
from isingrg._shared.files import Path
from isingrg._shared.history import Columns, Floats
from isingrg._shared.model import NativeModel
from isingrg._shared.settings import documented
from isingrg._shared.storage import Format
from isingrg._shared.training import Callback, Watch, alone
from isingrg.ising import K_CRITICAL
from isingrg.ising._couplings import couplings
from isingrg.multilevel import (
    _couplings,
    _evaluation,
    _metropolis,
    _partition,
    _plots,
)
from isingrg.multilevel._configuration import Configuration, Training

_MOST_SAMPLES = 2**31


@documented(Configuration)
class MultilevelSampler(NativeModel):
    """A sampler that draws Ising spins from coarse to fine and knows their probability.

    After a first spin come the spacings a = L/2, ..., 2, 1. At each the sites B at (a, a) are drawn
    between those of the lattice of spacing 2 a, then C at (a, 0) and D at (0, a), each kind in
    colours one after another. A spin is drawn with

        p(s_i = 1 | drawn before) = 1 / (1 + exp(-2 h_i)),

    rounded to multiples of 2**-31. At a = 1 the sites C and D, and with two or more colours half of
    B, have their exact fields: 5/8 of all spins. Of all others h_i = sum_o J_o phi_o, where phi_o
    is a product of nearest drawn spins, summed over the symmetry of the surroundings: without a
    field h single spins and products of three and five, so that q(-s) = q(s). A sum beyond
    4 |K| + |h|, the field among four equal neighbours, which no exact one exceeds, is cut off.

    Parameters
    ----------
    {settings}

    Notes
    -----
    A model may be used from several threads; a call that meets a training in another thread raises
    `IsingRGError`. Cluster algorithms (`isingrg.ising.sample`) need no training, are exact, and
    overtake it on large lattices; the sampler adds probabilities: ln Z without integration,
    unbiased averages at other couplings, and fine configurations given coarse ones.

    References
    ----------
    A. Singha et al., "Multilevel Generative Samplers for Investigating Critical Phenomena",
    arXiv:2503.08918, draws from coarse to fine with neural networks.

    Examples
    --------
    >>> sampler = MultilevelSampler(L=8).fit(2)
    >>> spins, log_prob = sampler.sample_with_log_prob(100)
    >>> bool((sampler.log_prob(spins) == log_prob).all())
    True
    >>> estimate = sampler.log_partition(10_000)
    >>> bool(abs(estimate.value - isingrg.ising.log_partition(8, sampler.K)) < 0.01)
    True
    """

    _configuration: Configuration
    _training: Training
    _format = Format("isingrg.multilevel", 1)
    _training_type = Training
    _columns = Columns(
        "step",
        (
            "loss", "standard_error", "effective_share", "log_partition", "log_partition_error",
            "forward_kl", "forward_kl_error",
        ),
        optional=frozenset({"forward_kl", "forward_kl_error"}),
    )  # fmt: skip
    _create = staticmethod(_core.multilevel_create)

    def __init__(
        self,
        L: int = 16,
        K: float = K_CRITICAL,
        *,
        neighbours: int = 16,
        linear: int = 36,
        triples: int = 16,
        quintuples: int = 8,
        colours: int = 4,
        field: float = 0.0,
    ) -> None:
        self._configure(Configuration.of(locals()), Training())
        couplings(self.K)  # warns of a temperature

    def _new_native(self, seed: int) -> Any:
        return self._create(self._configuration.record())  # nothing is random in a new one

    @property
    def L(self) -> int:
        """Linear size of the lattice."""
        return self._configuration.L

    @property
    def K(self) -> float:
        """Coupling J/T of the target."""
        return self._configuration.K

    @property
    def field(self) -> float:
        """Field h of the target."""
        return self._configuration.field

    @documented(Training)
    @alone
    def fit(
        self,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        *,
        damping: float | None = None,
        start: str | None = None,
        seed: int | None = None,
        checkpoint: Path | None = None,
        callback: Callback | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> MultilevelSampler:
        """Train, or train further, down the natural gradient of the divergence from the target.

        The first call finds couplings to begin with, as `start` says. Each step then draws a batch
        and moves by the inverse Fisher information times the gradient of the likelihood of the
        target, which the weights w of the batch make of it; far from the target, where few of them
        count, by powers w**gamma of at least 30 % effective sample size. A training in pieces is
        the same, bit for bit, as one in a single call. An argument that is not given keeps its
        value of the call before; the first call takes the default.

        Parameters
        ----------
        {settings}
        seed : int, optional
            Of all random numbers. By default 0, and later that of the call before.
        checkpoint : str or os.PathLike, optional
            A file that gets the model, as by `save`, after every so many steps, at the end, and
            when the training is stopped or fails; what is there is replaced. `load` gives a
            model that `fit` continues bit for bit.
        callback : callable, optional
            Receives an `isingrg.TrainingRecord` after every so many steps and at the end. When it
            returns False, the training ends there without an exception.
        every : int, optional
            Steps between two checkpoints, by default 1, and between two calls of `callback`, by
            default 1; 1 to 10**9.
        progress : bool or callable
            True shows a bar; a callable receives (done, total) and stops by returning False.

        Returns
        -------
        MultilevelSampler
            This model. Its `history` says of each step what the model was after it, by a new batch:
            "loss", the mean of -ln w, an upper bound of -ln Z, and "standard_error";
            "effective_share", the effective sample size divided by the batch; "log_partition", ln Z
            by weights, and its error; and "forward_kl", the divergence from the target to the model
            in nat by up to 2048 exact configurations, and its error. The last one grows, and ln Z
            is too low, where the model never draws what the target has. With a field, where ln Z is
            not known, "log_partition" stands for it.

        Raises
        ------
        KeyboardInterrupt, Interrupted
            Within half a second when stopped. The model stays at its last complete step, which
            a note on the exception names; `fit` continues from it.
        NonFiniteError, ConvergenceError
            If weights stop being finite, or the curvature is singular; the model stays at the step
            before.
        MemoryError
            If the machine cannot hold the batch, a byte for each spin.
        OSError
            If the checkpoint cannot be written: before the training where that can be seen, else
            with the model at the step that a note names and the last good file untouched.

        Warns
        -----
        RuntimeWarning
            If exact configurations show after the last step that a part of the target is lost,
            though weights look good.
        """
        given = dict(locals())
        watch = Watch.checked(checkpoint, every, callback, progress, default=1)
        self._train(self._begin(self._changed(given), seed), _core.multilevel_fit, watch)
        _partition.warn_if_a_part_is_lost(self)
        return self

    @alone
    def fit_samples(
        self,
        spins: ArrayLike,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        *,
        damping: float | None = None,
        start: str | None = None,
        seed: int | None = None,
        checkpoint: Path | None = None,
        callback: Callback | None = None,
        every: int | None = None,
        progress: Any = False,
    ) -> MultilevelSampler:
        """Train, or train further, by maximum likelihood on given configurations.

        Each step is one of Newton's method, whose problem is convex: with lr=1 five find the
        maximum. Random
        symmetries of the lattice, and without a field the reversal of all spins, multiply the
        configurations. `fit` can follow.

        Parameters
        ----------
        spins : array_like, shape (..., L, L)
            +1 and -1, 1 to 2**31 configurations of the target.
        steps, batch, lr, damping, start, seed, checkpoint, callback, every, progress
            As for `fit`; damping and start do not count, and the batch only reports. To continue
            from a checkpoint, spins are to be the same again.

        Returns
        -------
        MultilevelSampler
            This model, with a history as after `fit`.

        Raises
        ------
        KeyboardInterrupt, Interrupted, NonFiniteError, ConvergenceError, MemoryError, OSError
            As for `fit`.
        """
        given = dict(locals())
        samples = _evaluation.configurations(self, spins).reshape(-1, self.L, self.L)
        if not 1 <= len(samples) <= _MOST_SAMPLES:
            raise ArgumentError(f"spins must hold 1 to 2**31 configurations, got {len(samples)}")
        watch = Watch.checked(checkpoint, every, callback, progress, default=1)

        def steps_on(native: Any, record: dict[str, Any], rows: Floats, report: Any) -> Any:
            return _core.multilevel_fit_samples(native, samples, record, rows, report)

        self._train(self._begin(self._changed(given), seed), steps_on, watch)
        return self

    @alone
    def adopt(self, sampler: MultilevelSampler) -> MultilevelSampler:
        """Begin with the couplings of a sampler of the same size or of half of it.

        At each spacing these are the other's for the products that both have, but at the coarsest
        those of half the spacing, whose lattice has as many sites. `fit` then continues from there.

        Parameters
        ----------
        sampler : MultilevelSampler
            Trained, at any K, with equal numbers of neighbours and colours.

        Returns
        -------
        MultilevelSampler
            This model, which must not have been trained.
        """
        if not isinstance(sampler, MultilevelSampler):
            raise TypeError(f"sampler must be a MultilevelSampler, not {type(sampler).__name__}")
        self._check_open()
        if self._native is not None:
            raise ArgumentError("only a sampler that has not been trained can adopt couplings")
        native = self._new_native(0)
        _core.multilevel_adopt(native, sampler._ready())
        self._native = native
        return self

    sample = _evaluation.sample
    sample_with_log_prob = _evaluation.sample_with_log_prob
    log_prob = _evaluation.log_prob
    refine = _evaluation.refine
    free_energy = _partition.free_energy
    log_partition = _partition.log_partition
    log_weights = _partition.log_weights
    metropolis = _metropolis.metropolis
    couplings = _couplings.couplings
    plot_couplings = _plots.plot_couplings
