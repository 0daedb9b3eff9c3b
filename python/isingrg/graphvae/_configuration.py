"""What a model is, apart from its parameters and how it is trained."""

import dataclasses
from typing import Any

from isingrg import _arguments, _core
from isingrg._errors import ArgumentError

LIKELIHOODS = {"mse": _core.MSE, "bernoulli": _core.BERNOULLI}
DECODERS = {"mlp": _core.DECODER_MLP, "graph": _core.DECODER_GRAPH}
REPRESENTATIONS = {"mu": _core.REPRESENTATION_MU, "z": _core.REPRESENTATION_Z}

LARGEST_SIZE, MOST_LEVELS = 256, 8
#: Of latent variables, hidden units and tokens.
WIDEST = 256
LARGEST_WEIGHT, MOST_EPOCHS = 1e6, 10**9


@dataclasses.dataclass(frozen=True)
class Configuration:
    """Checked arguments of `GraphVAE`."""

    L: int
    latent: int
    hidden: int
    token: int
    levels: int
    likelihood: str
    decoder: str
    beta: float
    lambda_rg: float
    representation: str
    anneal: int

    @classmethod
    def checked(
        cls, L: Any, latent: Any, hidden: Any, token: Any, levels: Any, likelihood: Any,
        decoder: Any, beta: Any, lambda_rg: Any, representation: Any, anneal: Any,
    ) -> "Configuration":  # fmt: skip
        levels = _arguments.integer("levels", levels, 1, MOST_LEVELS)
        L = _arguments.integer("L", L, 4, LARGEST_SIZE)
        block = 2 ** (levels - 1)
        if L % block or L < 4 * block:
            raise ArgumentError(
                f"L must be a multiple of {block} and at least {4 * block} for {levels} levels, "
                f"got {L}"
            )
        configuration = cls(
            L,
            _arguments.integer("latent", latent, 1, WIDEST),
            _arguments.integer("hidden", hidden, 1, WIDEST),
            _arguments.integer("token", token, 1, WIDEST),
            levels,
            _arguments.choice("likelihood", likelihood, LIKELIHOODS),
            _arguments.choice("decoder", decoder, DECODERS),
            _arguments.finite("beta", beta, 0, LARGEST_WEIGHT),
            _arguments.finite("lambda_rg", lambda_rg, 0, LARGEST_WEIGHT),
            _arguments.choice("representation", representation, REPRESENTATIONS),
            _arguments.integer("anneal", anneal, 0, MOST_EPOCHS),
        )
        _core.graphvae_destroy(configuration.create(0))  # the core has the last word
        return configuration

    @property
    def block(self) -> int:
        """Sites of the finest level along one of the last: sizes must be multiples of it."""
        return int(2 ** (self.levels - 1))

    def create(self, seed: int) -> Any:
        """A native model with the initial parameters of this seed."""
        return _core.graphvae_create(
            self.L,
            self.latent,
            self.hidden,
            self.token,
            self.levels,
            LIKELIHOODS[self.likelihood],
            DECODERS[self.decoder],
            REPRESENTATIONS[self.representation],
            self.beta,
            self.lambda_rg,
            self.anneal,
            seed,
        )
