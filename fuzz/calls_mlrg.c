/* Calls on models of machine-learning renormalization. */
#include "abi.h"

#include <stdlib.h>
#include <string.h>

enum { MANY = 4 };

static void create(void)
{
    Slot *place = any_slot();
    isingrg_mlrg_config config = {0};
    config.representation = representation(3);
    config.moderator = choice(2);
    config.scheme = choice(2);
    config.divergence = choice(3);
    config.transport = choice(2);
    config.frame = choice(2);
    config.activation = choice(5);
    config.layer_norm = choice(2);
    config.symmetric = choice(2);
    config.n_hidden = small(1, 3);
    int32_t *hidden = output(4, sizeof(int32_t));
    for (int i = 0; hidden != NULL && i < 4; ++i) hidden[i] = small(1, 9);
    config.hidden = hidden;
    config.seed = next_word();
    isingrg_model *model = NULL;
    bool has_config = !seldom(), has_output = !seldom();
    isingrg_status status = isingrg_mlrg_create(
        has_config ? &config : NULL, has_output ? &model : NULL);
    end_call(status);
    if (status != ISINGRG_OK) return;
    int64_t couplings = config.scheme == ISINGRG_MLRG_LOOP
        ? loop_coupling_count(config.representation)
        : coupling_count(config.representation, config.frame);
    keep(place, (Slot){.method = MLRG, .handle = model, .size = couplings});
}

/* Zero is a step of everything with the batch of one block. */
static isingrg_mlrg_training settings(const Slot *place)
{
    isingrg_mlrg_training training = {0};
    training.steps = (uint64_t)amount(1, 3);
    training.schedule_steps = (uint64_t)amount(1, 5);
    training.batch = (uint64_t)amount(1, 40);
    training.learning_rate = number(0.01);
    training.final_learning_rate = number(0.001);
    training.weight_decay = number(0);
    training.clip_norm = number(1);
    training.beta_max = number(2);
    training.beta_rate = number(8);
    training.beta_midpoint = number(0.5);
    training.proposal = choice(2);
    training.replicas = 1u << pick(3);
    if (seldom()) training.replicas = (uint32_t)next_word();
    training.ray = number(next_byte() % 2 == 0 ? 0 : 0.5);
    training.ray_low = number(-1);
    training.ray_high = number(1);
    training.ray_steps = number(next_byte() % 2 == 0 ? 0 : 3);
    training.ray_noise = number(0.1);
    training.proposal_scale = number(0.5);
    training.coupling_bound = number(2);
    training.hmc_step = number(0.1);
    training.hmc_leapfrog = (uint32_t)small(1, 3);
    training.hmc_updates = (uint32_t)small(1, 2);
    training.cd_samples = (uint32_t)small(1, 40);
    training.teacher_sweeps = (uint32_t)small(1, 3);
    training.student_sweeps = (uint32_t)small(1, 3);
    training.record_from = next_byte() % 2 == 0 ? UINT64_MAX : (uint64_t)amount(0, 2);
    training.record_guess = numbers(place->size ? place->size : 1, 1);
    training.seed = next_word();
    return training;
}

/* What the history of so many steps needs; too many of them are refused before it is touched. */
static int64_t history_count(const isingrg_mlrg_training *training)
{
    return (int64_t)(training->steps * ISINGRG_MLRG_COLUMNS);
}

static double *history_space(const isingrg_mlrg_training *training)
{
    return space(rows((int64_t)training->steps, ISINGRG_MLRG_COLUMNS));
}

static void fit(void)
{
    Slot *place = slot(MLRG);
    isingrg_model *model = handle(place);
    isingrg_mlrg_training training = settings(place);
    double *history = history_space(&training);
    int64_t count = elements(history_count(&training));
    uint64_t done = 0, *output_done = seldom() ? NULL : &done;
    isingrg_progress function = progress();
    end_call(isingrg_mlrg_fit(model, &training, history, count, output_done, function, NULL));
    if (done > training.steps) abort();
}

static void fit_many(void)
{
    isingrg_model *models[MANY];
    isingrg_mlrg_training trainings[MANY];
    isingrg_mlrg_outcome outcomes[MANY];
    double *histories[MANY];
    int64_t counts[MANY];
    int64_t n = amount(1, MANY);
    if (n == MANY + 1) n = MANY;
    Slot *place = slot(MLRG);
    for (int i = 0; i < MANY && i < n; ++i) {
        if (i > 0) place = next_byte() < 0xE0 ? next_slot(place, MLRG) : slot(MLRG);
        models[i] = handle(place);
        trainings[i] = settings(place);
        histories[i] = history_space(&trainings[i]);
        counts[i] = elements(history_count(&trainings[i]));
    }
    isingrg_progress function = progress();
    int32_t missing = seldom() ? pick(5) : -1;
    isingrg_status status = isingrg_mlrg_fit_many(
        missing == 0 ? NULL : models, missing == 1 ? NULL : trainings, n,
        missing == 2 ? NULL : histories, missing == 3 ? NULL : counts,
        missing == 4 ? NULL : outcomes, function, NULL);
    for (int i = 0; status == ISINGRG_OK && i < n; ++i)
        if (memchr(outcomes[i].message, 0, sizeof outcomes[i].message) == NULL) abort();
    end_call(status);
}

static void evaluate(void)
{
    Slot *place = slot(MLRG);
    isingrg_model *model = handle(place);
    int32_t which = pick(4);
    int64_t c = place->size ? place->size : 1, n = amount(0, 40), steps = amount(0, 5);
    double *couplings = numbers(rows(n, c), 2);
    isingrg_progress function = progress();
    if (which == 0) {
        double *values = space(rows(n, 1));
        end_call(isingrg_mlrg_monotone(model, couplings, n, values, function, NULL));
    } else if (which == 1) {
        double *velocity = space(rows(n, c));
        double *jacobian = space(rows(n, c * c));
        end_call(isingrg_mlrg_velocity(model, couplings, n, velocity, jacobian, function, NULL));
    } else if (which == 2) {
        int64_t points = steps >= 0 && steps <= 6 ? steps + 1 : 0;
        double *trajectory = space(rows(points, rows(n, c)));
        end_call(isingrg_mlrg_flow(model, couplings, n, steps, trajectory, function, NULL));
    } else {
        double *guess = numbers(c, 2);
        double *point = space(c);
        end_call(isingrg_mlrg_fixed_point(model, guess, point, function, NULL));
    }
}

void call_mlrg(void)
{
    static void (*const calls[])(void) = {create, fit, evaluate, fit_many};
    calls[pick(4)]();
}
