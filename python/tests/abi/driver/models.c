#include "driver.h"

/* What every model has, for a model of each method. */

enum { CAPACITY = 1 << 14, NAME = 64 };

/* MARK: Functions of one method */

#define ANSWER(expected, call) REQUIRE((call) == (expected))

/* Every function of a method that takes a model: each answers alike, before it looks at the other
 * arguments. */
static void call_mlrg(isingrg_model *model, isingrg_status expected)
{
    ANSWER(expected, isingrg_mlrg_fit(model, NULL, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_mlrg_fit_many(&model, NULL, 1, NULL, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_mlrg_monotone(model, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_mlrg_velocity(model, NULL, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_mlrg_flow(model, NULL, 0, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_mlrg_fixed_point(model, NULL, NULL, NULL, NULL));
}

static void call_neuralrg(isingrg_model *model, isingrg_status expected)
{
    ANSWER(expected, isingrg_neuralrg_fit(model, NULL, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_fit_samples(
        model, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_sample(model, 0, 0, NULL, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_log_probability(model, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_encode(model, NULL, 0, 0, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_decode(model, NULL, 0, 0, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_responses(model, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_hmc(model, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_layer_count(model, NULL));
    ANSWER(expected, isingrg_neuralrg_layer_info(model, 0, NULL, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_neuralrg_layer_sites(model, 0, NULL, 0));
    ANSWER(expected, isingrg_neuralrg_latent_scales(model, NULL, 0));
}

static void call_graphvae(isingrg_model *model, isingrg_status expected)
{
    ANSWER(expected, isingrg_graphvae_fit(model, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_graphvae_encode(model, NULL, 0, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_graphvae_decode(model, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_graphvae_loss(model, NULL, 0, 0, NULL, NULL, NULL));
}

static void call_multilevel(isingrg_model *model, isingrg_status expected)
{
    ANSWER(expected, isingrg_multilevel_fit(model, NULL, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_multilevel_fit_samples(
        model, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_multilevel_sample(model, 0, NULL, 0, 0, NULL, NULL, NULL, NULL));
    ANSWER(expected, isingrg_multilevel_log_probability(model, NULL, 0, 0, NULL, NULL, NULL));
    ANSWER(expected, isingrg_multilevel_orbits(model, NULL, 0));
    /* Two models, of which the other one is closed. */
    isingrg_status two = expected == ISINGRG_INVALID_ARGUMENT ? ISINGRG_CLOSED : expected;
    ANSWER(two, isingrg_multilevel_adopt(model, NULL));
    ANSWER(expected, isingrg_multilevel_fit(model, NULL, NULL, 0, NULL, NULL, NULL));
}

/* Every function that takes a model of any method, but for its destruction. */
static void call_any(isingrg_model *model, isingrg_status expected)
{
    ANSWER(expected, isingrg_model_step(model, NULL));
    ANSWER(expected, isingrg_model_rows_done(model, NULL));
    ANSWER(expected, isingrg_model_parameter_count(model, NULL));
    ANSWER(expected, isingrg_model_array_count(model, NULL));
    ANSWER(expected, isingrg_model_array_info(model, 0, NULL, 0, NULL));
    ANSWER(expected, isingrg_model_read_array(model, 0, NULL, 0));
    ANSWER(expected, isingrg_model_write_array(model, 0, NULL, 0));
}

/* Models of one method; both decoders of a method have a line of their own. */
typedef struct {
    const char *name;
    isingrg_model *(*make)(void);
    void (*train)(isingrg_model *model);
    void (*call)(isingrg_model *model, isingrg_status expected);
    uint64_t steps, rows; /* of one training */
    int bounded;          /* arrays that refuse numbers below zero */
} Method;

enum { METHODS = 5 };
static const Method methods[METHODS] = {
    {"mlrg", make_mlrg, train_mlrg, call_mlrg, 4, 4, 2},
    {"neuralrg", make_neuralrg, train_neuralrg, call_neuralrg, 2, 2, 3},
    {"graphvae", make_graphvae, train_graphvae, call_graphvae, 4, 2, 3},
    {"graphvae", make_graphvae_graph, train_graphvae, call_graphvae, 4, 2, 3},
    {"multilevel", make_multilevel, train_multilevel, call_multilevel, 2, 2, 2},
};

/* MARK: Handles */

static void test_methods(void)
{
    isingrg_model *models[METHODS];
    uint64_t step = 9;
    for (int i = 0; i < METHODS; ++i) models[i] = methods[i].make();
    for (int i = 0; i < METHODS; ++i) {
        call_any(models[i], ISINGRG_INVALID_ARGUMENT);
        methods[i].call(models[i], ISINGRG_INVALID_ARGUMENT);
        for (int other = 0; other < METHODS; ++other) {
            REQUIRE(other == i || models[other] != models[i]);
            if (strcmp(methods[other].name, methods[i].name) == 0) continue;
            methods[other].call(models[i], ISINGRG_WRONG_METHOD);
            REQUIRE(strstr(isingrg_last_error(), methods[i].name) != NULL);
            REQUIRE(strstr(isingrg_last_error(), methods[other].name) != NULL);
        }
    }
    /* One of two models is of another method; none stays in use. */
    isingrg_model *pair[2] = {models[0], models[1]};
    REQUIRE(isingrg_mlrg_fit_many(pair, NULL, 2, NULL, NULL, NULL, NULL, NULL)
        == ISINGRG_WRONG_METHOD);
    for (int i = 0; i < METHODS; ++i) {
        ACCEPT(isingrg_model_step(models[i], &step));
        REQUIRE(step == 0);
        methods[i].train(models[i]);
        ACCEPT(isingrg_model_destroy(models[i]));
    }
    for (int i = 0; i < METHODS; ++i) { /* also to functions of other methods */
        call_any(models[i], ISINGRG_CLOSED);
        for (int other = 0; other < METHODS; ++other)
            methods[other].call(models[i], ISINGRG_CLOSED);
        CLOSED(isingrg_model_destroy(models[i]));
    }
    CLOSED(isingrg_model_destroy(NULL));
    CLOSED(isingrg_model_destroy((isingrg_model *)&step));
    call_any(NULL, ISINGRG_CLOSED);
    call_any((isingrg_model *)&step, ISINGRG_CLOSED);
}

/* MARK: Counts */

static void test_counts(const Method *method, isingrg_model *model)
{
    uint64_t step = 9, rows = 9;
    int64_t parameters = 0;
    ACCEPT(isingrg_model_step(model, &step));
    ACCEPT(isingrg_model_rows_done(model, &rows));
    REQUIRE(step == 0 && rows == 0);
    method->train(model);
    ACCEPT(isingrg_model_step(model, &step));
    ACCEPT(isingrg_model_rows_done(model, &rows));
    REQUIRE(step == method->steps && rows == method->rows);
    ACCEPT(isingrg_model_parameter_count(model, &parameters));
    REQUIRE(parameters > 0);
    REFUSE("step", isingrg_model_step(model, NULL));
    REFUSE("rows", isingrg_model_rows_done(model, NULL));
    REFUSE("count", isingrg_model_parameter_count(model, NULL));
}

/* MARK: State */

static int64_t read_array(isingrg_model *model, int32_t index, char *name, double *values)
{
    int64_t shape[2];
    ACCEPT(isingrg_model_array_info(model, index, name, NAME, shape));
    int64_t n = shape[0] * shape[1];
    REQUIRE(n <= CAPACITY);
    ACCEPT(isingrg_model_read_array(model, index, values, n));
    return n;
}

static void test_array(isingrg_model *model, int32_t index, int *bounded)
{
    static const char *const never_negative[] = {
        "step", "epoch", "started", "adam.second_moment", "masks"};
    static double values[CAPACITY], again[CAPACITY], wrong[CAPACITY];
    char name[NAME];
    int64_t n = read_array(model, index, name, values);
    ACCEPT(isingrg_model_write_array(model, index, values, n));
    REFUSE(name, isingrg_model_read_array(model, index, values, n + 1));
    REFUSE(name, isingrg_model_read_array(model, index, values, n - 1));
    REFUSE("values", isingrg_model_read_array(model, index, NULL, n));
    REFUSE("values", isingrg_model_write_array(model, index, NULL, n));
    REFUSE(name, isingrg_model_write_array(model, index, values, n - 1));
    REFUSE("count", isingrg_model_write_array(model, index, values, INT64_MIN));
    memcpy(wrong, values, sizeof wrong);
    wrong[n - 1] = NAN;
    REFUSE("finite", isingrg_model_write_array(model, index, wrong, n));
    wrong[n - 1] = INFINITY;
    REFUSE("finite", isingrg_model_write_array(model, index, wrong, n));
    for (size_t i = 0; i < sizeof never_negative / sizeof *never_negative; ++i) {
        if (strcmp(name, never_negative[i]) != 0) continue;
        ++*bounded;
        wrong[n - 1] = -1; /* one, then all */
        REFUSE(name, isingrg_model_write_array(model, index, wrong, n));
        for (int64_t j = 0; j < n; ++j) wrong[j] = -1;
        REFUSE(name, isingrg_model_write_array(model, index, wrong, n));
    }
    read_array(model, index, name, again);
    REQUIRE(memcmp(values, again, (size_t)n * sizeof *values) == 0);
}

static void test_state(const Method *method, isingrg_model *model)
{
    int32_t count = 0;
    int bounded = 0;
    int64_t shape[2];
    char name[NAME];
    double values[1];
    ACCEPT(isingrg_model_array_count(model, &count));
    REQUIRE(count > 0);
    for (int32_t i = 0; i < count; ++i) test_array(model, i, &bounded);
    REQUIRE(bounded == method->bounded);
    REFUSE("count", isingrg_model_array_count(model, NULL));
    REFUSE("index", isingrg_model_array_info(model, count, name, NAME, shape));
    REFUSE("index", isingrg_model_read_array(model, -1, values, 1));
    REFUSE("index", isingrg_model_write_array(model, INT32_MAX, values, 1));
    REFUSE("name_capacity", isingrg_model_array_info(model, 0, name, 1, shape));
    REFUSE("name_capacity", isingrg_model_array_info(model, 0, name, INT64_MIN, shape));
    ACCEPT(isingrg_model_array_info(model, 0, name, sizeof name, shape));
    int64_t length = (int64_t)strlen(name);
    REFUSE("name_capacity", isingrg_model_array_info(model, 0, name, length, shape));
    ACCEPT(isingrg_model_array_info(model, 0, name, length + 1, shape));
    REFUSE("name", isingrg_model_array_info(model, 0, NULL, NAME, shape));
    REFUSE("shape", isingrg_model_array_info(model, 0, name, NAME, NULL));
}

/* A model into which all arrays of another are written continues identically. */
static void test_continuation(const Method *method, isingrg_model *model)
{
    static double values[CAPACITY], copied[CAPACITY];
    isingrg_model *copy = method->make();
    int32_t count = 0;
    char name[NAME], same[NAME];
    ACCEPT(isingrg_model_array_count(model, &count));
    for (int32_t i = 0; i < count; ++i) {
        int64_t n = read_array(model, i, name, values);
        ACCEPT(isingrg_model_write_array(copy, i, values, n));
    }
    method->train(model);
    method->train(copy);
    for (int32_t i = 0; i < count; ++i) {
        int64_t n = read_array(model, i, name, values);
        REQUIRE(read_array(copy, i, same, copied) == n && strcmp(name, same) == 0);
        REQUIRE(memcmp(values, copied, (size_t)n * sizeof *values) == 0);
    }
    ACCEPT(isingrg_model_destroy(copy));
}

void test_models(void)
{
    test_methods();
    for (const Method *method = methods; method < methods + METHODS; ++method) {
        isingrg_model *model = method->make();
        test_counts(method, model);
        test_state(method, model);
        test_continuation(method, model);
        ACCEPT(isingrg_model_destroy(model));
    }
}
