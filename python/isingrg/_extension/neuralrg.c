/* The normalizing flows of isingrg.h: training and hierarchy. */
#include "models.h"
#include "records.h"

enum { MAX_HIDDEN = 8, MAX_WIDTH = 256, NO_TARGET = -1 };

static const Field config_fields[] = {
    FIELD(isingrg_neuralrg_config, rows, INT64),
    FIELD(isingrg_neuralrg_config, columns, INT64),
    FIELD(isingrg_neuralrg_config, coupling, NUMBER),
    FIELD(isingrg_neuralrg_config, structure, INT32),
    FIELD(isingrg_neuralrg_config, block, INT32),
    FIELD(isingrg_neuralrg_config, depth, INT32),
    FIELD(isingrg_neuralrg_config, repeats, INT32),
    FIELD(isingrg_neuralrg_config, bijector, INT32),
    FIELD(isingrg_neuralrg_config, layers, INT32),
    FIELD(isingrg_neuralrg_config, neighbours, INT32),
    FIELD(isingrg_neuralrg_config, symmetric, INT32),
    FIELD(isingrg_neuralrg_config, seed, UINT64),
};

/* 0 for sizes that no lattice has, which the core refuses. */
static int64_t sites_of(const isingrg_neuralrg_config *config)
{
    enum { MOST = 4096 };
    if (config->rows < 0 || config->rows > MOST || config->columns < 0 || config->columns > MOST)
        return 0;
    return config->rows * config->columns;
}

/* MARK: Targets */

/* An array of float64 as a memoryview that is not to outlive the call. */
static PyObject *view(const double *values, int64_t count, int flags)
{
    return PyMemoryView_FromMemory((char *)values, (Py_ssize_t)(count * 8), flags);
}

/* Calls the function of a target, the first item of the tuple `context`; the second is the number
 * of sites. The function keeps its exceptions to itself and returns whether to go on. */
static int32_t call_target(
    void *context, const double *x, int64_t n, double *log_density, double *gradient)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int64_t sites = PyLong_AsLongLong(PyTuple_GetItem(context, 1));
    PyObject *rows = view(x, n * sites, PyBUF_READ);
    PyObject *densities = view(log_density, n, PyBUF_WRITE);
    PyObject *slopes = gradient == NULL
        ? Py_NewRef(Py_None) : view(gradient, n * sites, PyBUF_WRITE);
    PyObject *answer = NULL;
    if (rows != NULL && densities != NULL && slopes != NULL)
        answer = PyObject_CallFunctionObjArgs(
            PyTuple_GetItem(context, 0), rows, densities, slopes, NULL);
    int stop = answer != Py_True;
    if (answer == NULL) PyErr_WriteUnraisable(context);
    Py_XDECREF(answer);
    Py_XDECREF(slopes);
    Py_XDECREF(densities);
    Py_XDECREF(rows);
    PyGILState_Release(state);
    return stop;
}

/* What a configuration says of its target, NO_TARGET as its kind for the dual Ising model. Returns what
 * the function of a target needs, or NULL. */
static PyObject *read_target(
    Call *call, Record record, isingrg_neuralrg_config *config, isingrg_neuralrg_target *target)
{
    target->kind = (int32_t)as_integer(
        call, "kind", record_item(record, "kind"), NO_TARGET, ISINGRG_NEURALRG_FUNCTION);
    target->strength = as_number(call, "strength", record_item(record, "strength"));
    Array form = as_array(
        call, "form", record_item(record, "form"), 'd', OPTIONAL_INPUT, SHAPE(ANY, ANY));
    target->form = form.data;
    target->form_count = form.data == NULL ? 0 : form.count;
    PyObject *function = record_item(record, "function");
    if (!call->failed && function != Py_None && !PyCallable_Check(function))
        fail(call, PyExc_TypeError, "function must be a callable or None, got %R", function);
    if (call->failed || target->kind == NO_TARGET) return NULL;
    config->target = target;
    if (function == Py_None) return NULL;
    PyObject *owned = Py_BuildValue("(OL)", function, (long long)sites_of(config));
    if (owned == NULL) call->failed = 1;
    target->function = call_target;
    target->context = owned;
    return owned;
}

