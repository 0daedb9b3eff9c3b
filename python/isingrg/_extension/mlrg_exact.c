/* The functions of couplings of isingrg.h: divergence, exact map, Boltzmann tensor. */
#include "support.h"

/* Five components couple to five at most. */
#define MAX_COUPLINGS 25

int64_t coupling_count(Call *call, const char *representation, int64_t frame)
{
    int32_t couplings = 1;
    RUN(call, isingrg_mlrg_coupling_count(representation, (int32_t)frame, &couplings));
    if (call->status != ISINGRG_OK) call->failed = 1;
    return couplings;
}

/* Representation and frame, with which most of these functions begin, and the number of couplings
 * they leave. */
typedef struct {
    const char *representation;
    int32_t frame;
    int64_t couplings;
} Space;

static Space take_space(Call *call)
{
    Space space;
    space.representation = take_text(call, "representation");
    space.frame = (int32_t)take_integer(call, "frame", 0, INT32_MAX);
    space.couplings = coupling_count(call, space.representation, space.frame);
    return space;
}

static PyObject *mlrg_coupling_count(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_coupling_count", values, count, 2);
    Space space = take_space(&call);
    return close_call(&call) < 0 ? NULL : PyLong_FromLongLong(space.couplings);
}

static PyObject *mlrg_couplings(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_couplings", values, count, 2);
    Space space = take_space(&call);
    int32_t components[2 * MAX_COUPLINGS];
    RUN(&call, isingrg_mlrg_couplings(
        space.representation, space.frame, components, 2 * space.couplings));
    if (close_call(&call) < 0) return NULL;
    PyObject *pairs = PyTuple_New((Py_ssize_t)space.couplings);
    for (Py_ssize_t i = 0; pairs != NULL && i < space.couplings; ++i) {
        PyObject *pair = Py_BuildValue("ii", components[2 * i], components[2 * i + 1]);
        if (pair == NULL || PyTuple_SetItem(pairs, i, pair) < 0) Py_CLEAR(pairs);
    }
    return pairs;
}

static PyObject *mlrg_divergence(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_divergence", values, count, 7);
    Space space = take_space(&call);
    Array teacher = take_array(&call, "teacher", 'd', INPUT, SHAPE(ANY, space.couplings));
    int64_t n = teacher.shape[0];
    Array student = take_array(&call, "student", 'd', INPUT, SHAPE(n, space.couplings));
    Array divergence = take_array(&call, "divergence", 'd', OUTPUT, SHAPE(n));
    Array gradient = take_array(&call, "gradient", 'd', OPTIONAL_OUTPUT, SHAPE(n, space.couplings));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_divergence(
        space.representation, space.frame, teacher.data, student.data, n, divergence.data,
        gradient.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_divergence_hessian(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_divergence_hessian", values, count, 8);
    Space space = take_space(&call);
    Array teacher = take_array(&call, "teacher", 'd', INPUT, SHAPE(ANY, space.couplings));
    int64_t n = teacher.shape[0];
    Array student = take_array(&call, "student", 'd', INPUT, SHAPE(n, space.couplings));
    Array directions = take_array(&call, "directions", 'd', INPUT, SHAPE(n, space.couplings));
    Array divergence = take_array(&call, "divergence", 'd', OUTPUT, SHAPE(n));
    Array products = take_array(&call, "products", 'd', OUTPUT, SHAPE(n, space.couplings));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_divergence_hessian(
        space.representation, space.frame, teacher.data, student.data, directions.data, n,
        divergence.data, products.data, report_progress, &call));
    return close_with_none(&call);
}

Minima take_minima(Call *call, int64_t couplings)
{
    Minima minima;
    minima.couplings = take_array(call, "couplings", 'd', INPUT, SHAPE(ANY, couplings));
    minima.n = minima.couplings.shape[0];
    minima.starts = (int32_t)take_integer(call, "starts", 1, INT32_MAX);
    minima.seed = take_unsigned(call, "seed");
    minima.renormalized = take_array(
        call, "renormalized", 'd', OUTPUT, SHAPE(minima.n, couplings));
    minima.divergence = take_array(call, "divergence", 'd', OPTIONAL_OUTPUT, SHAPE(minima.n));
    minima.gradient_norm = take_array(
        call, "gradient_norm", 'd', OPTIONAL_OUTPUT, SHAPE(minima.n));
    minima.counts = take_array(call, "counts", 'd', OPTIONAL_OUTPUT, SHAPE(minima.n, 2));
    take_progress(call, "progress");
    return minima;
}

static PyObject *mlrg_exact_map(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_exact_map", values, count, 10);
    Space space = take_space(&call);
    Minima minima = take_minima(&call, space.couplings);
    RUN(&call, isingrg_mlrg_exact_map(
        space.representation, space.frame, minima.couplings.data, minima.n, minima.starts,
        minima.seed, minima.renormalized.data, minima.divergence.data, minima.gradient_norm.data,
        minima.counts.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_minimum_divergence(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_minimum_divergence", values, count, 6);
    const char *representation = take_text(&call, "representation");
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    int64_t starts = take_integer(&call, "starts", 1, INT32_MAX);
    uint64_t seed = take_unsigned(&call, "seed");
    Array divergence = take_array(&call, "divergence", 'd', OUTPUT, SHAPE(couplings.count));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_minimum_divergence(
        representation, couplings.data, couplings.count, (int32_t)starts, seed, divergence.data,
        report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_boltzmann_tensor(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_boltzmann_tensor", values, count, 6);
    Space space = take_space(&call);
    int64_t machine = take_integer(&call, "machine", 0, INT32_MAX);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY, space.couplings));
    int64_t n = couplings.shape[0];
    Array logarithms = take_array(
        &call, "logarithms", 'd', OUTPUT, SHAPE(n, ANY, SAME, SAME, SAME));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_boltzmann_tensor(
        space.representation, space.frame, (int32_t)machine, couplings.data, n, logarithms.data,
        logarithms.count, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mlrg_weights(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_weights", values, count, 5);
    Space space = take_space(&call);
    int64_t machine = take_integer(&call, "machine", 0, INT32_MAX);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(space.couplings));
    Array weights = take_array(&call, "weights", 'd', OUTPUT, SHAPE(ANY, ANY));
    RUN(&call, isingrg_mlrg_weights(
        space.representation, space.frame, (int32_t)machine, couplings.data, weights.data,
        weights.count));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(mlrg_coupling_count),
    METHOD(mlrg_couplings),
    METHOD(mlrg_divergence),
    METHOD(mlrg_divergence_hessian),
    METHOD(mlrg_exact_map),
    METHOD(mlrg_minimum_divergence),
    METHOD(mlrg_boltzmann_tensor),
    METHOD(mlrg_weights),
    {NULL, NULL, 0, NULL},
};

const Part mlrg_exact_part = {methods, NULL};
