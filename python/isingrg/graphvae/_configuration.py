"""What a model is and how it is trained: every setting with its default, range and meaning."""

from __future__ import annotations

import dataclasses
from typing import Self

from isingrg import _core
from isingrg._shared.errors import ArgumentError
from isingrg._shared.settings import Settings, choice, integer, number

LIKELIHOODS = {"mse": _core.GRAPHVAE_MSE, "bernoulli": _core.GRAPHVAE_BERNOULLI}
DECODERS = {"mlp": _core.GRAPHVAE_DECODER_MLP, "graph": _core.GRAPHVAE_DECODER_GRAPH}
REPRESENTATIONS = {"mu": _core.GRAPHVAE_REPRESENTATION_MU, "z": _core.GRAPHVAE_REPRESENTATION_Z}
READOUTS = {"mean": _core.GRAPHVAE_READOUT_MEAN, "sites": _core.GRAPHVAE_READOUT_SITES}


@dataclasses.dataclass(frozen=True)
class Configuration(Settings):
    """Arguments of `GraphVAE`."""

    L: int = integer(
        16, 4, 256, "Linear size of the torus: a multiple of 2**(levels - 1), at least four times "
        "that.", core="size",
    )  # fmt: skip
    latent: int = integer(4, 1, 256, "How many numbers a latent variable has.")
    hidden: int = integer(
        64, 1, 256, "Features of a site, and units of the perceptron that decodes."
    )
    token: int = integer(16, 1, 256, "Features of a token.")
    levels: int = integer(3, 1, 8, "Number of scales.")
    likelihood: str = choice(
        "mse", LIKELIHOODS, "The reconstruction term: the mean over sites of the squared error (a "
        "Gaussian of unit variance, up to constants), or of the binary cross entropy of "
        "(s + 1) / 2.",
    )  # fmt: skip
    decoder: str = choice(
        "mlp", DECODERS, "A perceptron with two hidden layers with ReLU to all sites; or a linear "
        "layer without ReLU to the features of the sites of the last level, graph convolutions "
        "with ReLU from level to level, and a linear layer to each site's output. With the readout "
        "\"sites\" the perceptron decodes the block of every site of the last level on its own.",
    )  # fmt: skip
    beta: float = number(0.1, 0, 1e6, "Weight of the divergence.")
    lambda_rg: float = number(0.5, 0, 1e6, "Weight of the consistency of the levels.")
    representation: str = choice(
        "mu", REPRESENTATIONS, "r in the consistency (Eq. 6): means, or samples with noise of "
        "their own at every level.",
    )  # fmt: skip
    readout: str = choice(
        "mean", READOUTS, "What of a level has a latent variable: the level, from the mean over "
        "its sites as published; or each of its sites, so that the latent variables of a level are "
        "a map.",
    )  # fmt: skip
    anneal: int = integer(
        0, 0, 10**9, "Epochs over which beta and lambda_rg rise linearly from zero; 0 keeps them "
        "constant.",
    )  # fmt: skip

    def completed(self) -> Self:
        block = self.block
        if self.L % block or self.L < 4 * block:
            raise ArgumentError(
                f"L must be a multiple of {block} and at least {4 * block} for {self.levels} "
                f"levels, got {self.L}"
            )
        return self

    def nodes(self, level: int, size: int | None = None) -> tuple[int, ...]:
        """Shape of the latent variables of a level: () or, of a map, (l, l)."""
        side = (size or self.L) >> level
        return () if self.readout == "mean" else (side, side)

    @property
    def block(self) -> int:
        """Sites of the finest level along one of the last: sizes must be multiples of it."""
        return int(2 ** (self.levels - 1))


@dataclasses.dataclass(frozen=True)
class Training(Settings):
    """Settings of `GraphVAE.fit`."""

    epochs: int = integer(60, 1, 10**9, "Passes of this call over the configurations.")
    batch: int = integer(32, 1, 65536, "Configurations per step.")
    lr: float = number(
        1e-3, 1e-12, 10, "Learning rate of Adam.", core="learning_rate", limits_steps=True
    )
    weight_decay: float = number(0.0, 0, 10, "Factor by which a parameter adds to its gradient.")
