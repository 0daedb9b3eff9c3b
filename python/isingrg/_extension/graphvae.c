/* The graph variational autoencoders of isingrg.h. */
#include "models.h"
#include "records.h"

/* Extents that arrays of a model have. */
typedef struct {
    isingrg_model *handle;
    int64_t size, latent, levels, readout;
} Autoencoder;

/* Latent variables of a level of configurations of a size. */
static int64_t nodes(Autoencoder model, int64_t level, int64_t size)
{
    int64_t side = size >> level;
    return model.readout == ISINGRG_GRAPHVAE_READOUT_MEAN ? 1 : side * side;
}

static int64_t all_nodes(Autoencoder model, int64_t size)
{
    int64_t sum = 0;
    for (int64_t level = 0; level < model.levels; ++level) sum += nodes(model, level, size);
    return sum;
}

static Autoencoder take_autoencoder(Call *call)
{
    Model model = take_model(call, "graphvae");
    return (Autoencoder){model.handle, model.extents[0], model.extents[1], model.extents[2],
                         model.extents[3]};
}

static const Field config_fields[] = {
    FIELD(isingrg_graphvae_config, size, INT64),
    FIELD(isingrg_graphvae_config, latent, INT32),
    FIELD(isingrg_graphvae_config, hidden, INT32),
    FIELD(isingrg_graphvae_config, token, INT32),
    FIELD(isingrg_graphvae_config, levels, INT32),
    FIELD(isingrg_graphvae_config, likelihood, INT32),
    FIELD(isingrg_graphvae_config, decoder, INT32),
    FIELD(isingrg_graphvae_config, representation, INT32),
    FIELD(isingrg_graphvae_config, readout, INT32),
    FIELD(isingrg_graphvae_config, beta, NUMBER),
    FIELD(isingrg_graphvae_config, lambda_rg, NUMBER),
    FIELD(isingrg_graphvae_config, anneal, INT64),
    FIELD(isingrg_graphvae_config, seed, UINT64),
};

static PyObject *graphvae_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_create", values, count, 1);
    isingrg_graphvae_config config = {0};
    take_record(&call, "config", FIELDS(config_fields), 0, &config);
    isingrg_model *handle = NULL;
    RUN(&call, isingrg_graphvae_create(&config, &handle));
    if (close_call(&call) < 0) return NULL;
    return wrap_model((Model){
        handle, "graphvae", {config.size, config.latent, config.levels, config.readout}});
}

static const Field training_fields[] = {
    FIELD(isingrg_graphvae_training, epochs, COUNT),
    FIELD(isingrg_graphvae_training, batch, COUNT),
    FIELD(isingrg_graphvae_training, learning_rate, NUMBER),
    FIELD(isingrg_graphvae_training, weight_decay, NUMBER),
    FIELD(isingrg_graphvae_training, seed, UINT64),
};

static PyObject *graphvae_fit(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_fit", values, count, 5);
    Autoencoder model = take_autoencoder(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, model.size, model.size));
    isingrg_graphvae_training training = {0};
    take_record(&call, "training", FIELDS(training_fields), 0, &training);
    Array history = take_array(
        &call, "history", 'd', OUTPUT, SHAPE((int64_t)training.epochs, ISINGRG_GRAPHVAE_COLUMNS));
    take_progress(&call, "progress");
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_graphvae_fit(
        model.handle, spins.data, spins.shape[0], &training, history.data, history.count, &done,
        report_progress, &call));
    return close_training(&call, done);
}

static PyObject *graphvae_encode(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_encode", values, count, 5);
    Autoencoder model = take_autoencoder(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, ANY, SAME));
    int64_t n = spins.shape[0];
    int64_t rows = n * all_nodes(model, spins.shape[1]);
    Array means = take_array(&call, "means", 'd', OUTPUT, SHAPE(rows, model.latent));
    Array log_variances = take_array(&call, "log_variances", 'd', OUTPUT, SHAPE(rows, model.latent));
    take_progress(&call, "progress");
    RUN(&call, isingrg_graphvae_encode(
        model.handle, spins.data, n, spins.shape[1], means.data, log_variances.data,
        report_progress, &call));
    return close_with_none(&call);
}

static PyObject *graphvae_decode(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_decode", values, count, 4);
    Autoencoder model = take_autoencoder(&call);
    int64_t each = nodes(model, model.levels - 1, model.size);
    Array latents = take_array(&call, "latents", 'd', INPUT, SHAPE(ANY, each, model.latent));
    int64_t n = latents.shape[0];
    Array means = take_array(&call, "means", 'd', OUTPUT, SHAPE(n, model.size, model.size));
    take_progress(&call, "progress");
    RUN(&call, isingrg_graphvae_decode(
        model.handle, latents.data, n, means.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *graphvae_sample(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_sample", values, count, 5);
    Autoencoder model = take_autoencoder(&call);
    uint64_t seed = take_unsigned(&call, "seed");
    int64_t each = nodes(model, model.levels - 1, model.size);
    Array latents = take_array(&call, "latents", 'd', OUTPUT, SHAPE(ANY, each, model.latent));
    int64_t n = latents.shape[0];
    Array spins = take_array(&call, "spins", 'b', OUTPUT, SHAPE(n, model.size, model.size));
    take_progress(&call, "progress");
    RUN(&call, isingrg_graphvae_sample(
        model.handle, n, seed, latents.data, spins.data, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *graphvae_loss(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_loss", values, count, 5);
    Autoencoder model = take_autoencoder(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, model.size, model.size));
    uint64_t seed = take_unsigned(&call, "seed");
    Array terms = take_array(&call, "terms", 'd', OUTPUT, SHAPE(ISINGRG_GRAPHVAE_COLUMNS));
    take_progress(&call, "progress");
    RUN(&call, isingrg_graphvae_loss(
        model.handle, spins.data, spins.shape[0], seed, terms.data, report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(graphvae_create),
    METHOD(graphvae_fit),
    METHOD(graphvae_encode),
    METHOD(graphvae_decode),
    METHOD(graphvae_sample),
    METHOD(graphvae_loss),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(GRAPHVAE_MSE),
    CONSTANT(GRAPHVAE_BERNOULLI),
    CONSTANT(GRAPHVAE_DECODER_MLP),
    CONSTANT(GRAPHVAE_DECODER_GRAPH),
    CONSTANT(GRAPHVAE_REPRESENTATION_MU),
    CONSTANT(GRAPHVAE_REPRESENTATION_Z),
    CONSTANT(GRAPHVAE_READOUT_MEAN),
    CONSTANT(GRAPHVAE_READOUT_SITES),
    CONSTANT(GRAPHVAE_LOSS),
    CONSTANT(GRAPHVAE_RECONSTRUCTION),
    CONSTANT(GRAPHVAE_KL),
    CONSTANT(GRAPHVAE_RG),
    CONSTANT(GRAPHVAE_COLUMNS),
    {NULL, 0},
};

const Part graphvae_part = {methods, constants};
