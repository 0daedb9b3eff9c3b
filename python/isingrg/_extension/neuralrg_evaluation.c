/* The dual Ising model, and what the normalizing flows of isingrg.h say. */
#include "models.h"
#include "records.h"

static PyObject *neuralrg_dual(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_dual", values, count, 6);
    int64_t size = take_integer(&call, "size", 1, MAX_COUNT);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    int64_t n = couplings.count;
    Array log_partition = take_array(&call, "log_partition", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array alpha = take_array(&call, "alpha", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    Array log_determinant = take_array(&call, "log_determinant", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    take_progress(&call, "progress");
    RUN(&call, isingrg_neuralrg_dual(
        size, couplings.data, n, log_partition.data, alpha.data, log_determinant.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *neuralrg_log_density(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_log_density", values, count, 4);
    double coupling = take_number(&call, "coupling");
    Array samples = take_array(&call, "samples", 'd', INPUT, SHAPE(ANY, ANY, SAME));
    Array densities = take_array(&call, "values", 'd', OUTPUT, SHAPE(samples.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_neuralrg_log_density(
        samples.shape[1], coupling, samples.data, samples.shape[0], densities.data,
        report_progress, &call));
    return close_with_none(&call);
}

static PyObject *neuralrg_sample(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_sample", values, count, 6);
    Model flow = take_model(&call, "neuralrg");
    int64_t rows = flow.extents[0], columns = flow.extents[1];
    uint64_t seed = take_unsigned(&call, "seed");
    Array samples = take_array(&call, "samples", 'd', OUTPUT, SHAPE(ANY, rows, columns));
    int64_t n = samples.shape[0];
    Array latents = take_array(&call, "latents", 'd', OPTIONAL_OUTPUT, SHAPE(n, rows, columns));
    Array densities = take_array(&call, "log_probabilities", 'd', OPTIONAL_OUTPUT, SHAPE(n));
    take_progress(&call, "progress");
    RUN(&call, isingrg_neuralrg_sample(
        flow.handle, n, seed, samples.data, latents.data, densities.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *neuralrg_log_probability(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_log_probability", values, count, 4);
    Model flow = take_model(&call, "neuralrg");
    Array samples = take_array(
        &call, "samples", 'd', INPUT, SHAPE(ANY, flow.extents[0], flow.extents[1]));
    Array densities = take_array(&call, "values", 'd', OUTPUT, SHAPE(samples.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_neuralrg_log_probability(
        flow.handle, samples.data, samples.shape[0], densities.data, report_progress, &call));
    return close_with_none(&call);
}

typedef isingrg_status (*Transformation)(
    isingrg_model *, const double *, int64_t, int32_t, int32_t, double *, double *,
    isingrg_progress, void *);

/* Encodes or decodes. */
static PyObject *transform(
    PyObject *module, PyObject *const *values, Py_ssize_t count, const char *function,
    const char *input_name, const char *output_name, Transformation transformation)
{
    Call call;
    open_call(&call, module, function, values, count, 7);
    Model flow = take_model(&call, "neuralrg");
    int64_t rows = flow.extents[0], columns = flow.extents[1];
    Array input = take_array(&call, input_name, 'd', INPUT, SHAPE(ANY, rows, columns));
    int64_t n = input.shape[0];
    int32_t first = (int32_t)take_integer(&call, "first_layer", 0, INT32_MAX);
    int32_t end = (int32_t)take_integer(&call, "end_layer", 0, INT32_MAX);
    Array output = take_array(&call, output_name, 'd', OUTPUT, SHAPE(n, rows, columns));
    Array determinants = take_array(&call, "log_determinants", 'd', OUTPUT, SHAPE(n));
    take_progress(&call, "progress");
    RUN(&call, transformation(
        flow.handle, input.data, n, first, end, output.data, determinants.data, report_progress,
        &call));
    return close_with_none(&call);
}

static PyObject *neuralrg_encode(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    return transform(
        module, values, count, "neuralrg_encode", "samples", "latents", isingrg_neuralrg_encode);
}

static PyObject *neuralrg_decode(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    return transform(
        module, values, count, "neuralrg_decode", "latents", "samples", isingrg_neuralrg_decode);
}

static PyObject *neuralrg_responses(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_responses", values, count, 6);
    Model flow = take_model(&call, "neuralrg");
    int64_t rows = flow.extents[0], columns = flow.extents[1];
    Array samples = take_array(&call, "samples", 'd', INPUT, SHAPE(ANY, rows, columns));
    Array sites = take_array(&call, "sites", 'i', INPUT, SHAPE(ANY));
    int64_t n = sites.count;
    Array means = take_array(&call, "means", 'd', OUTPUT, SHAPE(n, rows, columns));
    Array deviations = take_array(&call, "deviations", 'd', OUTPUT, SHAPE(n, rows, columns));
    take_progress(&call, "progress");
    RUN(&call, isingrg_neuralrg_responses(
        flow.handle, samples.data, samples.shape[0], sites.data, n, means.data, deviations.data,
        report_progress, &call));
    return close_with_none(&call);
}

static const Field chain_fields[] = {
    FIELD(isingrg_neuralrg_chains, space, INT32),
    FIELD(isingrg_neuralrg_chains, adapts, INT32),
    FIELD(isingrg_neuralrg_chains, random_length, INT32),
    FIELD(isingrg_neuralrg_chains, warmup, COUNT),
    FIELD(isingrg_neuralrg_chains, between, COUNT),
    FIELD(isingrg_neuralrg_chains, leapfrog, COUNT),
    FIELD(isingrg_neuralrg_chains, step_size, NUMBER),
    FIELD(isingrg_neuralrg_chains, seed, UINT64),
};

static PyObject *neuralrg_hmc(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_hmc", values, count, 6);
    Model flow = take_model(&call, "neuralrg");
    isingrg_neuralrg_chains chains = {0};
    take_record(&call, "chains", FIELDS(chain_fields), 0, &chains);
    Array samples = take_array(
        &call, "samples", 'd', OUTPUT, SHAPE(ANY, ANY, flow.extents[0], flow.extents[1]));
    chains.n_chains = (uint64_t)samples.shape[0];
    chains.n_samples = (uint64_t)samples.shape[1];
    Array start = take_array(
        &call, "start", 'd', OPTIONAL_INPUT,
        SHAPE(samples.shape[0], flow.extents[0], flow.extents[1]));
    Array acceptance = take_array(
        &call, "acceptance", 'd', OUTPUT, SHAPE(samples.shape[0], samples.shape[1]));
    take_progress(&call, "progress");
    double step_size = 0;
    RUN(&call, isingrg_neuralrg_hmc(
        flow.handle, &chains, start.data, samples.data, samples.count, acceptance.data, &step_size,
        report_progress, &call));
    return close_call(&call) < 0 ? NULL : PyFloat_FromDouble(step_size);
}

static PyMethodDef methods[] = {
    METHOD(neuralrg_dual),
    METHOD(neuralrg_log_density),
    METHOD(neuralrg_sample),
    METHOD(neuralrg_log_probability),
    METHOD(neuralrg_encode),
    METHOD(neuralrg_decode),
    METHOD(neuralrg_responses),
    METHOD(neuralrg_hmc),
    {NULL, NULL, 0, NULL},
};

const Part neuralrg_evaluation_part = {methods, NULL};
