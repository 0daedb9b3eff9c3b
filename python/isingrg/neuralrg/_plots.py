"""What a trained flow says about configurations, as figures."""

from typing import TYPE_CHECKING, Any

from isingrg.neuralrg._sampling import Sampling

if TYPE_CHECKING:
    from isingrg.plot import Drawing


class Plots(Sampling):
    """The part of `NeuralRG` that draws, by `isingrg.plot`."""

    def plot_samples(self, n: int = 4, *, seed: int = 0, ax: Any = None) -> "Drawing":
        """Draw configurations that `sample` returns.

        Parameters
        ----------
        n : int
            How many, 1 to 16.
        seed : int
            0 to 2**64 - 1.
        ax : matplotlib axes, optional
            Where to draw, n of them; a new figure by default.

        Returns
        -------
        Drawing
            As of `isingrg.plot.samples`.
        """
        from isingrg import plot

        return plot.samples(self.sample(n, seed=seed), ax=ax)

    def plot_responses(self, n: int | None = None, *, ax: Any = None, **settings: Any) -> "Drawing":
        """Draw how latent variables respond to physical ones.

        Parameters
        ----------
        n : int, optional
            Samples to average over, at least 1; or give x.
        ax : matplotlib axes, optional
            Where to draw, as many as there are latent variables; a new figure by default.
        **settings
            Further keywords of `responses`: x, scale, sites, seed, progress.

        Returns
        -------
        Drawing
            As of `isingrg.plot.responses`.
        """
        from isingrg import plot

        return plot.responses(self.responses(n, **settings), ax=ax)
