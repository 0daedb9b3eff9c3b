/* The moderator models of isingrg.h, held in capsules. */
#include "_core_mlrg_model.h"

DEFINE_MODEL_KIND(mlrg, 1);
DEFINE_MODEL_FUNCTIONS(mlrg)

Model take_model(Call *call)
{
    Native native = take_native(call, &mlrg_kind);
    return (Model){native.handle, native.extents[0]};
}

enum { MAX_HIDDEN = 16, MAX_WIDTH = 1024 };

static PyObject *mlrg_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_create", values, count, 10);
    int32_t widths[MAX_HIDDEN];
    isingrg_mlrg_config config;
    config.representation = take_text(&call, "representation");
    config.moderator = (int32_t)take_integer(&call, "moderator", 0, INT32_MAX);
    config.divergence = (int32_t)take_integer(&call, "divergence", 0, INT32_MAX);
    config.transport = (int32_t)take_integer(&call, "transport", 0, INT32_MAX);
    config.frame = (int32_t)take_integer(&call, "frame", 0, INT32_MAX);
    int64_t couplings = coupling_count(&call, config.representation, config.frame);
    config.activation = (int32_t)take_integer(&call, "activation", 0, INT32_MAX);
    config.layer_norm = (int32_t)take_integer(&call, "layer_norm", 0, 1);
    config.symmetric = (int32_t)take_integer(&call, "symmetric", 0, 1);
    config.n_hidden = take_widths(&call, "hidden", widths, MAX_HIDDEN, MAX_WIDTH);
    config.hidden = widths;
    config.seed = take_unsigned(&call, "seed");
    isingrg_mlrg *handle = NULL;
    RUN(&call, isingrg_mlrg_create(&config, &handle));
    if (close_call(&call) < 0) return NULL;
    return wrap_model((Native){&mlrg_kind, handle, {couplings, 1, 1}});
}

static PyObject *mlrg_step(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_step", values, count, 1);
    Model model = take_model(&call);
    uint64_t step = 0;
    RUN(&call, isingrg_mlrg_step(model.handle, &step));
    return close_call(&call) < 0 ? NULL : PyLong_FromUnsignedLongLong(step);
}

/* MARK: What a model says */

static PyObject *mlrg_monotone(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_monotone", values, count, 4);
    Model model = take_model(&call);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY, model.couplings));
    Array monotone = take_array(&call, "values", 'd', OUTPUT, SHAPE(couplings.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_monotone(
        model.handle, couplings.data, couplings.shape[0], monotone.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_velocity(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_velocity", values, count, 5);
    Model model = take_model(&call);
    int64_t c = model.couplings;
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY, c));
    int64_t n = couplings.shape[0];
    Array velocity = take_array(&call, "velocity", 'd', OUTPUT, SHAPE(n, c));
    Array jacobian = take_array(&call, "jacobian", 'd', OPTIONAL_OUTPUT, SHAPE(n, c, c));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_velocity(
        model.handle, couplings.data, n, velocity.data, jacobian.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_flow(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_flow", values, count, 5);
    Model model = take_model(&call);
    int64_t c = model.couplings;
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY, c));
    int64_t n = couplings.shape[0];
    int64_t steps = take_integer(&call, "steps", 0, MAX_COUNT);
    Array trajectory = take_array(&call, "trajectory", 'd', OUTPUT, SHAPE(steps + 1, n, c));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_flow(
        model.handle, couplings.data, n, steps, trajectory.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_fixed_point(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_fixed_point", values, count, 4);
    Model model = take_model(&call);
    Array guess = take_array(&call, "guess", 'd', INPUT, SHAPE(model.couplings));
    Array fixed_point = take_array(&call, "fixed_point", 'd', OUTPUT, SHAPE(model.couplings));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_fixed_point(
        model.handle, guess.data, fixed_point.data, report_progress, &call));
    return close_with_none(&call);
}

PyMethodDef mlrg_model_methods[] = {
    METHOD(mlrg_create),
    METHOD(mlrg_step),
    METHOD(mlrg_monotone),
    METHOD(mlrg_velocity),
    METHOD(mlrg_flow),
    METHOD(mlrg_fixed_point),
    MODEL_METHODS(mlrg),
    {NULL, NULL, 0, NULL},
};
