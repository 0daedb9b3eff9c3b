#include "driver.h"

enum { N = 3, SITES = 16, STEPS = 2, HISTORY = STEPS * ISINGRG_NEURALRG_COLUMNS };

static const int32_t hidden[1] = {4};

static isingrg_neuralrg_config configuration(void)
{
    isingrg_neuralrg_config config = {
        .rows = 4, .columns = 4, .block = 2, .coupling = 0.3, .repeats = 1, .layers = 2};
    config.n_hidden = 1, config.hidden = hidden, config.symmetric = 1, config.seed = 7;
    return config;
}

isingrg_model *make_neuralrg(void)
{
    isingrg_neuralrg_config config = configuration();
    isingrg_model *model;
    ACCEPT(isingrg_neuralrg_create(&config, &model));
    return model;
}

static isingrg_neuralrg_training settings(void)
{
    isingrg_neuralrg_training training = {
        .steps = STEPS, .batch = 8, .learning_rate = 1e-3, .final_learning_rate = 1e-3,
        .schedule_steps = STEPS, .seed = 1};
    return training;
}

void train_neuralrg(isingrg_model *model)
{
    double history[HISTORY];
    uint64_t done;
    isingrg_neuralrg_training training = settings();
    ACCEPT(isingrg_neuralrg_fit(model, &training, history, HISTORY, &done, NULL, NULL));
    REQUIRE(done == STEPS);
}

