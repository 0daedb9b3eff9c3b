"""Trained A1 models against the exact RG map: ten seeds, none left out.

The limits are those a user may rely on. The training is deterministic, so the tests cannot fail
by chance; over seeds 1000 to 1119 the largest errors were less than half of these limits.
"""

import numpy as np
import pytest

from isingrg import mlrg
from isingrg.mlrg import MLRG, _survey

SEEDS = range(10)


@pytest.fixture(scope="module", params=["monotone", "flow"])
def trained(request):
    return _survey.train(SEEDS, {"moderator": request.param}, {})


def errors(trained, name, exact):
    return np.array([getattr(model, name) for model in trained]) - exact


def test_all_seeds_are_there(trained):
    assert [model.seed for model in trained] == list(SEEDS)


@pytest.mark.parametrize(
    "name, exact, tolerance",
    [
        ("critical_coupling", 0.8139196792, 0.002),
        ("delta_1", 0.0916525, 0.002),
        ("degeneracy", 1.854375, 0.01),
        ("thermal_exponent", 0.88041, 0.02),
    ],
)
def test_each_model_reaches_the_exact_value(trained, name, exact, tolerance):
    assert np.abs(errors(trained, name, exact)).max() < tolerance


def test_flow_is_the_exact_map(trained):
    J = np.linspace(-1.2, 1.2, 49)
    exact = np.asarray(mlrg.exact_map(J))
    for model in trained:
        assert np.abs(model.model.flow(J, 1)[1] - exact).max() < 5e-3


def test_critical_coupling_is_the_fixed_point(trained):
    for model in trained:
        assert model.model.fixed_point() == pytest.approx(model.critical_coupling, abs=1e-9)


def test_contrastive_divergence_is_near():
    """Sampled gradients scatter around the same fixed point (Shen: 0.8167, box 0.799 to 0.831)."""
    points = [
        MLRG("A1", moderator="flow", divergence="cd").fit(seed=s).fixed_point(0.8) for s in (0, 1)
    ]
    assert np.abs(np.array(points) - 0.8139).max() < 0.03
