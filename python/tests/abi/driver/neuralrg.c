#include "driver.h"

enum { N = 3, SITES = 16 };

static const int32_t hidden[1] = {4};

static isingrg_neuralrg_config configuration(void)
{
    isingrg_neuralrg_config config = {.size = 4, .coupling = 0.3, .repeats = 1, .couplings = 2};
    config.n_hidden = 1, config.hidden = hidden, config.symmetric = 1, config.seed = 7;
    return config;
}

static void test_create(void)
{
    isingrg_neuralrg *model = NULL;
    isingrg_neuralrg_config config = configuration();
    int32_t wide[2] = {4, 300};
    int8_t masks[8] = {3, 5, 6, 9, 10, 12, 3, 15};
    REFUSE("config", isingrg_neuralrg_create(NULL, &model));
    REFUSE("model", isingrg_neuralrg_create(&config, NULL));
    config.n_hidden = 2, config.hidden = wide;
    REFUSE("hidden", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.hidden = NULL;
    REFUSE("hidden", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.size = INT64_MAX;
    REFUSE("size", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.size = 6;
    REFUSE("power of two", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.coupling = NAN;
    REFUSE("coupling", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.structure = 3;
    REFUSE("structure", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.depth = 3;
    REFUSE("depth", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.repeats = INT32_MAX;
    REFUSE("repeats", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.couplings = 0;
    REFUSE("couplings", isingrg_neuralrg_create(&config, &model));
    config = configuration(), config.masks = masks, config.masks_count = 8;
    REFUSE("mask", isingrg_neuralrg_create(&config, &model));
    config.masks_count = INT64_MAX;
    REFUSE("masks_count", isingrg_neuralrg_create(&config, &model));
    config.masks = NULL, config.masks_count = 8;
    REFUSE("masks", isingrg_neuralrg_create(&config, &model));
    REQUIRE(model == NULL);
    masks[7] = 1, config.masks = masks;
    ACCEPT(isingrg_neuralrg_create(&config, &model));
    ACCEPT(isingrg_neuralrg_destroy(model));
}

static void test_dual(void)
{
    double couplings[2] = {0.4406867935, -0.3}, wrong = 101, x[SITES] = {0.5}, a[2], b[2], c[2];
    ACCEPT(isingrg_neuralrg_dual(16, couplings, 2, a, b, c));
    REQUIRE(fabs(a[0] - 592.87574) < 1e-4 && fabs(b[0] - 1.862747174) < 1e-6);
    ACCEPT(isingrg_neuralrg_dual(16, couplings, 2, NULL, NULL, NULL));
    REFUSE("size", isingrg_neuralrg_dual(66, couplings, 2, a, b, c));
    REFUSE("couplings", isingrg_neuralrg_dual(16, NULL, 2, a, b, c));
    REFUSE("n must", isingrg_neuralrg_dual(16, couplings, INT64_MIN, a, b, c));
    REQUIRE(isingrg_neuralrg_dual(16, &wrong, 1, a, b, c) == ISINGRG_INVALID_ARGUMENT);
    ACCEPT(isingrg_neuralrg_log_density(4, 0.3, x, 1, a, NULL, NULL));
    REFUSE("values", isingrg_neuralrg_log_density(4, 0.3, x, 1, NULL, NULL, NULL));
    REFUSE("samples", isingrg_neuralrg_log_density(4, 0.3, NULL, 1, a, NULL, NULL));
    REQUIRE(isingrg_neuralrg_log_density(4, NAN, x, 1, a, NULL, NULL) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_log_density(4, 0.3, x, 1, a, stop, NULL) == ISINGRG_INTERRUPTED);
}

static void test_fit(isingrg_neuralrg *model, const double *x)
{
    double history[2 * ISINGRG_NEURALRG_COLUMNS];
    uint64_t done = 0;
    int64_t parameters = 0;
    ACCEPT(isingrg_neuralrg_fit(model, 2, 8, 1e-3, 0, 1, history, 4, &done, NULL, NULL));
    REQUIRE(done == 2 && history[ISINGRG_NEURALRG_STANDARD_ERROR] > 0);
    ACCEPT(isingrg_neuralrg_fit_samples(
        model, x, N, 2, 8, 1e-3, 0, 1, history, 4, &done, NULL, NULL));
    ACCEPT(isingrg_neuralrg_step(model, &done));
    REQUIRE(done == 4);
    REQUIRE(isingrg_neuralrg_fit(model, 2, 8, 1e-3, 0, 1, history, 4, &done, stop, NULL)
        == ISINGRG_INTERRUPTED);
    ACCEPT(isingrg_neuralrg_parameter_count(model, &parameters));
    REQUIRE(parameters > 0);
    REFUSE("count", isingrg_neuralrg_parameter_count(model, NULL));
    REFUSE("step", isingrg_neuralrg_step(model, NULL));
#define FIT(steps, batch, rate, decay, history, count, done) \
    isingrg_neuralrg_fit(model, steps, batch, rate, decay, 1, history, count, done, NULL, NULL)
    REFUSE("history", FIT(2, 8, 1e-3, 0, NULL, 4, &done));
    REFUSE("history", FIT(2, 8, 1e-3, 0, history, 3, &done));
    REFUSE("steps", FIT(UINT64_MAX, 8, 1e-3, 0, history, 4, &done));
    REFUSE("batch", FIT(2, UINT64_MAX, 1e-3, 0, history, 4, &done));
    REQUIRE(FIT(2, 8, NAN, 0, history, 4, &done) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(FIT(2, 8, 1e-3, -1, history, 4, &done) == ISINGRG_INVALID_ARGUMENT);
    REFUSE("done", FIT(2, 8, 1e-3, 0, history, 4, NULL));
    REFUSE("samples", isingrg_neuralrg_fit_samples(
        model, NULL, N, 2, 8, 1e-3, 0, 1, history, 4, &done, NULL, NULL));
    REFUSE("n must", isingrg_neuralrg_fit_samples(
        model, x, 0, 2, 8, 1e-3, 0, 1, history, 4, &done, NULL, NULL));
}

static void test_evaluation(isingrg_neuralrg *model)
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

static void test_chains(isingrg_neuralrg *model)
{
    double x[2 * N * SITES], start[2 * SITES] = {0.5}, acceptance[2 * N], step_size;
    isingrg_neuralrg_chains usual = {
        .adapts = 1, .random_length = 1, .n_chains = 2, .n_samples = N, .warmup = 4, .between = 1, .leapfrog = 3,
        .step_size = 0.2, .seed = 7};
    isingrg_neuralrg_chains chains = usual;
    int64_t count = 2 * N * SITES;
#define HMC(chains, start, x, count, acceptance, step_size) \
    isingrg_neuralrg_hmc(model, chains, start, x, count, acceptance, step_size, NULL, NULL)
    ACCEPT(HMC(&chains, NULL, x, count, acceptance, &step_size));
    REQUIRE(step_size > 0 && acceptance[0] >= 0 && acceptance[0] <= 1);
    chains.space = ISINGRG_PHYSICAL, chains.adapts = 0, chains.random_length = 0;
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

static void test_hierarchy(isingrg_neuralrg *model)
{
    int32_t layers = 0, is_decimator, scale, sites[SITES], scales[SITES];
    int64_t blocks = 0;
    ACCEPT(isingrg_neuralrg_layer_count(model, &layers));
    for (int32_t i = 0; i < layers; ++i) {
        ACCEPT(isingrg_neuralrg_layer_info(model, i, &is_decimator, &scale, &blocks));
        ACCEPT(isingrg_neuralrg_layer_sites(model, i, sites, 4 * blocks));
    }
    ACCEPT(isingrg_neuralrg_latent_scales(model, scales, SITES));
    REFUSE("count", isingrg_neuralrg_layer_count(model, NULL));
    REFUSE("index", isingrg_neuralrg_layer_info(model, layers, &is_decimator, &scale, &blocks));
    REFUSE("blocks", isingrg_neuralrg_layer_info(model, 0, &is_decimator, &scale, NULL));
    REFUSE("index", isingrg_neuralrg_layer_sites(model, INT32_MIN, sites, SITES));
    REFUSE("sites", isingrg_neuralrg_layer_sites(model, 0, NULL, SITES));
    REFUSE("sites", isingrg_neuralrg_layer_sites(model, 0, sites, 3));
    REFUSE("scales", isingrg_neuralrg_latent_scales(model, NULL, SITES));
    REFUSE("scales", isingrg_neuralrg_latent_scales(model, scales, 2));
}

static void test_state(isingrg_neuralrg *model)
{
    int32_t count = 0;
    int64_t shape[2];
    char name[64];
    static double values[4096];
    ACCEPT(isingrg_neuralrg_array_count(model, &count));
    REFUSE("count", isingrg_neuralrg_array_count(model, NULL));
    for (int32_t i = 0; i < count; ++i) {
        ACCEPT(isingrg_neuralrg_array_info(model, i, name, 64, shape));
        int64_t n = shape[0] * shape[1];
        REQUIRE(n <= 4096);
        ACCEPT(isingrg_neuralrg_read_array(model, i, values, n));
        ACCEPT(isingrg_neuralrg_write_array(model, i, values, n));
        REFUSE(name, isingrg_neuralrg_read_array(model, i, values, n + 1));
        REFUSE("values", isingrg_neuralrg_read_array(model, i, NULL, n));
        REFUSE("values", isingrg_neuralrg_write_array(model, i, NULL, n));
        REFUSE(name, isingrg_neuralrg_write_array(model, i, values, n - 1));
        values[0] = INFINITY;
        REFUSE("finite", isingrg_neuralrg_write_array(model, i, values, n));
        values[0] = -1;
        if (strcmp(name, "parameters") != 0 && strcmp(name, "adam.first_moment") != 0)
            REFUSE(name, isingrg_neuralrg_write_array(model, i, values, n));
    }
    REFUSE("index", isingrg_neuralrg_array_info(model, count, name, 64, shape));
    REFUSE("name_capacity", isingrg_neuralrg_array_info(model, 0, name, 3, shape));
}

void test_neuralrg(void)
{
    isingrg_neuralrg *model = NULL;
    isingrg_neuralrg_config config = configuration();
    uint64_t step;
    test_create();
    test_dual();
    ACCEPT(isingrg_neuralrg_create(&config, &model));
    test_evaluation(model);
    test_chains(model);
    test_hierarchy(model);
    test_state(model);
    ACCEPT(isingrg_neuralrg_destroy(model));
    CLOSED(isingrg_neuralrg_destroy(model));
    CLOSED(isingrg_neuralrg_step(model, &step));
    CLOSED(isingrg_neuralrg_sample(model, 0, 0, NULL, NULL, NULL, NULL, NULL));
}
