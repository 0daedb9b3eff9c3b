#include "driver.h"

enum { N = 6, SIZE = 16, LATENT = 4, LEVELS = 3, COLUMNS = ISINGRG_GRAPHVAE_COLUMNS };

static int8_t spins[N * SIZE * SIZE];

static isingrg_graphvae_config configuration(void)
{
    isingrg_graphvae_config config = {
        .size = SIZE, .latent = LATENT, .hidden = 8, .token = 4, .levels = LEVELS, .beta = 0.1,
        .lambda_rg = 0.5, .seed = 7};
    return config;
}

static void test_create(void)
{
    isingrg_graphvae *model = NULL;
    isingrg_graphvae_config config = configuration();
    REFUSE("config", isingrg_graphvae_create(NULL, &model));
    REFUSE("model", isingrg_graphvae_create(&config, NULL));
#define REFUSE_CONFIGURATION(name, value) \
    config = configuration(), config.name = value; \
    REFUSE(#name, isingrg_graphvae_create(&config, &model))
    REFUSE_CONFIGURATION(size, INT64_MIN);
    REFUSE_CONFIGURATION(size, 18);
    REFUSE_CONFIGURATION(latent, 0);
    REFUSE_CONFIGURATION(hidden, INT32_MAX);
    REFUSE_CONFIGURATION(token, 257);
    REFUSE_CONFIGURATION(levels, INT32_MIN);
    REFUSE_CONFIGURATION(likelihood, 2);
    REFUSE_CONFIGURATION(decoder, -1);
    REFUSE_CONFIGURATION(representation, 2);
    REFUSE_CONFIGURATION(beta, NAN);
    REFUSE_CONFIGURATION(lambda_rg, INFINITY);
    REFUSE_CONFIGURATION(anneal, INT64_MAX);
    REQUIRE(model == NULL);
}

static void test_fit(isingrg_graphvae *model)
{
    double history[2 * COLUMNS], terms[COLUMNS];
    uint64_t done = 9;
    int64_t parameters = 0;
    int8_t wrong[SIZE * SIZE] = {0};
#define FIT(spins, n, epochs, batch, rate, history, count, done) \
    isingrg_graphvae_fit( \
        model, spins, n, epochs, batch, rate, 0, 1, history, count, done, NULL, NULL)
    ACCEPT(FIT(spins, N, 2, 4, 1e-3, history, 8, &done));
    REQUIRE(done == 2 && history[ISINGRG_GRAPHVAE_RECONSTRUCTION] > 0);
    ACCEPT(isingrg_graphvae_epoch(model, &done));
    REQUIRE(done == 2);
    ACCEPT(isingrg_graphvae_step(model, &done));
    REQUIRE(done == 4);
    ACCEPT(isingrg_graphvae_parameter_count(model, &parameters));
    REQUIRE(parameters > 0);
    REQUIRE(isingrg_graphvae_fit(
        model, spins, N, 2, 4, 1e-3, 0, 1, history, 8, &done, stop, NULL) == ISINGRG_INTERRUPTED);
    REFUSE("history", FIT(spins, N, 2, 4, 1e-3, history, 7, &done));
    REFUSE("history", FIT(spins, N, 2, 4, 1e-3, NULL, 8, &done));
    REFUSE("spins", FIT(NULL, N, 2, 4, 1e-3, history, 8, &done));
    REQUIRE(FIT(wrong, 1, 2, 4, 1e-3, history, 8, &done) == ISINGRG_INVALID_ARGUMENT);
    REFUSE("epochs", FIT(spins, INT64_MAX, UINT64_MAX, 4, 1e-3, history, 8, &done));
    REFUSE("batch", FIT(spins, N, 2, 0, 1e-3, history, 8, &done));
    REFUSE("n must", FIT(spins, 0, 2, 4, 1e-3, history, 8, &done));
    REQUIRE(FIT(spins, N, 2, 4, INFINITY, history, 8, &done) == ISINGRG_INVALID_ARGUMENT);
    REFUSE("done", FIT(spins, N, 2, 4, 1e-3, history, 8, NULL));
    REFUSE("epoch", isingrg_graphvae_epoch(model, NULL));
    REFUSE("step", isingrg_graphvae_step(model, NULL));
    REFUSE("count", isingrg_graphvae_parameter_count(model, NULL));
    ACCEPT(isingrg_graphvae_loss(model, spins, N, 1, terms, NULL, NULL));
    REQUIRE(isfinite(terms[ISINGRG_GRAPHVAE_LOSS]));
    REFUSE("n must", isingrg_graphvae_loss(model, spins, 0, 1, terms, NULL, NULL));
    REFUSE("terms", isingrg_graphvae_loss(model, spins, N, 1, NULL, NULL, NULL));
    REQUIRE(isingrg_graphvae_loss(model, wrong, 1, 1, terms, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
}

static void test_evaluation(isingrg_graphvae *model)
{
    double mu[LEVELS * 2 * LATENT], variances[LEVELS * 2 * LATENT], decoded[SIZE * SIZE];
#define ENCODE(n, size, mu, variances) \
    isingrg_graphvae_encode(model, spins, n, size, mu, variances, NULL, NULL)
    ACCEPT(ENCODE(2, SIZE, mu, variances));
    ACCEPT(ENCODE(2, 8, mu, variances));
    ACCEPT(ENCODE(0, SIZE, mu, variances));
    REFUSE("size", ENCODE(2, 14, mu, variances));
    REFUSE("size", ENCODE(2, 4, mu, variances));
    REFUSE("size", ENCODE(2, INT64_MAX, mu, variances));
    REFUSE("n must", ENCODE(-1, SIZE, mu, variances));
    REFUSE("means", ENCODE(2, SIZE, NULL, variances));
    REFUSE("log_variances", ENCODE(2, SIZE, mu, NULL));
    ACCEPT(isingrg_graphvae_decode(model, mu, 1, decoded, NULL, NULL));
    REFUSE("means", isingrg_graphvae_decode(model, mu, 1, NULL, NULL, NULL));
    REFUSE("latents", isingrg_graphvae_decode(model, NULL, 1, decoded, NULL, NULL));
    mu[1] = NAN;
    REFUSE("finite", isingrg_graphvae_decode(model, mu, 1, decoded, NULL, NULL));
}

static void test_state(isingrg_graphvae *model)
{
    int32_t count = 0;
    int64_t shape[2];
    char name[64];
    static double values[1 << 14];
    ACCEPT(isingrg_graphvae_array_count(model, &count));
    REFUSE("count", isingrg_graphvae_array_count(model, NULL));
    for (int32_t i = 0; i < count; ++i) {
        ACCEPT(isingrg_graphvae_array_info(model, i, name, 64, shape));
        int64_t n = shape[0] * shape[1];
        REQUIRE(n <= 1 << 14);
        ACCEPT(isingrg_graphvae_read_array(model, i, values, n));
        ACCEPT(isingrg_graphvae_write_array(model, i, values, n));
        REFUSE(name, isingrg_graphvae_read_array(model, i, values, n + 1));
        REFUSE("values", isingrg_graphvae_read_array(model, i, NULL, n));
        REFUSE("values", isingrg_graphvae_write_array(model, i, NULL, n));
        REFUSE(name, isingrg_graphvae_write_array(model, i, values, n - 1));
        values[0] = NAN;
        REFUSE("finite", isingrg_graphvae_write_array(model, i, values, n));
        values[0] = -1;
        if (strcmp(name, "epoch") == 0 || strcmp(name, "step") == 0)
            REFUSE(name, isingrg_graphvae_write_array(model, i, values, n));
    }
    REFUSE("index", isingrg_graphvae_array_info(model, count, name, 64, shape));
    REFUSE("name_capacity", isingrg_graphvae_array_info(model, 0, name, 3, shape));
}

void test_graphvae(void)
{
    isingrg_graphvae_config config = configuration();
    uint64_t epoch;
    memset(spins, 1, sizeof spins);
    memset(spins, -1, sizeof spins / 3);
    test_create();
    for (int32_t decoder = ISINGRG_DECODER_MLP; decoder <= ISINGRG_DECODER_GRAPH; ++decoder) {
        isingrg_graphvae *model = NULL;
        config.decoder = config.likelihood = config.representation = decoder;
        ACCEPT(isingrg_graphvae_create(&config, &model));
        test_fit(model);
        test_evaluation(model);
        test_state(model);
        ACCEPT(isingrg_graphvae_destroy(model));
        CLOSED(isingrg_graphvae_epoch(model, &epoch));
        CLOSED(isingrg_graphvae_destroy(model));
    }
}
