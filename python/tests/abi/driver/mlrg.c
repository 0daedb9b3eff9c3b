#include "driver.h"

enum { ROWS = 4, COLUMNS = ISINGRG_HISTORY_COLUMNS };

static const int32_t hidden[2] = {6, 4};

static isingrg_mlrg_config configuration(void)
{
    isingrg_mlrg_config config = {.representation = "A1+E", .n_hidden = 2, .hidden = hidden};
    config.layer_norm = 1;
    return config;
}

static isingrg_mlrg_training settings(void)
{
    isingrg_mlrg_training training = {.steps = ROWS, .schedule_steps = ROWS, .batch = 12};
    training.learning_rate = training.final_learning_rate = 1e-3;
    training.beta_max = 1, training.replicas = 1;
    training.proposal_scale = 0.5, training.coupling_bound = 2;
    training.hmc_step = 0.01, training.hmc_leapfrog = 2, training.hmc_updates = 1;
    training.cd_samples = 8, training.teacher_sweeps = 2, training.student_sweeps = 1;
    training.record_from = UINT64_MAX;
    return training;
}

static void test_create(void)
{
    isingrg_mlrg *model = NULL;
    isingrg_mlrg_config config = configuration();
    REFUSE("config", isingrg_mlrg_create(NULL, &model));
    REFUSE("model", isingrg_mlrg_create(&config, NULL));
    config.n_hidden = INT32_MIN;
    REFUSE("n_hidden", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.hidden = NULL;
    REFUSE("hidden", isingrg_mlrg_create(&config, &model));
    int32_t wide = 1025;
    config.hidden = &wide, config.n_hidden = 1;
    REFUSE("hidden", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.representation = "";
    REFUSE("representation", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.activation = 5;
    REFUSE("activation", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.symmetric = -1;
    REFUSE("symmetric", isingrg_mlrg_create(&config, &model));
    REQUIRE(model == NULL);
    CLOSED(isingrg_mlrg_destroy(NULL));
    CLOSED(isingrg_mlrg_destroy((isingrg_mlrg *)&wide));
}

static void test_fit(isingrg_mlrg *model)
{
    double history[ROWS * COLUMNS], guess[5] = {0.8, 0, 0, 0, 0};
    uint64_t done = 9, step = 9;
    isingrg_mlrg_training training = settings();
    ACCEPT(isingrg_mlrg_fit(model, &training, history, ROWS * COLUMNS, &done, NULL, NULL));
    REQUIRE(done == ROWS && isfinite(history[ISINGRG_HISTORY_LOSS]));
    ACCEPT(isingrg_mlrg_step(model, &step));
    REQUIRE(step == ROWS);
    REQUIRE(isingrg_mlrg_fit(model, &training, history, ROWS * COLUMNS, &done, stop, NULL)
        == ISINGRG_INTERRUPTED && done == 0);
    REFUSE("training", isingrg_mlrg_fit(model, NULL, history, 20, &done, NULL, NULL));
    REFUSE("history", isingrg_mlrg_fit(model, &training, NULL, 20, &done, NULL, NULL));
    REFUSE("history", isingrg_mlrg_fit(model, &training, history, 19, &done, NULL, NULL));
    REFUSE("done", isingrg_mlrg_fit(model, &training, history, 20, NULL, NULL, NULL));
#define REFUSE_SETTING(name, value) \
    training = settings(), training.name = value; \
    REFUSE(#name, isingrg_mlrg_fit(model, &training, history, 20, &done, NULL, NULL))
    REFUSE_SETTING(batch, 0);
    REFUSE_SETTING(batch, UINT64_MAX);
    REFUSE_SETTING(schedule_steps, 0);
    REFUSE_SETTING(learning_rate, NAN);
    REFUSE_SETTING(weight_decay, -1);
    REFUSE_SETTING(clip_norm, INFINITY);
    REFUSE_SETTING(beta_max, 1e300);
    REFUSE_SETTING(proposal, 2);
    REFUSE_SETTING(replicas, 3);
    REFUSE_SETTING(replicas, UINT32_MAX);
    REFUSE_SETTING(ray, NAN);
    REFUSE_SETTING(coupling_bound, 0);
    REFUSE_SETTING(hmc_leapfrog, 0);
    REFUSE_SETTING(hmc_updates, UINT32_MAX);
    training = settings(), training.record_from = 0;
    REFUSE("record_guess", isingrg_mlrg_fit(model, &training, history, 20, &done, NULL, NULL));
    training.record_guess = guess;
    ACCEPT(isingrg_mlrg_fit(model, &training, history, 20, &done, NULL, NULL));
    ACCEPT(isingrg_mlrg_step(model, &step));
    REQUIRE(step == 2 * ROWS);
    REFUSE("step", isingrg_mlrg_step(model, NULL));
}

static void test_fit_many(isingrg_mlrg *first, isingrg_mlrg *second)
{
    enum { MANY = 8 };
    double rows[2][ROWS * COLUMNS], *histories[MANY] = {rows[0], rows[1]};
    isingrg_mlrg *models[MANY] = {first, second};
    isingrg_mlrg_training trainings[MANY] = {settings(), settings()};
    isingrg_mlrg_outcome outcomes[MANY];
    int64_t counts[MANY] = {ROWS * COLUMNS, ROWS * COLUMNS};
#define FIT_MANY(models, trainings, n, histories, counts, outcomes) \
    isingrg_mlrg_fit_many(models, trainings, n, histories, counts, outcomes, NULL, NULL)
    ACCEPT(FIT_MANY(models, trainings, 2, histories, counts, outcomes));
    REQUIRE(outcomes[1].done == ROWS && outcomes[1].message[0] == 0);
    REFUSE("models", FIT_MANY(NULL, trainings, 2, histories, counts, outcomes));
    REFUSE("n must", FIT_MANY(models, trainings, 0, histories, counts, outcomes));
    REFUSE("n must", FIT_MANY(models, trainings, INT64_MAX, histories, counts, outcomes));
    REFUSE("trainings", FIT_MANY(models, NULL, 2, histories, counts, outcomes));
    REFUSE("histories", FIT_MANY(models, trainings, 2, NULL, counts, outcomes));
    REFUSE("history_counts", FIT_MANY(models, trainings, 2, histories, NULL, outcomes));
    REFUSE("outcomes", FIT_MANY(models, trainings, 2, histories, counts, NULL));
    models[1] = first;
    REFUSE("different", FIT_MANY(models, trainings, 2, histories, counts, outcomes));
    models[1] = NULL;
    CLOSED(FIT_MANY(models, trainings, 2, histories, counts, outcomes));

    /* More steps than are permitted, so many that their sum overflows. */
    isingrg_mlrg_config config = configuration();
    for (int i = 0; i < MANY; ++i) {
        ACCEPT(isingrg_mlrg_create(&config, &models[i]));
        trainings[i] = settings(), trainings[i].steps = INT64_MAX / COLUMNS;
        histories[i] = rows[0];
        counts[i] = INT64_MAX / COLUMNS * COLUMNS;
    }
    ACCEPT(FIT_MANY(models, trainings, MANY, histories, counts, outcomes));
    for (int i = 0; i < MANY; ++i) {
        REQUIRE(outcomes[i].status == ISINGRG_INVALID_ARGUMENT && outcomes[i].done == 0);
        REQUIRE(strstr(outcomes[i].message, "steps") != NULL);
        ACCEPT(isingrg_mlrg_destroy(models[i]));
    }
}

static void test_evaluation(isingrg_mlrg *model)
{
    double couplings[2 * 5] = {0.5}, wrong[5] = {NAN}, out[4 * 2 * 5], jacobian[2 * 25];
    ACCEPT(isingrg_mlrg_monotone(model, couplings, 2, out, NULL, NULL));
    ACCEPT(isingrg_mlrg_velocity(model, couplings, 2, out, jacobian, NULL, NULL));
    ACCEPT(isingrg_mlrg_velocity(model, couplings, 2, out, NULL, NULL, NULL));
    ACCEPT(isingrg_mlrg_flow(model, couplings, 2, 3, out, NULL, NULL));
    REQUIRE(out[0] == couplings[0]);
    ACCEPT(isingrg_mlrg_flow(model, couplings, 2, 0, out, NULL, NULL));
    isingrg_status status = isingrg_mlrg_fixed_point(model, couplings, out, NULL, NULL);
    REQUIRE(status == ISINGRG_OK || status == ISINGRG_NOT_CONVERGED);
    REFUSE("couplings", isingrg_mlrg_monotone(model, NULL, 2, out, NULL, NULL));
    REFUSE("couplings", isingrg_mlrg_monotone(model, wrong, 1, out, NULL, NULL));
    REFUSE("values", isingrg_mlrg_monotone(model, couplings, 2, NULL, NULL, NULL));
    REFUSE("n must", isingrg_mlrg_velocity(model, couplings, -1, out, NULL, NULL, NULL));
    REFUSE("velocity", isingrg_mlrg_velocity(model, couplings, 2, NULL, NULL, NULL, NULL));
    REFUSE("steps", isingrg_mlrg_flow(model, couplings, 2, INT64_MAX, out, NULL, NULL));
    REFUSE("trajectory", isingrg_mlrg_flow(model, couplings, 2, 3, NULL, NULL, NULL));
    REFUSE("guess", isingrg_mlrg_fixed_point(model, wrong, out, NULL, NULL));
    REFUSE("fixed_point", isingrg_mlrg_fixed_point(model, couplings, NULL, NULL, NULL));
}

static void test_state(isingrg_mlrg *model)
{
    int32_t count = 0;
    int64_t shape[2];
    char name[64];
    double values[1024], negative[1024];
    ACCEPT(isingrg_mlrg_array_count(model, &count));
    REFUSE("count", isingrg_mlrg_array_count(model, NULL));
    for (int32_t i = 0; i < count; ++i) {
        ACCEPT(isingrg_mlrg_array_info(model, i, name, 64, shape));
        int64_t n = shape[0] * shape[1];
        ACCEPT(isingrg_mlrg_read_array(model, i, values, n));
        ACCEPT(isingrg_mlrg_write_array(model, i, values, n));
        REFUSE(name, isingrg_mlrg_read_array(model, i, values, n + 1));
        REFUSE("values", isingrg_mlrg_read_array(model, i, NULL, n));
        REFUSE("values", isingrg_mlrg_write_array(model, i, NULL, n));
        REFUSE("count", isingrg_mlrg_write_array(model, i, values, INT64_MIN));
        values[0] = NAN;
        REFUSE("finite", isingrg_mlrg_write_array(model, i, values, n));
        for (int64_t j = 0; j < n; ++j) negative[j] = -1;
        if (strcmp(name, "step") == 0 || strcmp(name, "adam.second_moment") == 0)
            REFUSE(name, isingrg_mlrg_write_array(model, i, negative, n));
    }
    REFUSE("index", isingrg_mlrg_array_info(model, count, name, 64, shape));
    REFUSE("index", isingrg_mlrg_read_array(model, -1, values, 1));
    REFUSE("index", isingrg_mlrg_write_array(model, INT32_MAX, values, 1));
    REFUSE("name_capacity", isingrg_mlrg_array_info(model, 0, name, 1, shape));
    ACCEPT(isingrg_mlrg_array_info(model, 0, name, 64, shape));
    int64_t length = (int64_t)strlen(name);
    REFUSE("name_capacity", isingrg_mlrg_array_info(model, 0, name, length, shape));
    ACCEPT(isingrg_mlrg_array_info(model, 0, name, length + 1, shape));
    REFUSE("name", isingrg_mlrg_array_info(model, 0, NULL, 64, shape));
    REFUSE("shape", isingrg_mlrg_array_info(model, 0, name, 64, NULL));
}

void test_mlrg(void)
{
    isingrg_mlrg_config config = configuration();
    isingrg_mlrg *model, *sampled;
    uint64_t step;
    double number = 0;
    test_create();
    ACCEPT(isingrg_mlrg_create(&config, &model));
    config.moderator = ISINGRG_FLOW, config.divergence = ISINGRG_CD;
    config.transport = ISINGRG_ODE, config.symmetric = 1;
    ACCEPT(isingrg_mlrg_create(&config, &sampled));
    test_fit(model);
    test_fit(sampled);
    test_fit_many(model, sampled);
    test_evaluation(model);
    REFUSE("monotone", isingrg_mlrg_monotone(sampled, &number, 0, &number, NULL, NULL));
    test_state(model);
    ACCEPT(isingrg_mlrg_destroy(model));
    ACCEPT(isingrg_mlrg_destroy(sampled));
    CLOSED(isingrg_mlrg_destroy(model));
    CLOSED(isingrg_mlrg_step(model, &step));
    CLOSED(isingrg_mlrg_fit(model, NULL, NULL, 0, NULL, NULL, NULL));
    CLOSED(isingrg_mlrg_monotone(model, NULL, 0, NULL, NULL, NULL));
    CLOSED(isingrg_mlrg_write_array(model, 0, NULL, 0));
}
