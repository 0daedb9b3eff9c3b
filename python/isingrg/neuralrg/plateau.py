"""When a flow has learned what it can: a callback that ends its training."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from isingrg._shared import arguments
from isingrg._shared.training import TrainingRecord

if TYPE_CHECKING:
    from isingrg.neuralrg.model import NeuralRG


class Plateau:
    """Ends a training when the effective sample size stops growing.

    It is the argument `callback` of `NeuralRG.fit`, with `every` as the distance of measurements,
    each of which draws n samples with their weights.

    Parameters
    ----------
    model : NeuralRG
        The one that is trained.
    n : int
        Samples of each measurement, 2 to 2**32. The same are drawn each time.
    patience : int
        Measurements without a new largest value after which the training ends, 1 to 10**6.
    seed : int
        Of the samples, 0 to 2**64 - 1.

    Attributes
    ----------
    steps : list of int
        When the effective sample size was measured.
    effective_sample_sizes : list of float
        What it was then, as a part of n, 0 to 1.

    Examples
    --------
    >>> model = NeuralRG(4, 0.3, layers=4)
    >>> plateau = Plateau(model, 500, patience=2)
    >>> model = model.fit(10**6, 32, 1e-2, callback=plateau, every=10)
    >>> best = max(plateau.effective_sample_sizes)
    >>> plateau.effective_sample_sizes.index(best) == len(plateau.steps) - 3
    True
    """

    def __init__(self, model: NeuralRG, n: int = 2000, *, patience: int = 5, seed: int = 0) -> None:
        # Not isinstance: the model's class imports what is beside this one.
        if not hasattr(model, "log_partition"):
            raise TypeError(f"model must be a NeuralRG, not {type(model).__name__}")
        self._model = model
        self._n = arguments.integer("n", n, 2, 2**32)
        self._patience = arguments.integer("patience", patience, 1, 10**6)
        self._seed = arguments.seed(seed)
        self.steps: list[int] = []
        self.effective_sample_sizes: list[float] = []

    def __call__(self, record: TrainingRecord) -> bool:
        """Measures, and tells whether to go on.

        Parameters
        ----------
        record : isingrg.TrainingRecord
            From `fit`.

        Returns
        -------
        bool
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of few samples: that is the question
            found = self._model.log_partition(self._n, seed=self._seed).effective_sample_size or 0.0
        self.steps.append(record.step)
        self.effective_sample_sizes.append(float(found) / self._n)
        best = self.effective_sample_sizes.index(max(self.effective_sample_sizes))
        return len(self.steps) - 1 - best < self._patience
