#include "driver.h"

enum { N = 5, SIZE = 8, STEPS = 2, COLUMNS = ISINGRG_MULTILEVEL_COLUMNS, HISTORY = STEPS * COLUMNS };

static int8_t spins[N * SIZE * SIZE];

static isingrg_multilevel_config configuration(void)
{
    isingrg_multilevel_config config = {
        .size = SIZE, .coupling = 0.3, .neighbours = 4, .linear = 12, .triples = 4, .colours = 2};
    return config;
}

static isingrg_model *make_of(isingrg_multilevel_config config)
{
    isingrg_model *model;
    ACCEPT(isingrg_multilevel_create(&config, &model));
    return model;
}

isingrg_model *make_multilevel(void) { return make_of(configuration()); }

static isingrg_multilevel_training settings(void)
{
    isingrg_multilevel_training training = {
        .steps = STEPS, .batch = 100, .learning_rate = 1, .damping = 100,
        .start = ISINGRG_MULTILEVEL_NONE, .seed = 1};
    return training;
}

void train_multilevel(isingrg_model *model)
{
    double history[HISTORY];
    uint64_t done;
    isingrg_multilevel_training training = settings();
    ACCEPT(isingrg_multilevel_fit(model, &training, history, HISTORY, &done, NULL, NULL));
    REQUIRE(done == STEPS);
}

