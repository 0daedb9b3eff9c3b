"""States that no file may hold, written into a model past the checks that loading makes."""

import numpy as np

from isingrg import _core
from isingrg._shared import state


def put(model, values):
    """Fills arrays of the state, by name, each with one number; returns the model."""
    for index, (name, shape) in enumerate(state.listed(model._native)):
        if name in values:
            array = np.full(shape, float(values[name]))
            _core.model_write_array(model._native, index, array)
    return model
