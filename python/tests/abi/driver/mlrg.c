#include "driver.h"

enum { ROWS = 4, COLUMNS = ISINGRG_MLRG_COLUMNS };

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

isingrg_model *make_mlrg(void)
{
    isingrg_mlrg_config config = configuration();
    isingrg_model *model;
    ACCEPT(isingrg_mlrg_create(&config, &model));
    return model;
}

void train_mlrg(isingrg_model *model)
{
    double history[ROWS * COLUMNS];
    uint64_t done;
    isingrg_mlrg_training training = settings();
    ACCEPT(isingrg_mlrg_fit(model, &training, history, ROWS * COLUMNS, &done, NULL, NULL));
    REQUIRE(done == ROWS);
}

static void test_create(void)
{
    isingrg_model *model = NULL;
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
    config = configuration(), config.scheme = 2;
    REFUSE("scheme", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.scheme = ISINGRG_MLRG_LOOP;
    REFUSE("representation", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.divergence = ISINGRG_MLRG_L2;
    REFUSE("divergence", isingrg_mlrg_create(&config, &model));
    config = configuration(), config.symmetric = -1;
    REFUSE("symmetric", isingrg_mlrg_create(&config, &model));
    REQUIRE(model == NULL);
}

static void test_fit(isingrg_model *model)
{
    double history[ROWS * COLUMNS], guess[5] = {0.8, 0, 0, 0, 0};
    uint64_t done = 9, step = 9;
    isingrg_mlrg_training training = settings();
    ACCEPT(isingrg_mlrg_fit(model, &training, history, ROWS * COLUMNS, &done, NULL, NULL));
    REQUIRE(done == ROWS && isfinite(history[ISINGRG_MLRG_LOSS]));
    ACCEPT(isingrg_model_step(model, &step));
    REQUIRE(step == ROWS);
    INTERRUPT(isingrg_mlrg_fit(model, &training, history, ROWS * COLUMNS, &done, stop, NULL));
    REQUIRE(done == 0);
    REFUSE("training", isingrg_mlrg_fit(model, NULL, history, 20, &done, NULL, NULL));
    REFUSE("history", isingrg_mlrg_fit(model, &training, NULL, 20, &done, NULL, NULL));
    REFUSE("history", isingrg_mlrg_fit(model, &training, history, 19, &done, NULL, NULL));
    REFUSE("done", isingrg_mlrg_fit(model, &training, history, 20, NULL, NULL, NULL));
#define REFUSE_SETTING(name, value) \
    training = settings(), training.name = value; \
    REFUSE(#name, isingrg_mlrg_fit(model, &training, history, 20, &done, NULL, NULL))
    REFUSE_SETTING(steps, 0);
    REFUSE_SETTING(steps, UINT64_MAX);
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
    REFUSE_SETTING(ray_low, 11);
    REFUSE_SETTING(ray_high, NAN);
    REFUSE_SETTING(ray_steps, -1);
    REFUSE_SETTING(ray_noise, INFINITY);
    REFUSE_SETTING(coupling_bound, 0);
    REFUSE_SETTING(hmc_leapfrog, 0);
    REFUSE_SETTING(hmc_updates, UINT32_MAX);
    training = settings(), training.record_from = 0;
    REFUSE("record_guess", isingrg_mlrg_fit(model, &training, history, 20, &done, NULL, NULL));
    training.record_guess = guess;
    ACCEPT(isingrg_mlrg_fit(model, &training, history, 20, &done, NULL, NULL));
    ACCEPT(isingrg_model_step(model, &step));
    REQUIRE(step == 2 * ROWS);
}

static void test_fit_many(isingrg_model *first, isingrg_model *second)
{
    enum { MANY = 8 };
    double rows[2][ROWS * COLUMNS], *histories[MANY] = {rows[0], rows[1]};
    isingrg_model *models[MANY] = {first, second};
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
    models[1] = second;
    INTERRUPT(isingrg_mlrg_fit_many(
        models, trainings, 2, histories, counts, outcomes, stop, NULL));

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
        ACCEPT(isingrg_model_destroy(models[i]));
    }
}

static void test_evaluation(isingrg_model *model)
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

static void test_progress(isingrg_model *model)
{
    double couplings[2 * 5] = {0.5}, out[4 * 2 * 5], jacobian[2 * 25];
    int calls[4] = {0};
    ACCEPT(isingrg_mlrg_monotone(model, couplings, 2, out, count_calls, &calls[0]));
    ACCEPT(isingrg_mlrg_velocity(model, couplings, 2, out, jacobian, count_calls, &calls[1]));
    ACCEPT(isingrg_mlrg_flow(model, couplings, 2, 3, out, count_calls, &calls[2]));
    isingrg_status status = isingrg_mlrg_fixed_point(model, couplings, out, count_calls, &calls[3]);
    REQUIRE(status == ISINGRG_OK || status == ISINGRG_NOT_CONVERGED);
    for (int i = 0; i < 4; ++i) REQUIRE(calls[i] >= 1);
    INTERRUPT(isingrg_mlrg_monotone(model, couplings, 2, out, stop, NULL));
    INTERRUPT(isingrg_mlrg_velocity(model, couplings, 2, out, jacobian, stop, NULL));
    INTERRUPT(isingrg_mlrg_velocity(model, couplings, 2, out, NULL, stop, NULL));
    INTERRUPT(isingrg_mlrg_flow(model, couplings, 2, 3, out, stop, NULL));
    INTERRUPT(isingrg_mlrg_fixed_point(model, couplings, out, stop, NULL));
}

void test_mlrg(void)
{
    isingrg_mlrg_config config = configuration();
    isingrg_model *model = make_mlrg(), *sampled;
    double number = 0;
    test_create();
    config.moderator = ISINGRG_MLRG_FLOW, config.divergence = ISINGRG_MLRG_CD;
    config.transport = ISINGRG_MLRG_ODE, config.symmetric = 1;
    ACCEPT(isingrg_mlrg_create(&config, &sampled));
    test_fit(model);
    test_fit(sampled);
    test_fit_many(model, sampled);
    test_evaluation(model);
    REFUSE("monotone", isingrg_mlrg_monotone(sampled, &number, 0, &number, NULL, NULL));
    test_progress(model);
    ACCEPT(isingrg_model_destroy(model));
    ACCEPT(isingrg_model_destroy(sampled));
}