static void test_create(void)
{
    isingrg_model *model = NULL;
    isingrg_neuralrg_config config = configuration();
    int32_t wide[2] = {4, 300};
    const int32_t sources[SITES] = {0};
    const int8_t signs[SITES] = {1};
    int32_t masks[8] = {3, 5, 6, 9, 10, 12, 3, 15};
    REFUSE("config", isingrg_neuralrg_create(NULL, &model));
    REFUSE("model", isingrg_neuralrg_create(&config, NULL));
    config.n_hidden = 2, config.hidden = wide;
    REFUSE("hidden", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.hidden = NULL;
    REFUSE("hidden", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.rows = INT64_MAX;
    REFUSE("rows", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.columns = INT64_MAX;
    REFUSE("columns", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.columns = 6;
    REFUSE("powers of two", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.block = 3;
    REFUSE("block", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.neighbours = 2;
    REFUSE("neighbours", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.symmetry_count = INT64_MAX;
    REFUSE("symmetry_count", isingrg_neuralrg_create(&config, &model));
    config.symmetry_count = SITES;
    REFUSE("symmetry_sources", isingrg_neuralrg_create(&config, &model));
    config.symmetry_sources = sources;
    REFUSE("symmetry_signs", isingrg_neuralrg_create(&config, &model));
    config.symmetry_signs = signs;
    REFUSE("permutation", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.coupling = NAN;
    REFUSE("coupling", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.structure = 3;
    REFUSE("structure", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.depth = 3;
    REFUSE("depth", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.repeats = INT32_MAX;
    REFUSE("repeats", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.bijector = 2;
    REFUSE("bijector", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.layers = 0;
    REFUSE("layers", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.masks = masks, config.masks_count = 8;
    REFUSE("mask", isingrg_neuralrg_create(&config, &model));
    config.bijector = ISINGRG_NEURALRG_LINEAR;
    REFUSE("must be left out", isingrg_neuralrg_create(&config, &model));
    config.bijector = ISINGRG_NEURALRG_COUPLING;
    config.masks_count = INT64_MAX;
    REFUSE("masks_count", isingrg_neuralrg_create(&config, &model));
    config.masks = NULL, config.masks_count = 8;
    REFUSE("masks", isingrg_neuralrg_create(&config, &model));
    REQUIRE(model == NULL);
    masks[7] = 1, config.masks = masks;
    ACCEPT(isingrg_neuralrg_create(&config, &model));
    ACCEPT(isingrg_model_destroy(model));
}

/* ln pi = -sum x^2 / 2; the context counts the calls, and a negative one stops. */
static int32_t normal(void *context, const double *x, int64_t n, double *density, double *gradient)
{
    if (*(int *)context < 0) return 1;
    for (int64_t i = 0; i < n; ++i) {
        density[i] = 0;
        for (int64_t j = i * SITES; j < (i + 1) * SITES; ++j) {
            density[i] -= x[j] * x[j] / 2;
            if (gradient != NULL) gradient[j] = -x[j];
        }
    }
    return 0;
}

static void test_targets(void)
{
    isingrg_model *model = NULL;
    isingrg_neuralrg_config config = configuration();
    isingrg_neuralrg_target target = {.kind = ISINGRG_NEURALRG_QUARTIC, .strength = 1};
    double form[SITES], history[HISTORY];
    uint64_t done;
    int context = 0;
    for (int i = 0; i < SITES; ++i) form[i] = 2;
    config.target = &target, config.coupling = NAN; /* which means nothing then */
#define CREATE isingrg_neuralrg_create(&config, &model)
    REFUSE("form", CREATE);
    target.form_count = SITES;
    REFUSE("form", CREATE);
    target.form = form, target.form_count = INT64_MAX;
    REFUSE("form", CREATE);
    target.form_count = SITES, target.kind = 4;
    REFUSE("kind", CREATE);
    target.kind = ISINGRG_NEURALRG_QUARTIC, target.strength = NAN;
    REFUSE("strength", CREATE);
    target.strength = 1, form[3] = INFINITY;
    REFUSE("spectrum", CREATE);
    form[3] = 2;
    ACCEPT(CREATE);
    ACCEPT(isingrg_model_destroy(model));
    target = (isingrg_neuralrg_target){.kind = ISINGRG_NEURALRG_FUNCTION, .context = &context};
    REFUSE("function", CREATE);
    target.function = normal;
    ACCEPT(CREATE);
    isingrg_neuralrg_training training = settings();
    ACCEPT(isingrg_neuralrg_fit(model, &training, history, HISTORY, &done, NULL, NULL));
    REQUIRE(done == STEPS && isfinite(history[ISINGRG_NEURALRG_LOSS]));
    context = -1;
    INTERRUPT(isingrg_neuralrg_fit(model, &training, history, HISTORY, &done, NULL, NULL));
    REQUIRE(done == 0);
    ACCEPT(isingrg_model_destroy(model));
}

static void test_dual(void)
{
    double couplings[2] = {0.4406867935, -0.3}, wrong = 101, x[SITES] = {0.5}, a[2], b[2], c[2];
    int calls = 0;
#define DUAL(size, couplings, n, partition, alpha, determinant) \
    isingrg_neuralrg_dual(size, couplings, n, partition, alpha, determinant, NULL, NULL)
    ACCEPT(DUAL(16, couplings, 2, a, b, c));
    REQUIRE(fabs(a[0] - 592.87574) < 1e-4 && fabs(b[0] - 1.862747174) < 1e-6);
    ACCEPT(DUAL(16, couplings, 2, NULL, NULL, NULL));
    REFUSE("size", DUAL(66, couplings, 2, a, b, c));
    REFUSE("couplings", DUAL(16, NULL, 2, a, b, c));
    REFUSE("n must", DUAL(16, couplings, INT64_MIN, a, b, c));
    REQUIRE(DUAL(16, &wrong, 1, a, b, c) == ISINGRG_INVALID_ARGUMENT);
    ACCEPT(isingrg_neuralrg_dual(16, couplings, 2, a, b, c, count_calls, &calls));
    REQUIRE(calls >= 1);
    INTERRUPT(isingrg_neuralrg_dual(16, couplings, 2, a, b, c, stop, NULL));
    ACCEPT(isingrg_neuralrg_log_density(4, 0.3, x, 1, a, NULL, NULL));
    REFUSE("values", isingrg_neuralrg_log_density(4, 0.3, x, 1, NULL, NULL, NULL));
    REFUSE("samples", isingrg_neuralrg_log_density(4, 0.3, NULL, 1, a, NULL, NULL));
    REQUIRE(isingrg_neuralrg_log_density(4, NAN, x, 1, a, NULL, NULL) == ISINGRG_INVALID_ARGUMENT);
    INTERRUPT(isingrg_neuralrg_log_density(4, 0.3, x, 1, a, stop, NULL));
}

static void test_fit(isingrg_model *model, const double *x)
{
    double history[HISTORY];
    uint64_t done = 0;
    isingrg_neuralrg_training training = settings();
#define FIT(training, history, count, done) \
    isingrg_neuralrg_fit(model, training, history, count, done, NULL, NULL)
#define FIT_SAMPLES(x, n) \
    isingrg_neuralrg_fit_samples(model, x, n, &training, history, HISTORY, &done, NULL, NULL)
    ACCEPT(FIT(&training, history, HISTORY, &done));
    REQUIRE(done == STEPS && history[ISINGRG_NEURALRG_STANDARD_ERROR] > 0);
    done = 9;
    ACCEPT(FIT_SAMPLES(x, N));
    REQUIRE(done == STEPS);
    ACCEPT(isingrg_model_step(model, &done));
    REQUIRE(done == 2 * STEPS);
    INTERRUPT(isingrg_neuralrg_fit(model, &training, history, HISTORY, &done, stop, NULL));
    REQUIRE(done == 0);
    INTERRUPT(isingrg_neuralrg_fit_samples(
        model, x, N, &training, history, HISTORY, &done, stop, NULL));
    REFUSE("training", FIT(NULL, history, HISTORY, &done));
    REFUSE("history", FIT(&training, NULL, HISTORY, &done));
    REFUSE("history", FIT(&training, history, HISTORY - 1, &done));
    REFUSE("done", FIT(&training, history, HISTORY, NULL));
    REFUSE("samples", FIT_SAMPLES(NULL, N));
    REFUSE("n must", FIT_SAMPLES(x, 0));
    REFUSE("training", isingrg_neuralrg_fit_samples(
        model, x, N, NULL, history, HISTORY, &done, NULL, NULL));
#define REFUSE_SETTING(name, value) \
    training = settings(), training.name = value; \
    REFUSE(#name, FIT(&training, history, HISTORY, &done)); \
    REFUSE(#name, FIT_SAMPLES(x, N))
    REFUSE_SETTING(steps, 0);
    REFUSE_SETTING(steps, UINT64_MAX);
    REFUSE_SETTING(batch, 0);
    REFUSE_SETTING(batch, UINT64_MAX);
    REFUSE_SETTING(learning_rate, NAN);
    REFUSE_SETTING(weight_decay, -1);
}

static void test_evaluation(isingrg_model *model)
{
    double x[N * SITES], z[N * SITES], values[N], means[2 * SITES], deviations[2 * SITES];
    int32_t sites[2] = {0, 15}, layers = 0, wrong = 16;
    ACCEPT(isingrg_neuralrg_layer_count(model, &layers));
    ACCEPT(isingrg_neuralrg_sample(model, N, 5, x, z, values, NULL, NULL));
    ACCEPT(isingrg_neuralrg_sample(model, N, 5, x, NULL, NULL, NULL, NULL));
    ACCEPT(isingrg_neuralrg_encode(model, x, N, 0, layers, z, values, NULL, NULL));
    ACCEPT(isingrg_neuralrg_decode(model, z, N, 0, layers, x, values, NULL, NULL));
    ACCEPT(isingrg_neuralrg_log_probability(model, x, N, values, NULL, NULL));
    ACCEPT(isingrg_neuralrg_log_probability(model, x, 0, values, NULL, NULL));
    ACCEPT(isingrg_neuralrg_responses(model, x, N, sites, 2, means, deviations, NULL, NULL));
    test_fit(model, x);
    REFUSE("samples", isingrg_neuralrg_sample(model, N, 5, NULL, z, NULL, NULL, NULL));
    REFUSE("n must", isingrg_neuralrg_sample(model, -1, 5, x, z, NULL, NULL, NULL));
    REFUSE("n must", isingrg_neuralrg_sample(model, INT64_MAX, 5, x, z, NULL, NULL, NULL));
    REFUSE("log_determinants", isingrg_neuralrg_encode(model, x, N, 0, 1, z, NULL, NULL, NULL));
    REFUSE("end_layer", isingrg_neuralrg_encode(model, x, N, 0, layers + 1, z, values, NULL, NULL));
    REFUSE("first_layer", isingrg_neuralrg_decode(model, z, N, 2, 1, x, values, NULL, NULL));
    REFUSE("samples", isingrg_neuralrg_decode(model, z, N, 0, 1, NULL, values, NULL, NULL));
    REFUSE("values", isingrg_neuralrg_log_probability(model, x, N, NULL, NULL, NULL));
#define RESPONSES(sites, n_sites, deviations) \
    isingrg_neuralrg_responses(model, x, N, sites, n_sites, means, deviations, NULL, NULL)
    REFUSE("sites", RESPONSES(&wrong, 1, deviations));
    REFUSE("sites", RESPONSES(NULL, 1, deviations));
    REFUSE("n_sites", RESPONSES(sites, INT64_MAX, deviations));
    REFUSE("deviations", RESPONSES(sites, 2, NULL));
    x[3] = INFINITY;
    REFUSE("finite", isingrg_neuralrg_encode(model, x, N, 0, 1, z, values, NULL, NULL));
    REFUSE("finite", RESPONSES(sites, 2, deviations));
}

static void test_chains(isingrg_model *model)
{
    double x[2 * N * SITES], start[2 * SITES] = {0.5}, acceptance[2 * N], step_size;
    isingrg_neuralrg_chains usual = {
        .adapts = 1, .random_length = 1, .n_chains = 2, .n_samples = N, .warmup = 4, .between = 1,
        .leapfrog = 3, .step_size = 0.2, .seed = 7};
    isingrg_neuralrg_chains chains = usual;
    int64_t count = 2 * N * SITES;
#define HMC(chains, start, x, count, acceptance, step_size) \
    isingrg_neuralrg_hmc(model, chains, start, x, count, acceptance, step_size, NULL, NULL)
    ACCEPT(HMC(&chains, NULL, x, count, acceptance, &step_size));
    REQUIRE(step_size > 0 && acceptance[0] >= 0 && acceptance[0] <= 1);
    chains.space = ISINGRG_NEURALRG_PHYSICAL, chains.adapts = 0, chains.random_length = 0;
    ACCEPT(HMC(&chains, start, x, count, acceptance, &step_size));
    REFUSE("chains", HMC(NULL, NULL, x, count, acceptance, &step_size));
    REFUSE("samples", HMC(&chains, NULL, NULL, count, acceptance, &step_size));
    REFUSE("samples", HMC(&chains, NULL, x, count - 1, acceptance, &step_size));
    REFUSE("acceptance", HMC(&chains, NULL, x, count, NULL, &step_size));
    REFUSE("step_size", HMC(&chains, NULL, x, count, acceptance, NULL));
#define REFUSE_CHAINS(name, value) \
    chains = usual, chains.name = value; \
    REFUSE(#name, HMC(&chains, NULL, x, count, acceptance, &step_size))
    REFUSE_CHAINS(space, 2);
    REFUSE_CHAINS(adapts, -1);
    REFUSE_CHAINS(random_length, 2);
    REFUSE_CHAINS(n_chains, 0);
    REFUSE_CHAINS(n_samples, UINT64_MAX);
    REFUSE_CHAINS(warmup, UINT64_MAX / 2);
    REFUSE_CHAINS(between, 0);
    REFUSE_CHAINS(leapfrog, 10001);
    REFUSE_CHAINS(step_size, NAN);
    start[5] = NAN;
    REFUSE("finite", HMC(&usual, start, x, count, acceptance, &step_size));
}

static void test_hierarchy(isingrg_model *model)
{
    int32_t layers = 0, is_decimator, scale, rows, columns, sites[SITES], scales[SITES];
    int64_t blocks = 0;
    ACCEPT(isingrg_neuralrg_layer_count(model, &layers));
    for (int32_t i = 0; i < layers; ++i) {
        ACCEPT(isingrg_neuralrg_layer_info(
            model, i, &is_decimator, &scale, &blocks, &rows, &columns));
        REQUIRE(rows == 2 && columns == 2);
        ACCEPT(isingrg_neuralrg_layer_sites(model, i, sites, 4 * blocks));
    }
    ACCEPT(isingrg_neuralrg_latent_scales(model, scales, SITES));
    REFUSE("count", isingrg_neuralrg_layer_count(model, NULL));
    REFUSE(
        "index", isingrg_neuralrg_layer_info(
            model, layers, &is_decimator, &scale, &blocks, &rows, &columns));
    REFUSE(
        "blocks", isingrg_neuralrg_layer_info(
            model, 0, &is_decimator, &scale, NULL, &rows, &columns));
    REFUSE("index", isingrg_neuralrg_layer_sites(model, INT32_MIN, sites, SITES));
    REFUSE("sites", isingrg_neuralrg_layer_sites(model, 0, NULL, SITES));
    REFUSE("sites", isingrg_neuralrg_layer_sites(model, 0, sites, 3));
    REFUSE("scales", isingrg_neuralrg_latent_scales(model, NULL, SITES));
    REFUSE("scales", isingrg_neuralrg_latent_scales(model, scales, 2));
}

void test_neuralrg(void)
{
    isingrg_model *model = make_neuralrg();
    test_create();
    test_dual();
    test_targets();
    test_evaluation(model);
    test_chains(model);
    test_hierarchy(model);
    ACCEPT(isingrg_model_destroy(model));
}
