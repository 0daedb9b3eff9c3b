"""What a trained flow says about configurations, as figures."""

from typing import TYPE_CHECKING, Any

from isingrg.neuralrg._sampling import Sampling

if TYPE_CHECKING:
    from isingrg.plot import Drawing


class Plots(Sampling):
    """The part of `NeuralRG` that draws, by `isingrg.plot`, where artists are told."""

    def plot_samples(self, n: int = 4, *, seed: int = 0, ax: Any = None) -> "Drawing":
        """Draw `sample` (n, seed=seed), n at most 16; see `isingrg.plot.samples`."""
        from isingrg import plot

        return plot.samples(self.sample(n, seed=seed), ax=ax)

    def plot_responses(self, n: int | None = None, *, ax: Any = None, **settings: Any) -> "Drawing":
        """Draw `responses` (n, **settings); see `isingrg.plot.responses`."""
        from isingrg import plot

        return plot.responses(self.responses(n, **settings), ax=ax)
