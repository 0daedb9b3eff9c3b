"""Error bars from the spread of trained models: J*, Delta_1 and the others of a survey.

A survey reports the mean over models that differ by their seeds, and their standard deviation.
Groups of five models are such surveys: Student's interval of the mean, standard deviation over the
root of five, is to hold the mean of the whole population, and the interval for one more model the
first model of the next group. The truth is the mean of all models; what it differs by from that of
endless many is a fifteenth of a bar. Trainings are short, which makes the spread larger, not other.
"""

import numpy as np
from scipy import stats

import campaign
import isingrg
from error_bars import ONE, TWO, Bar, Coverage

#: Models of a survey, as in `isingrg demo`, and their training.
MODELS = 5
SETTINGS = {"representation": "A1", "steps": 600}
NAMES = {
    "critical_coupling": "J*",
    "scaling_dimension": "Delta_1",
    "degeneracy": "degeneracy",
    "thermal_exponent": "thermal exponent",
}


def student(mean: float, error: float) -> Bar:
    """A bar whose standard deviation is that of `MODELS` numbers."""
    one, two = (stats.t.ppf(0.5 + nominal / 2, MODELS - 1) * error for nominal in (ONE, TWO))
    return Bar(mean, one, (mean - two, mean + two))


def run(surveys: int) -> campaign.Outcome:
    coverage = Coverage()
    table = isingrg.ensemble("mlrg", SETTINGS, seeds=range(surveys * MODELS))
    for name, label in NAMES.items():
        values = np.asarray(table[name]).reshape(-1)
        known = values[np.isfinite(values)]
        if len(known) < len(values):
            coverage.failures.append(f"{len(values) - len(known)} models have no {label}")
        groups = known[: len(known) // MODELS * MODELS].reshape(-1, MODELS)
        means, deviations = groups.mean(1), groups.std(1, ddof=1)
        errors = deviations / np.sqrt(MODELS)
        coverage.add(f"{label}, mean of {MODELS} models", known.mean(), map(student, means, errors))
        ahead = means - np.roll(groups[:, 0], -1)
        spread = deviations * np.sqrt(1 + 1 / MODELS)
        coverage.add(f"{label}, one more model", 0.0, map(student, ahead, spread))
    return coverage.outcome("coverage of the spread of trained models")


if __name__ == "__main__":
    campaign.main(run, short=8, full=200)
