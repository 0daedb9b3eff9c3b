/* The functions of Monte Carlo renormalization of isingrg.h. */
#include "support.h"

/* Four arguments: the number of operators, then term_operators, term_starts and points. */
static isingrg_mcrg_operators take_operators(Call *call)
{
    isingrg_mcrg_operators operators = {0};
    operators.n_operators = take_integer(call, "n_operators", 0, MAX_COUNT);
    Array owners = take_array(call, "term_operators", 'i', INPUT, SHAPE(ANY_OR_NONE));
    operators.n_terms = owners.count;
    operators.term_operators = owners.data;
    Array starts = take_array(call, "term_starts", 'i', INPUT, SHAPE(owners.count + 1));
    operators.term_starts = starts.data;
    Array points = take_array(call, "points", 'i', INPUT, SHAPE(ANY_OR_NONE, 3));
    operators.points = points.data;
    const int32_t *last = starts.data;
    if (last != NULL && last[owners.count] > points.shape[0])
        fail(call, call_state(call)->argument, "term_starts must end with the number of points");
    return operators;
}

/* Two arguments: the kind, and weights or None. */
static isingrg_mcrg_rule take_rule(Call *call, int64_t dimension)
{
    isingrg_mcrg_rule rule = {0};
    rule.kind = (int32_t)take_integer(call, "kind", 0, INT32_MAX);
    Array weights = dimension == 3
        ? take_array(call, "weights", 'd', OPTIONAL_INPUT, SHAPE(ANY, SAME, SAME))
        : take_array(call, "weights", 'd', OPTIONAL_INPUT, SHAPE(ANY, SAME));
    rule.weights = weights.data;
    rule.width = weights.data == NULL || weights.shape[0] > INT32_MAX ? 0 : (int32_t)weights.shape[0];
    return rule;
}

/* L^d, or ANY where that has no meaning. */
static int64_t sites(int64_t dimension, int64_t size)
{
    if (size < 1 || size > 1 << 15) return ANY;
    return dimension == 3 ? size * size * size : size * size;
}

static PyObject *mcrg_measure(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mcrg_measure", values, count, 15);
    int64_t dimension = take_integer(&call, "dimension", 0, MAX_COUNT);
    int64_t size = take_integer(&call, "size", 1, MAX_COUNT);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, sites(dimension, size)));
    int64_t factor = take_integer(&call, "factor", 0, MAX_COUNT);
    int64_t levels = take_integer(&call, "levels", 0, 16);
    isingrg_mcrg_rule rule = take_rule(&call, dimension);
    isingrg_mcrg_operators operators = take_operators(&call);
    uint64_t seed = take_unsigned(&call, "seed");
    int64_t first = take_integer(&call, "first", 0, MAX_COUNT);
    Array sums = take_array(
        &call, "sums", 'd', OUTPUT, SHAPE(spins.shape[0], levels + 1, operators.n_operators));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mcrg_measure(
        spins.data, spins.shape[0], dimension, size, factor, levels, &rule, &operators, seed, first,
        sums.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mcrg_block(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mcrg_block", values, count, 11);
    int64_t dimension = take_integer(&call, "dimension", 0, MAX_COUNT);
    int64_t size = take_integer(&call, "size", 1, MAX_COUNT);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, sites(dimension, size)));
    int64_t factor = take_integer(&call, "factor", 2, MAX_COUNT);
    int64_t levels = take_integer(&call, "levels", 0, 16);
    isingrg_mcrg_rule rule = take_rule(&call, dimension);
    uint64_t seed = take_unsigned(&call, "seed");
    int64_t first = take_integer(&call, "first", 0, MAX_COUNT);
    int64_t width = size;
    for (int64_t level = 0; level < levels && factor > 1; ++level) width /= factor;
    Array blocked = take_array(
        &call, "blocked", 'b', OUTPUT, SHAPE(spins.shape[0], sites(dimension, width)));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mcrg_block(
        spins.data, spins.shape[0], dimension, size, factor, levels, &rule, seed, first, blocked.data,
        report_progress, &call));
    return close_with_none(&call);
}

static PyObject *mcrg_biased_sample(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mcrg_biased_sample", values, count, 17);
    int64_t factor = take_integer(&call, "factor", 0, MAX_COUNT);
    int64_t levels = take_integer(&call, "levels", 0, 16);
    isingrg_mcrg_operators operators = take_operators(&call);
    double coupling = take_number(&call, "coupling");
    Array bias = take_array(&call, "bias", 'd', OPTIONAL_INPUT, SHAPE(operators.n_operators));
    int64_t n_samples = take_integer(&call, "n_samples", 1, MAX_COUNT);
    int64_t n_between = take_integer(&call, "n_between", 1, MAX_COUNT);
    uint64_t seed = take_unsigned(&call, "seed");
    int64_t first = take_integer(&call, "first", 0, MAX_COUNT);
    Array spins = take_array(&call, "spins", 'b', OUTPUT, SHAPE(ANY, ANY, SAME));
    int64_t walkers = spins.shape[0];
    Array ties = take_array(&call, "ties", 'b', OUTPUT, SHAPE(walkers, ANY));
    Array fine = take_array(
        &call, "fine", 'd', OUTPUT, SHAPE(walkers, n_samples, operators.n_operators));
    Array coarse = take_array(
        &call, "coarse", 'd', OUTPUT, SHAPE(walkers, n_samples, operators.n_operators));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mcrg_biased_sample(
        spins.shape[1], factor, levels, &operators, coupling, bias.data, walkers, n_samples, n_between,
        seed, first, spins.data, spins.count, ties.data, ties.count, fine.data, coarse.data,
        report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(mcrg_measure),
    METHOD(mcrg_block),
    METHOD(mcrg_biased_sample),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(MCRG_MAJORITY),
    CONSTANT(MCRG_FILTER),
    CONSTANT(MCRG_SHARP_FILTER),
    {NULL, 0},
};

const Part mcrg_part = {methods, constants};
