/* The multilevel samplers of isingrg.h. */
#include "models.h"
#include "records.h"

/* Extents that arrays of a model have. */
typedef struct {
    isingrg_model *handle;
    int64_t size, couplings;
} Sampler;

static Sampler take_sampler(Call *call)
{
    Model model = take_model(call, "multilevel");
    return (Sampler){model.handle, model.extents[0], model.extents[1]};
}

static const Field config_fields[] = {
    FIELD(isingrg_multilevel_config, size, INT64),
    FIELD(isingrg_multilevel_config, coupling, NUMBER),
    FIELD(isingrg_multilevel_config, field, NUMBER),
    FIELD(isingrg_multilevel_config, neighbours, INT32),
    FIELD(isingrg_multilevel_config, linear, INT32),
    FIELD(isingrg_multilevel_config, triples, INT32),
    FIELD(isingrg_multilevel_config, quintuples, INT32),
    FIELD(isingrg_multilevel_config, colours, INT32),
};

static PyObject *multilevel_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_create", values, count, 1);
    isingrg_multilevel_config config = {0};
    take_record(&call, "config", FIELDS(config_fields), 0, &config);
    isingrg_model *handle = NULL;
    RUN(&call, isingrg_multilevel_create(&config, &handle));
    if (close_call(&call) < 0) return NULL;
    int64_t couplings = 0;
    isingrg_model_parameter_count(handle, &couplings);
    return wrap_model((Model){handle, "multilevel", {config.size, couplings, 1}, NULL});
}

static const Field training_fields[] = {
    FIELD(isingrg_multilevel_training, steps, COUNT),
    FIELD(isingrg_multilevel_training, batch, COUNT),
    FIELD(isingrg_multilevel_training, learning_rate, NUMBER),
    FIELD(isingrg_multilevel_training, damping, NUMBER),
    FIELD(isingrg_multilevel_training, start, INT32),
    FIELD(isingrg_multilevel_training, seed, UINT64),
};

static Array take_history(Call *call, const isingrg_multilevel_training *training)
{
    return take_array(
        call, "history", 'd', OUTPUT, SHAPE((int64_t)training->steps, ISINGRG_MULTILEVEL_COLUMNS));
}

static PyObject *multilevel_fit(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_fit", values, count, 4);
    Sampler model = take_sampler(&call);
    isingrg_multilevel_training training = {0};
    take_record(&call, "training", FIELDS(training_fields), 0, &training);
    Array history = take_history(&call, &training);
    take_progress(&call, "progress");
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_multilevel_fit(
        model.handle, &training, history.data, history.count, &done, report_progress, &call));
    return close_training(&call, done);
}

static PyObject *multilevel_fit_samples(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_fit_samples", values, count, 5);
    Sampler model = take_sampler(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, model.size, model.size));
    isingrg_multilevel_training training = {0};
    take_record(&call, "training", FIELDS(training_fields), 0, &training);
    Array history = take_history(&call, &training);
    take_progress(&call, "progress");
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_multilevel_fit_samples(
        model.handle, spins.data, spins.shape[0], &training, history.data, history.count, &done,
        report_progress, &call));
    return close_training(&call, done);
}

static PyObject *multilevel_adopt(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_adopt", values, count, 2);
    Sampler model = take_sampler(&call), other = take_sampler(&call);
    RUN(&call, isingrg_multilevel_adopt(model.handle, other.handle));
    return close_with_none(&call);
}

static PyObject *multilevel_sample(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_sample", values, count, 6);
    Sampler model = take_sampler(&call);
    Array coarse = take_array(&call, "coarse", 'b', OPTIONAL_INPUT, SHAPE(ANY, ANY, SAME));
    uint64_t seed = take_unsigned(&call, "seed");
    int64_t n = coarse.data == NULL ? ANY : coarse.shape[0];
    Array spins = take_array(&call, "spins", 'b', OUTPUT, SHAPE(n, model.size, model.size));
    Array probabilities = take_array(
        &call, "log_probabilities", 'd', OPTIONAL_OUTPUT, SHAPE(spins.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_multilevel_sample(
        model.handle, spins.shape[0], coarse.data, coarse.data == NULL ? 0 : coarse.shape[1], seed,
        spins.data, probabilities.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *multilevel_log_probability(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_log_probability", values, count, 5);
    Sampler model = take_sampler(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, model.size, model.size));
    int64_t coarse_size = take_integer(&call, "coarse_size", 0, 256);
    Array numbers = take_array(&call, "values", 'd', OUTPUT, SHAPE(spins.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_multilevel_log_probability(
        model.handle, spins.data, spins.shape[0], coarse_size, numbers.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *multilevel_anneal(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_anneal", values, count, 6);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    double field = take_number(&call, "field");
    uint64_t seed = take_unsigned(&call, "seed");
    Array spins = take_array(&call, "spins", 'b', OUTPUT, SHAPE(ANY, ANY, SAME));
    Array work = take_array(&call, "work", 'd', OUTPUT, SHAPE(spins.shape[0]));
    take_progress(&call, "progress");
    RUN(&call, isingrg_multilevel_anneal(
        spins.shape[0], spins.shape[1], couplings.data, couplings.count, field, seed, spins.data,
        work.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *multilevel_orbits(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "multilevel_orbits", values, count, 2);
    Sampler model = take_sampler(&call);
    Array orbits = take_array(
        &call, "orbits", 'i', OUTPUT, SHAPE(model.couplings, ISINGRG_MULTILEVEL_ORBIT_COLUMNS));
    RUN(&call, isingrg_multilevel_orbits(model.handle, orbits.data, orbits.count));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(multilevel_create),
    METHOD(multilevel_fit),
    METHOD(multilevel_fit_samples),
    METHOD(multilevel_adopt),
    METHOD(multilevel_sample),
    METHOD(multilevel_log_probability),
    METHOD(multilevel_anneal),
    METHOD(multilevel_orbits),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(MULTILEVEL_LOSS),
    CONSTANT(MULTILEVEL_STANDARD_ERROR),
    CONSTANT(MULTILEVEL_EFFECTIVE_SHARE),
    CONSTANT(MULTILEVEL_LOG_PARTITION),
    CONSTANT(MULTILEVEL_LOG_PARTITION_ERROR),
    CONSTANT(MULTILEVEL_FORWARD),
    CONSTANT(MULTILEVEL_FORWARD_ERROR),
    CONSTANT(MULTILEVEL_COLUMNS),
    CONSTANT(MULTILEVEL_WOLFF),
    CONSTANT(MULTILEVEL_LADDER),
    CONSTANT(MULTILEVEL_NONE),
    CONSTANT(MULTILEVEL_SPACING),
    CONSTANT(MULTILEVEL_POSITION),
    CONSTANT(MULTILEVEL_COLOUR),
    CONSTANT(MULTILEVEL_ORDER),
    CONSTANT(MULTILEVEL_PRODUCTS),
    CONSTANT(MULTILEVEL_SQUARED_DISTANCE),
    CONSTANT(MULTILEVEL_ORBIT_COLUMNS),
    {NULL, 0},
};

const Part multilevel_part = {methods, constants};
