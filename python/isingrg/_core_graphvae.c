/* The graph variational autoencoders of isingrg.h, held in capsules. */
#include "_core_models.h"

DEFINE_MODEL_KIND(graphvae, 0);
DEFINE_MODEL_FUNCTIONS(graphvae)

/* Extents that arrays of a model have. */
typedef struct {
    isingrg_graphvae *handle;
    int64_t size, latent, levels;
} Autoencoder;

static Autoencoder take_autoencoder(Call *call)
{
    Native native = take_native(call, &graphvae_kind);
    return (Autoencoder){
        native.handle, native.extents[0], native.extents[1], native.extents[2]};
}

static PyObject *graphvae_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_create", values, count, 12);
    isingrg_graphvae_config config;
    config.size = take_integer(&call, "size", 1, MAX_COUNT);
    config.latent = (int32_t)take_integer(&call, "latent", 0, INT32_MAX);
    config.hidden = (int32_t)take_integer(&call, "hidden", 0, INT32_MAX);
    config.token = (int32_t)take_integer(&call, "token", 0, INT32_MAX);
    config.levels = (int32_t)take_integer(&call, "levels", 0, INT32_MAX);
    config.likelihood = (int32_t)take_integer(&call, "likelihood", 0, INT32_MAX);
    config.decoder = (int32_t)take_integer(&call, "decoder", 0, INT32_MAX);
    config.representation = (int32_t)take_integer(&call, "representation", 0, INT32_MAX);
    config.beta = take_number(&call, "beta");
    config.lambda_rg = take_number(&call, "lambda_rg");
    config.anneal = take_integer(&call, "anneal", 0, MAX_COUNT);
    config.seed = take_unsigned(&call, "seed");
    isingrg_graphvae *handle = NULL;
    RUN(&call, isingrg_graphvae_create(&config, &handle));
    if (close_call(&call) < 0) return NULL;
    return wrap_model(
        (Native){&graphvae_kind, handle, {config.size, config.latent, config.levels}});
}

static PyObject *graphvae_fit(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_fit", values, count, 9);
    Autoencoder model = take_autoencoder(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, model.size, model.size));
    uint64_t epochs = (uint64_t)take_integer(&call, "epochs", 1, MAX_COUNT);
    uint64_t batch = (uint64_t)take_integer(&call, "batch", 0, MAX_COUNT);
    double learning_rate = take_number(&call, "learning_rate");
    double weight_decay = take_number(&call, "weight_decay");
    uint64_t seed = take_unsigned(&call, "seed");
    Array history = take_array(
        &call, "history", 'd', OUTPUT, SHAPE((int64_t)epochs, ISINGRG_GRAPHVAE_COLUMNS));
    take_progress(&call, "progress");
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_graphvae_fit(
        model.handle, spins.data, spins.shape[0], epochs, batch, learning_rate, weight_decay, seed,
        history.data, history.count, &done, report_progress, &call));
    PyObject *error = close_with_exception(&call);
    return Py_BuildValue("KN", (unsigned long long)done, error);
}

static PyObject *graphvae_epoch(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_epoch", values, count, 1);
    Autoencoder model = take_autoencoder(&call);
    uint64_t epoch = 0;
    RUN(&call, isingrg_graphvae_epoch(model.handle, &epoch));
    return close_call(&call) < 0 ? NULL : PyLong_FromUnsignedLongLong(epoch);
}

static PyObject *graphvae_step(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_step", values, count, 1);
    Autoencoder model = take_autoencoder(&call);
    uint64_t step = 0;
    RUN(&call, isingrg_graphvae_step(model.handle, &step));
    return close_call(&call) < 0 ? NULL : PyLong_FromUnsignedLongLong(step);
}

static PyObject *graphvae_parameter_count(
    PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_parameter_count", values, count, 1);
    Autoencoder model = take_autoencoder(&call);
    int64_t parameters = 0;
    RUN(&call, isingrg_graphvae_parameter_count(model.handle, &parameters));
    return close_call(&call) < 0 ? NULL : PyLong_FromLongLong(parameters);
}

static PyObject *graphvae_encode(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "graphvae_encode", values, count, 5);
    Autoencoder model = take_autoencoder(&call);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, ANY, SAME));
    int64_t n = spins.shape[0];
    Array means = take_array(&call, "means", 'd', OUTPUT, SHAPE(model.levels, n, model.latent));
    Array log_variances = take_array(
        &call, "log_variances", 'd', OUTPUT, SHAPE(model.levels, n, model.latent));
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
    Array latents = take_array(&call, "latents", 'd', INPUT, SHAPE(ANY, model.latent));
    int64_t n = latents.shape[0];
    Array means = take_array(&call, "means", 'd', OUTPUT, SHAPE(n, model.size, model.size));
    take_progress(&call, "progress");
    RUN(&call, isingrg_graphvae_decode(
        model.handle, latents.data, n, means.data, report_progress, &call));
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

PyMethodDef graphvae_methods[] = {
    METHOD(graphvae_create),
    METHOD(graphvae_fit),
    METHOD(graphvae_epoch),
    METHOD(graphvae_step),
    METHOD(graphvae_parameter_count),
    METHOD(graphvae_encode),
    METHOD(graphvae_decode),
    METHOD(graphvae_loss),
    MODEL_METHODS(graphvae),
    {NULL, NULL, 0, NULL},
};
