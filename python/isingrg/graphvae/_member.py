"""The method "graphvae" of ensembles: one autoencoder, trained, and what it says."""

from __future__ import annotations

from typing import Any

import numpy as np

from isingrg._shared.records import keywords_of, part
from isingrg.graphvae._evaluation import level_means
from isingrg.graphvae._principal import principal_components
from isingrg.graphvae._published import published_data
from isingrg.graphvae.model import GraphVAE
from isingrg.ising import magnetization
from isingrg.statistics._correlation import pearson

_OF_MODEL = keywords_of(GraphVAE)
_OF_FIT = keywords_of(GraphVAE.fit) - {"spins"}

KEYWORDS = _OF_MODEL | _OF_FIT | {"n_samples", "data_seed"}


def member(*, n_samples: int = 200, data_seed: int = 0, **settings: Any) -> dict[str, Any]:
    """The method "graphvae" trains one autoencoder of `isingrg.graphvae` in each member, on
    `isingrg.graphvae.published_data` of its size with the settings `data_seed` and `n_samples`, by
    default 0 and 200. Its other settings are the keywords of `GraphVAE` and of `GraphVAE.fit`. Its
    values are the terms of the loss, ``loss``, ``reconstruction``, ``kl`` and ``rg``;
    ``correlation_with_magnetization`` of PC1 of the last level (of its mean over sites, if the
    readout is "sites"); and of the RG map of all levels
    the moduli of its ``eigenvalues`` (latent,) and ``cosine_with_pc1``.
    """
    with GraphVAE(**part(settings, _OF_MODEL)) as model:
        spins, _ = published_data(data_seed, L=model.L, n_samples=n_samples)
        model.fit(spins, **part(settings, _OF_FIT))
        said: dict[str, Any] = model.loss(spins)
        mu = level_means(model, spins)[-1]
        if (mu.reshape(-1, model.latent).min(0) < mu.reshape(-1, model.latent).max(0)).any():
            first = principal_components(mu).projections[..., 0]
            mean_spins = np.asarray(magnetization(spins))
            said["correlation_with_magnetization"] = pearson(first, mean_spins)
        if model.levels > 1:
            found = model.rg_map(spins, resamples=20)
            said["eigenvalues"] = abs(found.eigenvalues)
            said["cosine_with_pc1"] = found.cosine_with_pc1
    return said
