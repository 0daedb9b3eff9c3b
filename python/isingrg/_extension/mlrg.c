/* The moderator models of isingrg.h. */
#include "models.h"
#include "records.h"

enum { MAX_HIDDEN = 16, MAX_WIDTH = 1024, MAX_GROUPS = 9 };
_Static_assert(2 * MAX_GROUPS <= MAX_ARRAYS, "each group has two arrays");

static const Field config_fields[] = {
    FIELD(isingrg_mlrg_config, representation, TEXT),
    FIELD(isingrg_mlrg_config, scheme, INT32),
    FIELD(isingrg_mlrg_config, moderator, INT32),
    FIELD(isingrg_mlrg_config, divergence, INT32),
    FIELD(isingrg_mlrg_config, transport, INT32),
    FIELD(isingrg_mlrg_config, frame, INT32),
    FIELD(isingrg_mlrg_config, activation, INT32),
    FIELD(isingrg_mlrg_config, layer_norm, INT32),
    FIELD(isingrg_mlrg_config, symmetric, INT32),
    FIELD(isingrg_mlrg_config, seed, UINT64),
};

/* Kernels and generators of each group; none for Ising spins. Returns how many there are. */
static int32_t as_groups(Call *call, PyObject *given, isingrg_internal_symmetry *groups)
{
    if (given == NULL) return 0;
    if (!PyTuple_Check(given) || PyTuple_Size(given) > MAX_GROUPS) {
        fail(call, PyExc_TypeError, "symmetries must be a tuple of at most 9 groups, got %R", given);
        return 0;
    }
    int32_t n = (int32_t)PyTuple_Size(given);
    for (int32_t i = 0; i < n; i++) {
        PyObject *group = PyTuple_GetItem(given, i), *kernels, *generators;
        if (!PyTuple_Check(group)) {
            fail(call, PyExc_TypeError, "a group must be kernels and generators, got %R", group);
            return 0;
        }
        if (!PyArg_ParseTuple(group, "OO;a group must be kernels and generators", &kernels, &generators)) {
            call->failed = 1;
            return 0;
        }
        groups[i] = as_symmetry(call, kernels, generators);
    }
    return n;
}

static PyObject *mlrg_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_create", values, count, 1);
    int32_t widths[MAX_HIDDEN];
    isingrg_mlrg_config config = {.representation = ""};
    Record record = take_record(&call, "config", FIELDS(config_fields), 2, &config);
    config.n_hidden = as_widths(
        &call, "hidden", record_item(record, "hidden"), widths, MAX_HIDDEN, MAX_WIDTH);
    config.hidden = widths;
    isingrg_internal_symmetry groups[MAX_GROUPS];
    config.n_symmetries = as_groups(&call, record_item(record, "symmetries"), groups);
    config.symmetry = config.n_symmetries > 0 ? groups : NULL;
    int64_t couplings = config.symmetry != NULL
        ? state_coupling_count(&call, groups, config.representation, config.frame)
        : config.scheme == ISINGRG_MLRG_LOOP
        ? loop_coupling_count(&call, config.representation)
        : coupling_count(&call, config.representation, config.frame);
    isingrg_model *handle = NULL;
    RUN(&call, isingrg_mlrg_create(&config, &handle));
    if (close_call(&call) < 0) return NULL;
    return wrap_model((Model){handle, "mlrg", {couplings, 1, 1}, NULL});
}

/* MARK: What a model says */

static PyObject *mlrg_monotone(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_monotone", values, count, 4);
    Model model = take_model(&call, "mlrg");
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY, model.extents[0]));
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
    Model model = take_model(&call, "mlrg");
    int64_t c = model.extents[0];
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
    Model model = take_model(&call, "mlrg");
    int64_t c = model.extents[0];
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
    Model model = take_model(&call, "mlrg");
    Array guess = take_array(&call, "guess", 'd', INPUT, SHAPE(model.extents[0]));
    Array fixed_point = take_array(&call, "fixed_point", 'd', OUTPUT, SHAPE(model.extents[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_fixed_point(
        model.handle, guess.data, fixed_point.data, report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(mlrg_create),
    METHOD(mlrg_monotone),
    METHOD(mlrg_velocity),
    METHOD(mlrg_flow),
    METHOD(mlrg_fixed_point),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(MLRG_STAR),
    CONSTANT(MLRG_LOOP),
    CONSTANT(MLRG_MONOTONE),
    CONSTANT(MLRG_FLOW),
    CONSTANT(MLRG_KL),
    CONSTANT(MLRG_CD),
    CONSTANT(MLRG_L2),
    CONSTANT(MLRG_STEP),
    CONSTANT(MLRG_ODE),
    CONSTANT(MLRG_SQUARED),
    CONSTANT(MLRG_NORM),
    CONSTANT(MLRG_PUBLISHED),
    CONSTANT(MLRG_CONSISTENT),
    CONSTANT(MLRG_TEACHER),
    CONSTANT(MLRG_STUDENT),
    CONSTANT(MLRG_TANH),
    CONSTANT(MLRG_RELU),
    CONSTANT(MLRG_SILU),
    CONSTANT(MLRG_ELU),
    CONSTANT(MLRG_GELU),
    CONSTANT(MLRG_LOSS),
    CONSTANT(MLRG_ACCEPTANCE),
    CONSTANT(MLRG_SWAP_RATE),
    CONSTANT(MLRG_BETA),
    CONSTANT(MLRG_FIXED_POINT),
    CONSTANT(MLRG_COLUMNS),
    {NULL, 0},
};

const Part mlrg_part = {methods, constants};
