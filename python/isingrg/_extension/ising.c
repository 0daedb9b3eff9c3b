/* The Ising functions of isingrg.h. */
#include "support.h"

static PyObject *ising_sample(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_sample", values, count, 10);
    int64_t size = take_integer(&call, "size", 1, MAX_COUNT);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    int64_t n_chains = take_integer(&call, "n_chains", 1, MAX_COUNT);
    int64_t n_samples = take_integer(&call, "n_samples", 1, MAX_COUNT);
    int64_t n_thermalize = take_integer(&call, "n_thermalize", -1, MAX_COUNT);
    int64_t n_between = take_integer(&call, "n_between", -1, MAX_COUNT);
    int64_t algorithm = take_integer(&call, "algorithm", -1, INT32_MAX);
    uint64_t seed = take_unsigned(&call, "seed");
    Array spins = take_array(
        &call, "spins", 'b', OUTPUT, SHAPE(couplings.count, n_chains, n_samples, size, size));
    take_progress(&call, "progress");
    RUN(&call, isingrg_ising_sample(
        size, couplings.data, couplings.count, n_chains, n_samples, n_thermalize, n_between,
        (int32_t)algorithm, seed, spins.data, spins.count, report_progress, &call));
    return close_with_none(&call);
}

/* (algorithm, sweeps before the first sample, sweeps between samples) */
static PyObject *ising_plan(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_plan", values, count, 6);
    int64_t size = take_integer(&call, "size", 1, MAX_COUNT);
    double coupling = take_number(&call, "coupling");
    int64_t n_chains = take_integer(&call, "n_chains", 1, MAX_COUNT);
    int64_t n_thermalize = take_integer(&call, "n_thermalize", -1, MAX_COUNT);
    int64_t n_between = take_integer(&call, "n_between", -1, MAX_COUNT);
    int64_t algorithm = take_integer(&call, "algorithm", -1, INT32_MAX);
    int32_t chosen = 0;
    int64_t thermalize = 0, between = 0;
    RUN(&call, isingrg_ising_plan(
        size, coupling, n_chains, n_thermalize, n_between, (int32_t)algorithm, &chosen, &thermalize,
        &between));
    if (close_call(&call) < 0) return NULL;
    return Py_BuildValue("iLL", (int)chosen, (long long)thermalize, (long long)between);
}

static PyObject *ising_energy(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_energy", values, count, 3);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, ANY, SAME));
    Array energies = take_array(&call, "energies", 'd', OUTPUT, SHAPE(spins.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_ising_energy(spins.data, spins.shape[0], spins.shape[1], energies.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *ising_magnetization(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_magnetization", values, count, 3);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, ANY, SAME));
    Array means = take_array(&call, "means", 'd', OUTPUT, SHAPE(spins.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_ising_magnetization(
        spins.data, spins.shape[0], spins.shape[1], means.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *ising_block_spin(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_block_spin", values, count, 4);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, ANY, SAME));
    int64_t size = spins.shape[1];
    int64_t factor = take_integer(&call, "factor", 1, size);
    int64_t blocks = factor > 0 ? size / factor : ANY;
    Array blocked = take_array(
        &call, "blocked", 'b', OUTPUT, SHAPE(spins.shape[0], blocks, blocks));
    take_progress(&call, "progress");
    RUN(&call, isingrg_ising_block_spin(
        spins.data, spins.shape[0], size, factor, blocked.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *ising_exact_torus(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_exact_torus", values, count, 6);
    int64_t size = take_integer(&call, "size", 1, MAX_COUNT);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    int64_t n = couplings.count;
    Array log_partition = take_array(&call, "log_partition", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array energy = take_array(&call, "energy", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array heat_capacity = take_array(&call, "heat_capacity", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    take_progress(&call, "progress");
    RUN(&call, isingrg_ising_exact_torus(
        size, couplings.data, n, log_partition.data, energy.data, heat_capacity.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *ising_exact_bulk(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_exact_bulk", values, count, 6);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    int64_t n = couplings.count;
    Array minus_log_partition = take_array(&call, "minus_log_partition", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array energy = take_array(&call, "energy", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array specific_heat = take_array(&call, "specific_heat", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array magnetization = take_array(&call, "magnetization", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    take_progress(&call, "progress");
    RUN(&call, isingrg_ising_exact_bulk(
        couplings.data, n, minus_log_partition.data, energy.data, specific_heat.data,
        magnetization.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *ising_autocorrelation_time(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "ising_autocorrelation_time", values, count, 2);
    Array series = take_array(&call, "series", 'd', INPUT, SHAPE(ANY, ANY));
    take_progress(&call, "progress");
    double time = 0;
    RUN(&call, isingrg_ising_autocorrelation_time(
        series.data, series.shape[0], series.shape[1], &time, report_progress, &call));
    return close_call(&call) < 0 ? NULL : PyFloat_FromDouble(time);
}

static PyMethodDef methods[] = {
    METHOD(ising_sample),
    METHOD(ising_plan),
    METHOD(ising_energy),
    METHOD(ising_magnetization),
    METHOD(ising_block_spin),
    METHOD(ising_exact_torus),
    METHOD(ising_exact_bulk),
    METHOD(ising_autocorrelation_time),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(ISING_AUTO),
    CONSTANT(ISING_WOLFF),
    CONSTANT(ISING_SWENDSEN_WANG),
    CONSTANT(ISING_METROPOLIS),
    CONSTANT(ISING_HEAT_BATH),
    {NULL, 0},
};

const Part ising_part = {methods, constants};
