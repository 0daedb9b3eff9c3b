#include "driver.h"

enum { N = 6, SIZE = 16, LATENT = 4, LEVELS = 3, EPOCHS = 2 };
enum { COLUMNS = ISINGRG_GRAPHVAE_COLUMNS, HISTORY = EPOCHS * COLUMNS };

static int8_t spins[N * SIZE * SIZE];

static void fill_spins(void)
{
    memset(spins, 1, sizeof spins);
    memset(spins, -1, sizeof spins / 3);
}

static isingrg_graphvae_config configuration(void)
{
    isingrg_graphvae_config config = {
        .size = SIZE, .latent = LATENT, .hidden = 8, .token = 4, .levels = LEVELS, .beta = 0.1,
        .lambda_rg = 0.5, .seed = 7};
    return config;
}

static isingrg_model *make(int32_t decoder, int32_t readout)
{
    isingrg_graphvae_config config = configuration();
    isingrg_model *model;
    config.readout = readout;
    config.decoder = config.likelihood = config.representation = decoder;
    ACCEPT(isingrg_graphvae_create(&config, &model));
    return model;
}

isingrg_model *make_graphvae(void)
{
    return make(ISINGRG_GRAPHVAE_DECODER_MLP, ISINGRG_GRAPHVAE_READOUT_MEAN);
}

isingrg_model *make_graphvae_graph(void)
{
    return make(ISINGRG_GRAPHVAE_DECODER_GRAPH, ISINGRG_GRAPHVAE_READOUT_MEAN);
}

static isingrg_model *make_sites(void)
{
    return make(ISINGRG_GRAPHVAE_DECODER_MLP, ISINGRG_GRAPHVAE_READOUT_SITES);
}

static isingrg_graphvae_training settings(void)
{
    isingrg_graphvae_training training = {
        .epochs = EPOCHS, .batch = 4, .learning_rate = 1e-3, .seed = 1};
    return training;
}

void train_graphvae(isingrg_model *model)
{
    double history[HISTORY];
    uint64_t done;
    isingrg_graphvae_training training = settings();
    fill_spins();
    ACCEPT(isingrg_graphvae_fit(
        model, spins, N, &training, history, HISTORY, &done, NULL, NULL));
    REQUIRE(done == EPOCHS);
}

static void test_create(void)
{
    isingrg_model *model = NULL;
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
    REFUSE_CONFIGURATION(readout, -1);
    REFUSE_CONFIGURATION(beta, NAN);
    REFUSE_CONFIGURATION(lambda_rg, INFINITY);
    REFUSE_CONFIGURATION(anneal, INT64_MAX);
    REQUIRE(model == NULL);
}

static void test_fit(isingrg_model *model)
{
    double history[HISTORY], terms[COLUMNS];
    uint64_t done = 9;
    int8_t wrong[SIZE * SIZE] = {0};
    isingrg_graphvae_training training = settings();
#define FIT(spins, n, training, history, count, done) \
    isingrg_graphvae_fit(model, spins, n, training, history, count, done, NULL, NULL)
    ACCEPT(FIT(spins, N, &training, history, HISTORY, &done));
    REQUIRE(done == EPOCHS && history[ISINGRG_GRAPHVAE_RECONSTRUCTION] > 0);
    ACCEPT(isingrg_model_rows_done(model, &done));
    REQUIRE(done == EPOCHS);
    ACCEPT(isingrg_model_step(model, &done));
    REQUIRE(done == 2 * EPOCHS);
    INTERRUPT(isingrg_graphvae_fit(
        model, spins, N, &training, history, HISTORY, &done, stop, NULL));
    REQUIRE(done == 0);
    REFUSE("training", FIT(spins, N, NULL, history, HISTORY, &done));
    REFUSE("history", FIT(spins, N, &training, history, HISTORY - 1, &done));
    REFUSE("history", FIT(spins, N, &training, NULL, HISTORY, &done));
    REFUSE("done", FIT(spins, N, &training, history, HISTORY, NULL));
    REFUSE("spins", FIT(NULL, N, &training, history, HISTORY, &done));
    REFUSE("spin", FIT(wrong, 1, &training, history, HISTORY, &done));
    REFUSE("n must", FIT(spins, 0, &training, history, HISTORY, &done));
    REFUSE("n must", FIT(spins, INT64_MAX, &training, history, HISTORY, &done));
#define REFUSE_SETTING(name, value) \
    training = settings(), training.name = value; \
    REFUSE(#name, FIT(spins, N, &training, history, HISTORY, &done))
    REFUSE_SETTING(epochs, 0);
    REFUSE_SETTING(epochs, UINT64_MAX);
    REFUSE_SETTING(batch, 0);
    REFUSE_SETTING(batch, UINT64_MAX);
    REFUSE_SETTING(learning_rate, INFINITY);
    REFUSE_SETTING(weight_decay, -1);
    ACCEPT(isingrg_graphvae_loss(model, spins, N, 1, terms, NULL, NULL));
    REQUIRE(isfinite(terms[ISINGRG_GRAPHVAE_LOSS]));
    REFUSE("n must", isingrg_graphvae_loss(model, spins, 0, 1, terms, NULL, NULL));
    REFUSE("terms", isingrg_graphvae_loss(model, spins, N, 1, NULL, NULL, NULL));
    REFUSE("spin", isingrg_graphvae_loss(model, wrong, 1, 1, terms, NULL, NULL));
}

static void test_evaluation(isingrg_model *model)
{
    /* As many numbers as there are with a latent variable at each site. */
    enum { MOST = (SIZE * SIZE + SIZE * SIZE / 4 + SIZE * SIZE / 16) * 2 * LATENT };
    static double mu[MOST], variances[MOST], decoded[SIZE * SIZE];
    static int8_t drawn[2 * SIZE * SIZE];
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
#define SAMPLE(n, latents, spins) isingrg_graphvae_sample(model, n, 3, latents, spins, NULL, NULL)
    ACCEPT(SAMPLE(2, mu, drawn));
    REQUIRE(drawn[0] * drawn[0] == 1 && drawn[2 * SIZE * SIZE - 1] * drawn[2 * SIZE * SIZE - 1] == 1);
    ACCEPT(SAMPLE(0, mu, drawn));
    REFUSE("n must", SAMPLE(-1, mu, drawn));
    REFUSE("latents", SAMPLE(2, NULL, drawn));
    REFUSE("spins", SAMPLE(2, mu, NULL));
    INTERRUPT(isingrg_graphvae_sample(model, 2, 3, mu, drawn, stop, NULL));
    mu[1] = NAN;
    REFUSE("finite", isingrg_graphvae_decode(model, mu, 1, decoded, NULL, NULL));
}

void test_graphvae(void)
{
    isingrg_model *models[] = {make_graphvae(), make_graphvae_graph(), make_sites()};
    fill_spins();
    test_create();
    for (int i = 0; i < 3; ++i) {
        test_fit(models[i]);
        test_evaluation(models[i]);
        ACCEPT(isingrg_model_destroy(models[i]));
    }
}
