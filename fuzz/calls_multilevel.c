/* Calls on multilevel samplers. */
#include "abi.h"

#include <stdlib.h>

static void create(void)
{
    Slot *place = any_slot();
    isingrg_multilevel_config config = {0};
    config.size = seldom() ? amount(2, 20) : INT64_C(4) << pick(2);
    config.coupling = number(0.4);
    config.field = next_byte() % 4 == 0 ? number(0.1) : 0;
    config.neighbours = small(4, 8);
    config.linear = small(0, 12);
    config.triples = small(0, 4);
    config.quintuples = small(0, 4);
    config.colours = seldom() ? small(0, 9) : 1 << pick(4);
    isingrg_model *model = NULL;
    bool has_config = !seldom(), has_output = !seldom();
    isingrg_status status = isingrg_multilevel_create(
        has_config ? &config : NULL, has_output ? &model : NULL);
    end_call(status);
    if (status != ISINGRG_OK) return;
    int64_t couplings = 0;
    isingrg_model_parameter_count(model, &couplings);
    keep(place, (Slot){
        .method = MULTILEVEL, .handle = model, .size = config.size, .latent = couplings});
}

static void fit(void)
{
    Slot *place = slot(MULTILEVEL);
    isingrg_model *model = handle(place);
    isingrg_multilevel_training training = {0};
    training.steps = (uint64_t)amount(1, 2);
    training.batch = (uint64_t)amount(2, 70);
    training.learning_rate = number(0.5);
    training.damping = number(10);
    training.start = next_byte() % 16 == 0 ? choice(3) : ISINGRG_MULTILEVEL_NONE;
    training.seed = next_word();
    const isingrg_multilevel_training *given = seldom() ? NULL : &training;
    bool has_samples = next_byte() % 2 == 0;
    int64_t n = amount(1, 4);
    int8_t *configurations = has_samples ? spins(rows(n, sites(place))) : NULL;
    double *history = space(rows((int64_t)training.steps, ISINGRG_MULTILEVEL_COLUMNS));
    int64_t count = elements((int64_t)(training.steps * ISINGRG_MULTILEVEL_COLUMNS));
    uint64_t done = 0, *output_done = seldom() ? NULL : &done;
    isingrg_progress function = progress();
    end_call(has_samples
        ? isingrg_multilevel_fit_samples(
            model, configurations, n, given, history, count, output_done, function, NULL)
        : isingrg_multilevel_fit(model, given, history, count, output_done, function, NULL));
    if (done > training.steps) abort();
}

static void sample(void)
{
    Slot *place = slot(MULTILEVEL);
    isingrg_model *model = handle(place);
    int64_t n = amount(0, 70);
    int64_t size = next_byte() % 2 == 0 ? 0 : amount(1, 2);
    int8_t *coarse = size == 0 ? NULL : spins(rows(n, rows(size, size)));
    uint64_t seed = next_word();
    int8_t *drawn = output(rows(n, sites(place)), 1);
    double *values = space(rows(n, 1));
    isingrg_progress function = progress();
    end_call(isingrg_multilevel_sample(
        model, n, coarse, size, seed, drawn, values, function, NULL));
}

static void evaluate(void)
{
    Slot *place = slot(MULTILEVEL);
    isingrg_model *model = handle(place);
    int64_t n = amount(0, 70);
    int64_t size = amount(0, 2);
    int8_t *configurations = spins(rows(n, sites(place)));
    double *values = space(rows(n, 1));
    isingrg_progress function = progress();
    end_call(isingrg_multilevel_log_probability(
        model, configurations, n, size, values, function, NULL));
}

static void adopt(void)
{
    Slot *place = slot(MULTILEVEL);
    Slot *source = next_slot(place, MULTILEVEL);
    isingrg_model *model = handle(place), *other = handle(source);
    end_call(isingrg_multilevel_adopt(model, other));
}

static void orbits(void)
{
    Slot *place = slot(MULTILEVEL);
    isingrg_model *model = handle(place);
    int64_t count = place->latent * ISINGRG_MULTILEVEL_ORBIT_COLUMNS;
    int32_t *numbers = output(count, sizeof(int32_t));
    int64_t given = elements(count);
    end_call(isingrg_multilevel_orbits(model, numbers, given));
}

static void anneal(void)
{
    int64_t n = amount(0, 70);
    int64_t size = seldom() ? amount(2, 20) : INT64_C(4) << pick(2);
    int64_t count = amount(1, 3);
    double *couplings = numbers(rows(count, 1), 0.4);
    double field = next_byte() % 4 == 0 ? number(0.1) : 0;
    uint64_t seed = next_word();
    int8_t *configurations = spins(rows(n, rows(size, size)));
    double *work = space(rows(n, 1));
    isingrg_progress function = progress();
    end_call(isingrg_multilevel_anneal(
        n, size, couplings, count, field, seed, configurations, work, function, NULL));
}

void call_multilevel(void)
{
    static void (*const calls[])(void) = {create, fit, sample, evaluate, adopt, orbits, anneal};
    calls[pick(7)]();
}
