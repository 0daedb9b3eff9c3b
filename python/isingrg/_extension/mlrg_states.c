/* Spins of q states: couplings, divergence, exact map and Boltzmann tensor of isingrg.h. */
#include "support.h"

isingrg_internal_symmetry as_symmetry(Call *call, PyObject *kernels, PyObject *generators)
{
    Array tables = as_array(call, "kernels", kernels, 'd', INPUT, SHAPE(ANY, ANY, SAME));
    Array group = as_array(call, "generators", generators, 'i', INPUT, SHAPE(ANY, tables.shape[1]));
    /* The core refuses what is too large; this only keeps it from wrapping around. */
    if (tables.shape[0] > 1 << 20 || tables.shape[1] > 1 << 20 || group.shape[0] > 1 << 20)
        fail(call, call_state(call)->argument, "a symmetry must have 2 to 10 states");
    return (isingrg_internal_symmetry){
        .q = (int32_t)tables.shape[1], .n_kernels = (int32_t)tables.shape[0],
        .kernels = tables.data, .n_generators = (int32_t)group.shape[0],
        .generators = group.data};
}

int64_t state_coupling_count(
    Call *call, const isingrg_internal_symmetry *symmetry, const char *representation,
    int64_t frame)
{
    int32_t couplings = 1;
    RUN(call, isingrg_mlrg_state_couplings(
        symmetry, representation, (int32_t)frame, NULL, 0, &couplings));
    if (call->status != ISINGRG_OK) call->failed = 1;
    return couplings;
}

/* Kernels, generators, representation and frame, with which these functions begin, and the number of
 * couplings they leave. */
typedef struct {
    isingrg_internal_symmetry symmetry;
    const char *representation;
    int32_t frame;
    int64_t couplings;
} Space;

enum { SPACE_ARGUMENTS = 4 };

static Space take_space(Call *call)
{
    Space space;
    PyObject *kernels = take_object(call), *generators = take_object(call);
    space.symmetry = as_symmetry(call, kernels, generators);
    space.representation = take_text(call, "representation");
    space.frame = (int32_t)take_integer(call, "frame", 0, INT32_MAX);
    space.couplings = state_coupling_count(
        call, &space.symmetry, space.representation, space.frame);
    return space;
}

static PyObject *mlrg_state_couplings(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_state_couplings", values, count, SPACE_ARGUMENTS);
    Space space = take_space(&call);
    int32_t n = 0;
    int32_t *numbers = PyMem_Calloc((size_t)(3 * space.couplings), sizeof *numbers);
    if (numbers == NULL) {
        PyErr_NoMemory();
        call.failed = 1;
    }
    RUN(&call, isingrg_mlrg_state_couplings(
        &space.symmetry, space.representation, space.frame, numbers, 3 * space.couplings, &n));
    PyObject *triples = close_call(&call) < 0 ? NULL : PyTuple_New(n);
    for (Py_ssize_t i = 0; triples != NULL && i < n; ++i) {
        const int32_t *own = numbers + 3 * i;
        PyObject *triple = Py_BuildValue("iii", own[0], own[1], own[2]);
        if (triple == NULL || PyTuple_SetItem(triples, i, triple) < 0) Py_CLEAR(triples);
    }
    PyMem_Free(numbers);
    return triples;
}

static PyObject *mlrg_state_divergence(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_state_divergence", values, count, SPACE_ARGUMENTS + 7);
    Space space = take_space(&call);
    int64_t c = space.couplings;
    Array teacher = take_array(&call, "teacher", 'd', INPUT, SHAPE(ANY, c));
    int64_t n = teacher.shape[0];
    Array student = take_array(&call, "student", 'd', INPUT, SHAPE(n, c));
    Array directions = take_array(&call, "directions", 'd', OPTIONAL_INPUT, SHAPE(n, c));
    Array divergence = take_array(&call, "divergence", 'd', OUTPUT, SHAPE(n));
    Array gradient = take_array(&call, "gradient", 'd', OPTIONAL_OUTPUT, SHAPE(n, c));
    Array products = take_array(&call, "products", 'd', OPTIONAL_OUTPUT, SHAPE(n, c));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_state_divergence(
        &space.symmetry, space.representation, space.frame, teacher.data, student.data,
        directions.data, n, divergence.data, gradient.data, products.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_state_exact_map(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_state_exact_map", values, count, SPACE_ARGUMENTS + 8);
    Space space = take_space(&call);
    Minima minima = take_minima(&call, space.couplings);
    RUN(&call, isingrg_mlrg_state_exact_map(
        &space.symmetry, space.representation, space.frame, minima.couplings.data, minima.n,
        minima.starts, minima.seed, minima.renormalized.data, minima.divergence.data,
        minima.gradient_norm.data, minima.counts.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_state_tensor(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_state_tensor", values, count, SPACE_ARGUMENTS + 4);
    Space space = take_space(&call);
    int64_t machine = take_integer(&call, "machine", 0, INT32_MAX);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY, space.couplings));
    int64_t n = couplings.shape[0];
    Array logarithms = take_array(
        &call, "logarithms", 'd', OUTPUT, SHAPE(n, ANY, SAME, SAME, SAME));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_state_tensor(
        &space.symmetry, space.representation, space.frame, (int32_t)machine, couplings.data, n,
        logarithms.data, logarithms.count, report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(mlrg_state_couplings),
    METHOD(mlrg_state_divergence),
    METHOD(mlrg_state_exact_map),
    METHOD(mlrg_state_tensor),
    {NULL, NULL, 0, NULL},
};

const Part mlrg_states_part = {methods, NULL};