static PyObject *neuralrg_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_create", values, count, 1);
    int32_t widths[MAX_HIDDEN];
    isingrg_neuralrg_config config = {0};
    isingrg_neuralrg_target target = {0};
    Record record = take_record(&call, "config", FIELDS(config_fields), 8, &config);
    config.n_hidden = as_widths(
        &call, "hidden", record_item(record, "hidden"), widths, MAX_HIDDEN, MAX_WIDTH);
    config.hidden = widths;
    Array masks = as_array(
        &call, "masks", record_item(record, "masks"), 'i', OPTIONAL_INPUT,
        SHAPE(ANY, config.layers));
    config.masks = masks.data;
    config.masks_count = masks.data == NULL ? 0 : masks.count;
    int64_t sites = sites_of(&config);
    Array sources = as_array(
        &call, "symmetry_sources", record_item(record, "symmetry_sources"), 'i', OPTIONAL_INPUT,
        SHAPE(ANY, sites));
    Array signs = as_array(
        &call, "symmetry_signs", record_item(record, "symmetry_signs"), 'b', OPTIONAL_INPUT,
        SHAPE(sources.data == NULL ? ANY : sources.shape[0], sites));
    config.symmetry_sources = sources.data;
    config.symmetry_signs = signs.data;
    config.symmetry_count = sources.data == NULL ? 0 : sources.count;
    PyObject *owned = read_target(&call, record, &config, &target);
    isingrg_model *handle = NULL;
    RUN(&call, isingrg_neuralrg_create(&config, &handle));
    if (close_call(&call) < 0) {
        Py_XDECREF(owned);
        return NULL;
    }
    return wrap_model((Model){handle, "neuralrg", {config.rows, config.columns, 1}, owned});
}

static const Field training_fields[] = {
    FIELD(isingrg_neuralrg_training, steps, COUNT),
    FIELD(isingrg_neuralrg_training, batch, COUNT),
    FIELD(isingrg_neuralrg_training, learning_rate, NUMBER),
    FIELD(isingrg_neuralrg_training, decay, INT32),
    FIELD(isingrg_neuralrg_training, final_learning_rate, NUMBER),
    FIELD(isingrg_neuralrg_training, schedule_steps, COUNT),
    FIELD(isingrg_neuralrg_training, weight_decay, NUMBER),
    FIELD(isingrg_neuralrg_training, reverse, NUMBER),
    FIELD(isingrg_neuralrg_training, seed, UINT64),
};

typedef struct {
    isingrg_neuralrg_training settings;
    Array history;
} Training;

static Training take_training(Call *call)
{
    Training training = {.settings = {0}};
    take_record(call, "training", FIELDS(training_fields), 0, &training.settings);
    training.history = take_array(
        call, "history", 'd', OUTPUT,
        SHAPE((int64_t)training.settings.steps, ISINGRG_NEURALRG_COLUMNS));
    take_progress(call, "progress");
    return training;
}

static PyObject *neuralrg_fit(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_fit", values, count, 4);
    Model flow = take_model(&call, "neuralrg");
    Training training = take_training(&call);
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_neuralrg_fit(
        flow.handle, &training.settings, training.history.data, training.history.count, &done,
        report_progress, &call));
    return close_training(&call, done);
}

static PyObject *neuralrg_fit_samples(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_fit_samples", values, count, 5);
    Model flow = take_model(&call, "neuralrg");
    Array samples = take_array(
        &call, "samples", 'd', INPUT, SHAPE(ANY, flow.extents[0], flow.extents[1]));
    Training training = take_training(&call);
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_neuralrg_fit_samples(
        flow.handle, samples.data, samples.shape[0], &training.settings, training.history.data,
        training.history.count, &done, report_progress, &call));
    return close_training(&call, done);
}