static void test_create(void)
{
    isingrg_model *model = NULL;
    isingrg_multilevel_config config = configuration();
    REFUSE("config", isingrg_multilevel_create(NULL, &model));
    REFUSE("model", isingrg_multilevel_create(&config, NULL));
#define REFUSE_CONFIGURATION(name, value) \
    config = configuration(), config.name = value; \
    REFUSE(#name, isingrg_multilevel_create(&config, &model))
    REFUSE_CONFIGURATION(size, 12);
    REFUSE_CONFIGURATION(size, 2);
    REFUSE_CONFIGURATION(size, 512);
    REFUSE_CONFIGURATION(size, INT64_MIN);
    REFUSE_CONFIGURATION(coupling, NAN);
    REFUSE_CONFIGURATION(coupling, 101);
    REFUSE_CONFIGURATION(field, -INFINITY);
    REFUSE_CONFIGURATION(neighbours, 17);
    REFUSE_CONFIGURATION(linear, 65);
    REFUSE_CONFIGURATION(triples, 5);
    REFUSE_CONFIGURATION(quintuples, -1);
    REFUSE_CONFIGURATION(colours, 3);
    REFUSE_CONFIGURATION(colours, INT32_MAX);
    REQUIRE(model == NULL);
}

static void test_fit(isingrg_model *model)
{
    double history[HISTORY];
    uint64_t done = 9;
    isingrg_multilevel_training training = settings();
#define FIT(training, history, count, done) \
    isingrg_multilevel_fit(model, training, history, count, done, NULL, NULL)
#define FIT_SAMPLES(spins, n) \
    isingrg_multilevel_fit_samples( \
        model, spins, n, &training, history, HISTORY, &done, NULL, NULL)
    ACCEPT(FIT(&training, history, HISTORY, &done));
    REQUIRE(done == STEPS && history[ISINGRG_MULTILEVEL_EFFECTIVE_SHARE] > 0.1);
    REQUIRE(history[ISINGRG_MULTILEVEL_LOSS] >= -history[ISINGRG_MULTILEVEL_LOG_PARTITION]);
    memset(spins, 1, sizeof spins);
    ACCEPT(FIT_SAMPLES(spins, N));
    REQUIRE(done == STEPS);
    ACCEPT(isingrg_model_rows_done(model, &done));
    REQUIRE(done == 2 * STEPS);
    INTERRUPT(isingrg_multilevel_fit(model, &training, history, HISTORY, &done, stop, NULL));
    REQUIRE(done == 0);
    REFUSE("training", FIT(NULL, history, HISTORY, &done));
    REFUSE("history", FIT(&training, history, HISTORY - 1, &done));
    REFUSE("history", FIT(&training, NULL, HISTORY, &done));
    REFUSE("done", FIT(&training, history, HISTORY, NULL));
    REFUSE("spins", FIT_SAMPLES(NULL, N));
    REFUSE("n must", FIT_SAMPLES(spins, 0));
    REFUSE("n must", FIT_SAMPLES(spins, INT64_MAX));
    spins[7] = 0;
    REFUSE("spin 7", FIT_SAMPLES(spins, N));
    spins[7] = 1;
#define REFUSE_SETTING(name, value) \
    training = settings(), training.name = value; \
    REFUSE(#name, FIT(&training, history, HISTORY, &done))
    REFUSE_SETTING(steps, 0);
    REFUSE_SETTING(steps, UINT64_MAX);
    REFUSE_SETTING(batch, 0);
    REFUSE_SETTING(batch, UINT64_MAX);
    REFUSE_SETTING(learning_rate, NAN);
    REFUSE_SETTING(damping, 0);
    REFUSE_SETTING(start, 3);
}

static void test_evaluation(isingrg_model *model)
{
    double drawn[N], values[N];
    int8_t coarse[N * 4];
#define SAMPLE(n, coarse, size, spins) \
    isingrg_multilevel_sample(model, n, coarse, size, 1, spins, drawn, NULL, NULL)
#define EVALUATE(spins, n, size, values) \
    isingrg_multilevel_log_probability(model, spins, n, size, values, NULL, NULL)
    ACCEPT(SAMPLE(N, NULL, 0, spins));
    ACCEPT(EVALUATE(spins, N, 0, values));
    REQUIRE(memcmp(drawn, values, sizeof values) == 0);
    memset(coarse, -1, sizeof coarse);
    ACCEPT(SAMPLE(N, coarse, 2, spins));
    REQUIRE(spins[0] == -1 && spins[SIZE * SIZE / 2 + SIZE / 2] == -1);
    ACCEPT(EVALUATE(spins, N, 2, values));
    REQUIRE(memcmp(drawn, values, sizeof values) == 0);
    ACCEPT(SAMPLE(0, NULL, 0, spins));
    ACCEPT(isingrg_multilevel_sample(model, N, NULL, 0, 1, spins, NULL, NULL, NULL));
    REFUSE("n must", SAMPLE(-1, NULL, 0, spins));
    REFUSE("spins", SAMPLE(N, NULL, 0, NULL));
    REFUSE("coarse_size", SAMPLE(N, NULL, 2, spins));
    REFUSE("coarse_size", SAMPLE(N, coarse, 0, spins));
    REFUSE("coarse_size", SAMPLE(N, coarse, SIZE, spins));
    REFUSE("coarse_size", SAMPLE(N, coarse, INT64_MAX, spins));
    coarse[3] = 2;
    REFUSE("spin 3", SAMPLE(N, coarse, 2, spins));
    REFUSE("spins", EVALUATE(NULL, N, 0, values));
    REFUSE("values", EVALUATE(spins, N, 0, NULL));
    REFUSE("coarse_size", EVALUATE(spins, N, 3, values));
    REFUSE("coarse_size", EVALUATE(spins, N, -1, values));
    INTERRUPT(isingrg_multilevel_sample(model, N, NULL, 0, 1, spins, drawn, stop, NULL));
}

static void test_orbits(isingrg_model *model)
{
    int64_t parameters = 0;
    ACCEPT(isingrg_model_parameter_count(model, &parameters));
    int64_t count = parameters * ISINGRG_MULTILEVEL_ORBIT_COLUMNS;
    int32_t *orbits = malloc((size_t)count * sizeof *orbits);
    REQUIRE(orbits != NULL);
    ACCEPT(isingrg_multilevel_orbits(model, orbits, count));
    REQUIRE(orbits[ISINGRG_MULTILEVEL_SPACING] == SIZE / 2);
    REQUIRE(orbits[ISINGRG_MULTILEVEL_POSITION] == 1 && orbits[ISINGRG_MULTILEVEL_ORDER] == 1);
    REFUSE("orbits", isingrg_multilevel_orbits(model, orbits, count - 1));
    REFUSE("orbits", isingrg_multilevel_orbits(model, NULL, count));
    free(orbits);
}

static void test_adopt(isingrg_model *model)
{
    isingrg_multilevel_config config = configuration();
    config.size = 2 * SIZE;
    isingrg_model *larger = make_of(config);
    config.colours = 4;
    isingrg_model *other = make_of(config);
    ACCEPT(isingrg_multilevel_adopt(larger, model));
    REFUSE("L = 8", isingrg_multilevel_adopt(model, larger));
    REFUSE("numbers of neighbours", isingrg_multilevel_adopt(other, model));
    REFUSE("different", isingrg_multilevel_adopt(model, model));
    ACCEPT(isingrg_model_destroy(other));
    CLOSED(isingrg_multilevel_adopt(larger, other));
    ACCEPT(isingrg_model_destroy(larger));
}

static void test_anneal(void)
{
    double couplings[3] = {0, 0.1, 0.2}, work[N];
#define ANNEAL(n, size, couplings, count, field, spins, work) \
    isingrg_multilevel_anneal( \
        n, size, couplings, count, field, 1, spins, work, NULL, NULL)
    memset(spins, 1, sizeof spins);
    ACCEPT(ANNEAL(N, SIZE, couplings, 3, 0, spins, work));
    REQUIRE(work[0] > 0 && work[0] <= 0.2 * 2 * SIZE * SIZE);
    ACCEPT(ANNEAL(0, SIZE, couplings, 3, 0, spins, work));
    ACCEPT(ANNEAL(N, SIZE, couplings, 1, 0, spins, work));
    REQUIRE(work[0] == 0);
    REFUSE("n must", ANNEAL(-1, SIZE, couplings, 3, 0, spins, work));
    REFUSE("size", ANNEAL(N, 6, couplings, 3, 0, spins, work));
    REFUSE("size", ANNEAL(N, INT64_MAX, couplings, 3, 0, spins, work));
    REFUSE("couplings", ANNEAL(N, SIZE, NULL, 3, 0, spins, work));
    REFUSE("n_couplings", ANNEAL(N, SIZE, couplings, 0, 0, spins, work));
    REFUSE("field", ANNEAL(N, SIZE, couplings, 3, NAN, spins, work));
    REFUSE("spins", ANNEAL(N, SIZE, couplings, 3, 0, NULL, work));
    REFUSE("work", ANNEAL(N, SIZE, couplings, 3, 0, spins, NULL));
    INTERRUPT(isingrg_multilevel_anneal(N, SIZE, couplings, 3, 0, 1, spins, work, stop, NULL));
    couplings[1] = INFINITY;
    REFUSE("coupling", ANNEAL(N, SIZE, couplings, 3, 0, spins, work));
    couplings[1] = 0.1;
    spins[5] = 3;
    REFUSE("spin 5", ANNEAL(N, SIZE, couplings, 3, 0, spins, work));
    memset(spins, 1, sizeof spins);
}

void test_multilevel(void)
{
    isingrg_model *model = make_multilevel();
    test_create();
    test_fit(model);
    test_evaluation(model);
    test_orbits(model);
    test_adopt(model);
    test_anneal();
    ACCEPT(isingrg_model_destroy(model));
}
