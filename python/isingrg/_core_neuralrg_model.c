/* The normalizing flows of isingrg.h, held in capsules: training, hierarchy, state. */
#include "_core_neuralrg_model.h"

DEFINE_MODEL_KIND(neuralrg, 0);
DEFINE_MODEL_FUNCTIONS(neuralrg)

Flow take_flow(Call *call)
{
    Native native = take_native(call, &neuralrg_kind);
    return (Flow){native.handle, native.extents[0]};
}

enum { MAX_HIDDEN = 8, MAX_WIDTH = 256 };

static PyObject *neuralrg_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_create", values, count, 10);
    int32_t widths[MAX_HIDDEN];
    isingrg_neuralrg_config config;
    config.size = take_integer(&call, "size", 1, MAX_COUNT);
    config.coupling = take_number(&call, "coupling");
    config.structure = (int32_t)take_integer(&call, "structure", 0, INT32_MAX);
    config.depth = (int32_t)take_integer(&call, "depth", 0, INT32_MAX);
    config.repeats = (int32_t)take_integer(&call, "repeats", 0, INT32_MAX);
    config.couplings = (int32_t)take_integer(&call, "couplings", 0, INT32_MAX);
    config.n_hidden = take_widths(&call, "hidden", widths, MAX_HIDDEN, MAX_WIDTH);
    config.hidden = widths;
    config.symmetric = (int32_t)take_integer(&call, "symmetric", 0, 1);
    Array masks = take_array(&call, "masks", 'b', OPTIONAL_INPUT, SHAPE(ANY, config.couplings));
    config.masks = masks.data;
    config.masks_count = masks.data == NULL ? 0 : masks.count;
    config.seed = take_unsigned(&call, "seed");
    isingrg_neuralrg *handle = NULL;
    RUN(&call, isingrg_neuralrg_create(&config, &handle));
    if (close_call(&call) < 0) return NULL;
    return wrap_model((Native){&neuralrg_kind, handle, {config.size, 1, 1}});
}

typedef struct {
    uint64_t steps, batch, seed;
    double learning_rate, weight_decay;
    Array history;
} Training;

static Training take_training(Call *call)
{
    Training training;
    training.steps = (uint64_t)take_integer(call, "steps", 1, MAX_COUNT);
    training.batch = (uint64_t)take_integer(call, "batch", 0, MAX_COUNT);
    training.learning_rate = take_number(call, "learning_rate");
    training.weight_decay = take_number(call, "weight_decay");
    training.seed = take_unsigned(call, "seed");
    training.history = take_array(
        call, "history", 'd', OUTPUT, SHAPE((int64_t)training.steps, ISINGRG_NEURALRG_COLUMNS));
    take_progress(call, "progress");
    return training;
}

static PyObject *neuralrg_fit(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_fit", values, count, 8);
    Flow flow = take_flow(&call);
    Training training = take_training(&call);
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_neuralrg_fit(
        flow.handle, training.steps, training.batch, training.learning_rate, training.weight_decay,
        training.seed, training.history.data, training.history.count, &done, report_progress, &call));
    PyObject *error = close_with_exception(&call);
    return Py_BuildValue("KN", (unsigned long long)done, error);
}

static PyObject *neuralrg_fit_samples(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_fit_samples", values, count, 9);
    Flow flow = take_flow(&call);
    Array samples = take_array(&call, "samples", 'd', INPUT, SHAPE(ANY, flow.size, flow.size));
    Training training = take_training(&call);
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_neuralrg_fit_samples(
        flow.handle, samples.data, samples.shape[0], training.steps, training.batch,
        training.learning_rate, training.weight_decay, training.seed, training.history.data,
        training.history.count, &done, report_progress, &call));
    PyObject *error = close_with_exception(&call);
    return Py_BuildValue("KN", (unsigned long long)done, error);
}

static PyObject *neuralrg_step(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_step", values, count, 1);
    Flow flow = take_flow(&call);
    uint64_t step = 0;
    RUN(&call, isingrg_neuralrg_step(flow.handle, &step));
    return close_call(&call) < 0 ? NULL : PyLong_FromUnsignedLongLong(step);
}

static PyObject *neuralrg_parameter_count(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_parameter_count", values, count, 1);
    Flow flow = take_flow(&call);
    int64_t parameters = 0;
    RUN(&call, isingrg_neuralrg_parameter_count(flow.handle, &parameters));
    return close_call(&call) < 0 ? NULL : PyLong_FromLongLong(parameters);
}

/* MARK: Hierarchy */

static PyObject *neuralrg_layer_count(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_layer_count", values, count, 1);
    Flow flow = take_flow(&call);
    int32_t layers = 0;
    RUN(&call, isingrg_neuralrg_layer_count(flow.handle, &layers));
    return close_call(&call) < 0 ? NULL : PyLong_FromLong(layers);
}

typedef struct {
    int32_t is_decimator, scale;
    int64_t blocks;
} LayerInfo;

static LayerInfo layer_info(Call *call, Flow flow, int64_t index)
{
    LayerInfo info = {0, 0, 1};
    RUN(call, isingrg_neuralrg_layer_info(
        flow.handle, (int32_t)index, &info.is_decimator, &info.scale, &info.blocks));
    if (call->status != ISINGRG_OK) call->failed = 1;
    return info;
}

static PyObject *neuralrg_layer_info(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_layer_info", values, count, 2);
    Flow flow = take_flow(&call);
    int64_t index = take_integer(&call, "index", 0, INT32_MAX);
    LayerInfo info = layer_info(&call, flow, index);
    if (close_call(&call) < 0) return NULL;
    return Py_BuildValue(
        "NiL", PyBool_FromLong(info.is_decimator), (int)info.scale, (long long)info.blocks);
}

static PyObject *neuralrg_layer_sites(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_layer_sites", values, count, 3);
    Flow flow = take_flow(&call);
    int64_t index = take_integer(&call, "index", 0, INT32_MAX);
    LayerInfo info = layer_info(&call, flow, index);
    Array sites = take_array(&call, "sites", 'i', OUTPUT, SHAPE(info.blocks, 4));
    RUN(&call, isingrg_neuralrg_layer_sites(
        flow.handle, (int32_t)index, sites.data, sites.count));
    return close_with_none(&call);
}

static PyObject *neuralrg_latent_scales(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_latent_scales", values, count, 2);
    Flow flow = take_flow(&call);
    Array scales = take_array(&call, "scales", 'i', OUTPUT, SHAPE(flow.size, flow.size));
    RUN(&call, isingrg_neuralrg_latent_scales(flow.handle, scales.data, scales.count));
    return close_with_none(&call);
}

PyMethodDef neuralrg_model_methods[] = {
    METHOD(neuralrg_create),
    METHOD(neuralrg_fit),
    METHOD(neuralrg_fit_samples),
    METHOD(neuralrg_step),
    METHOD(neuralrg_parameter_count),
    METHOD(neuralrg_layer_count),
    METHOD(neuralrg_layer_info),
    METHOD(neuralrg_layer_sites),
    METHOD(neuralrg_latent_scales),
    MODEL_METHODS(neuralrg),
    {NULL, NULL, 0, NULL},
};