/* MARK: Hierarchy */

static PyObject *neuralrg_layer_count(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_layer_count", values, count, 1);
    Model flow = take_model(&call, "neuralrg");
    int32_t layers = 0;
    RUN(&call, isingrg_neuralrg_layer_count(flow.handle, &layers));
    return close_call(&call) < 0 ? NULL : PyLong_FromLong(layers);
}

typedef struct {
    int32_t is_decimator, scale, rows, columns;
    int64_t blocks;
} LayerInfo;

static LayerInfo layer_info(Call *call, Model flow, int64_t index)
{
    LayerInfo info = {0, 0, 1, 1, 1};
    RUN(call, isingrg_neuralrg_layer_info(
        flow.handle, (int32_t)index, &info.is_decimator, &info.scale, &info.blocks, &info.rows,
        &info.columns));
    if (call->status != ISINGRG_OK) call->failed = 1;
    return info;
}

static PyObject *neuralrg_layer_info(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_layer_info", values, count, 2);
    Model flow = take_model(&call, "neuralrg");
    int64_t index = take_integer(&call, "index", 0, INT32_MAX);
    LayerInfo info = layer_info(&call, flow, index);
    if (close_call(&call) < 0) return NULL;
    return Py_BuildValue(
        "NiL(ii)", PyBool_FromLong(info.is_decimator), (int)info.scale, (long long)info.blocks,
        (int)info.rows, (int)info.columns);
}

static PyObject *neuralrg_layer_sites(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_layer_sites", values, count, 3);
    Model flow = take_model(&call, "neuralrg");
    int64_t index = take_integer(&call, "index", 0, INT32_MAX);
    LayerInfo info = layer_info(&call, flow, index);
    Array sites = take_array(&call, "sites", 'i', OUTPUT, SHAPE(info.blocks, info.rows * info.columns));
    RUN(&call, isingrg_neuralrg_layer_sites(
        flow.handle, (int32_t)index, sites.data, sites.count));
    return close_with_none(&call);
}

static PyObject *neuralrg_latent_scales(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "neuralrg_latent_scales", values, count, 2);
    Model flow = take_model(&call, "neuralrg");
    Array scales = take_array(&call, "scales", 'i', OUTPUT, SHAPE(flow.extents[0], flow.extents[1]));
    RUN(&call, isingrg_neuralrg_latent_scales(flow.handle, scales.data, scales.count));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(neuralrg_create),
    METHOD(neuralrg_fit),
    METHOD(neuralrg_fit_samples),
    METHOD(neuralrg_layer_count),
    METHOD(neuralrg_layer_info),
    METHOD(neuralrg_layer_sites),
    METHOD(neuralrg_latent_scales),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(NEURALRG_MERA),
    CONSTANT(NEURALRG_TEBD),
    CONSTANT(NEURALRG_TREE),
    CONSTANT(NEURALRG_COUPLING),
    CONSTANT(NEURALRG_LINEAR),
    CONSTANT(NEURALRG_CONSTANT),
    CONSTANT(NEURALRG_COSINE),
    CONSTANT(NEURALRG_STEP),
    CONSTANT(NEURALRG_GAUSSIAN),
    CONSTANT(NEURALRG_LOG_COSH),
    CONSTANT(NEURALRG_QUARTIC),
    CONSTANT(NEURALRG_FUNCTION),
    CONSTANT(NEURALRG_LATENT),
    CONSTANT(NEURALRG_PHYSICAL),
    CONSTANT(NEURALRG_LOSS),
    CONSTANT(NEURALRG_STANDARD_ERROR),
    CONSTANT(NEURALRG_COLUMNS),
    {NULL, 0},
};

const Part neuralrg_part = {methods, constants};
