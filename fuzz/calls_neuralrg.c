/* Calls on normalizing flows. */
#include "abi.h"

#include <stdlib.h>

static int64_t lattice_size(void)
{
    static const int64_t sizes[] = {4, 2, 8, 4, 2, 16};
    return seldom() ? amount(2, 5) : sizes[pick(6)];
}

static void create(void)
{
    Slot *place = any_slot();
    isingrg_neuralrg_config config = {0};
    config.rows = config.columns = lattice_size();
    if (next_byte() >= 0xC0) config.rows = choice(3);
    config.block = next_byte() >= 0xC0 ? 4 : seldom() ? small(1, 5) : 2;
    config.coupling = number(0.4);
    config.structure = choice(3);
    config.depth = small(0, 2);
    config.repeats = small(1, 2);
    config.layers = small(1, 3);
    config.n_hidden = small(1, 2);
    int32_t *hidden = output(3, sizeof(int32_t));
    for (int i = 0; hidden != NULL && i < 3; ++i) hidden[i] = small(1, 9);
    config.hidden = hidden;
    config.neighbours = choice(2);
    config.symmetric = choice(2);
    isingrg_neuralrg_target target = {0};
    if (next_byte() >= 0xC0) {
        enum { MOST = 256 };
        double *form = output(MOST, sizeof(double));
        for (int i = 0; form != NULL && i < MOST; ++i) form[i] = number(1);
        target.kind = choice(4);
        target.strength = number(1);
        target.form = form;
        target.form_count = amount(0, MOST);
        if (config.columns >= 2 && config.columns <= 16 && !seldom())
            target.form_count = config.rows * config.columns;
        config.target = &target;
    }
    if (seldom()) config.bijector = choice(3);
    if (next_byte() >= 0xC0) {
        config.masks_count = amount(0, 24);
        int32_t *masks = output(rows(config.masks_count, 1), sizeof(int32_t));
        for (int64_t i = 0; masks != NULL && i < rows(config.masks_count, 1); ++i)
            masks[i] = small(1, 14);
        config.masks = masks;
    }
    if (next_byte() >= 0xC0) {
        int64_t sites = rows(config.rows, config.columns);
        config.symmetry_count = seldom() ? amount(0, 40) : rows(2, sites);
        int32_t *sources = output(rows(config.symmetry_count, 1), sizeof(int32_t));
        int8_t *signs = output(rows(config.symmetry_count, 1), 1);
        for (int64_t i = 0; sources != NULL && signs != NULL && i < rows(config.symmetry_count, 1); ++i) {
            bool turns = sites > 0 && i >= sites && i < 2 * sites;
            sources[i] = seldom() ? small(0, 20) : (int32_t)(turns ? 2 * sites - 1 - i : i);
            signs[i] = seldom() ? -1 : 1;
        }
        config.symmetry_sources = sources;
        config.symmetry_signs = signs;
    }
    config.seed = next_word();
    isingrg_model *model = NULL;
    bool has_config = !seldom(), has_output = !seldom();
    isingrg_status status = isingrg_neuralrg_create(
        has_config ? &config : NULL, has_output ? &model : NULL);
    end_call(status);
    if (status != ISINGRG_OK) return;
    keep(
        place, (Slot){
            .method = NEURALRG, .handle = model, .size = config.columns, .rows = config.rows});
}

static void fit(void)
{
    Slot *place = slot(NEURALRG);
    isingrg_model *model = handle(place);
    bool from_samples = next_byte() % 2;
    isingrg_neuralrg_training training = {0};
    training.steps = (uint64_t)amount(1, 3);
    training.batch = (uint64_t)amount(1, 40);
    training.learning_rate = number(0.01);
    training.decay = choice(3);
    training.final_learning_rate = number(0.001);
    training.schedule_steps = (uint64_t)amount(1, 3);
    training.weight_decay = number(0);
    training.reverse = seldom() ? number(0.5) : 0;
    training.seed = next_word();
    const isingrg_neuralrg_training *given = seldom() ? NULL : &training;
    double *history = space(rows((int64_t)training.steps, ISINGRG_NEURALRG_COLUMNS));
    int64_t count = elements((int64_t)(training.steps * ISINGRG_NEURALRG_COLUMNS));
    uint64_t done = 0, *output_done = seldom() ? NULL : &done;
    isingrg_progress function = progress();
    if (from_samples) {
        int64_t n = amount(1, 20);
        double *samples = numbers(rows(n, sites(place)), 2);
        end_call(isingrg_neuralrg_fit_samples(
            model, samples, n, given, history, count, output_done, function, NULL));
    } else {
        end_call(isingrg_neuralrg_fit(
            model, given, history, count, output_done, function, NULL));
    }
    if (done > training.steps) abort();
}

static void transform(void)
{
    Slot *place = slot(NEURALRG);
    isingrg_model *model = handle(place);
    int32_t which = pick(4), first = small(0, 3), last = small(1, 8);
    int64_t n = amount(0, 20), count = rows(n, sites(place));
    double *given = numbers(count, 2);
    double *found = space(count);
    double *values = space(rows(n, 1));
    isingrg_progress function = progress();
    if (which == 0)
        end_call(isingrg_neuralrg_log_probability(model, given, n, values, function, NULL));
    else if (which == 1) {
        double *latents = space(count);
        uint64_t seed = next_word();
        end_call(isingrg_neuralrg_sample(model, n, seed, found, latents, values, function, NULL));
    } else
        end_call((which == 2 ? isingrg_neuralrg_encode : isingrg_neuralrg_decode)(
            model, given, n, first, last, found, values, function, NULL));
}

static void respond(void)
{
    Slot *place = slot(NEURALRG);
    isingrg_model *model = handle(place);
    int64_t n = amount(1, 5), n_sites = amount(1, 4);
    double *samples = numbers(rows(n, sites(place)), 2);
    int32_t *chosen = output(rows(n_sites, 1), sizeof(int32_t));
    for (int64_t i = 0; chosen != NULL && i < rows(n_sites, 1); ++i) chosen[i] = small(0, 3);
    double *means = space(rows(n_sites, sites(place)));
    double *deviations = space(rows(n_sites, sites(place)));
    isingrg_progress function = progress();
    end_call(isingrg_neuralrg_responses(
        model, samples, n, chosen, n_sites, means, deviations, function, NULL));
}

static void sample_chains(void)
{
    Slot *place = slot(NEURALRG);
    isingrg_model *model = handle(place);
    isingrg_neuralrg_chains chains = {0};
    chains.space = choice(2);
    chains.adapts = choice(2);
    chains.random_length = choice(2);
    chains.n_chains = (uint64_t)amount(1, 5);
    chains.n_samples = (uint64_t)amount(1, 3);
    chains.warmup = (uint64_t)amount(0, 5);
    chains.between = (uint64_t)amount(1, 2);
    chains.leapfrog = (uint64_t)amount(1, 4);
    chains.step_size = number(0.1);
    chains.seed = next_word();
    bool has_start = next_byte() >= 0x80, has_chains = !seldom();
    int64_t n = rows((int64_t)chains.n_chains, (int64_t)chains.n_samples);
    double *start = has_start ? numbers(rows((int64_t)chains.n_chains, sites(place)), 2) : NULL;
    double *samples = space(rows(n, sites(place)));
    int64_t count = elements(rows(n, sites(place)));
    double *acceptance = space(n);
    double *step_size = space(1);
    isingrg_progress function = progress();
    end_call(isingrg_neuralrg_hmc(
        model, has_chains ? &chains : NULL, start, samples, count, acceptance, step_size, function,
        NULL));
}

static void call_dual(void)
{
    bool is_density = next_byte() % 2;
    int64_t size = lattice_size(), n = amount(0, 4);
    isingrg_progress function = progress();
    if (is_density) {
        double coupling = number(0.4);
        double *samples = numbers(rows(n, rows(size, size)), 2);
        double *values = space(rows(n, 1));
        end_call(isingrg_neuralrg_log_density(size, coupling, samples, n, values, function, NULL));
    } else {
        double *couplings = numbers(rows(n, 1), 1);
        double *partition = space(rows(n, 1));
        double *alpha = space(rows(n, 1));
        double *determinant = space(rows(n, 1));
        end_call(isingrg_neuralrg_dual(
            size, couplings, n, partition, alpha, determinant, function, NULL));
    }
}

static void describe(void)
{
    Slot *place = slot(NEURALRG);
    isingrg_model *model = handle(place);
    int32_t which = pick(4), index = small(0, 7);
    int32_t *count = output(1, sizeof(int32_t)), scale = 0, down = 0, across = 0;
    int64_t blocks = 0;
    if (which == 0)
        end_call(isingrg_neuralrg_layer_count(model, count));
    else if (which == 1)
        end_call(isingrg_neuralrg_layer_info(model, index, count, &scale, &blocks, &down, &across));
    else if (which == 2) {
        int32_t is_decimator;
        isingrg_neuralrg_layer_info(
            model, index, &is_decimator, &scale, &blocks, &down, &across);
        int32_t *chosen = output(down * across * blocks, sizeof(int32_t));
        int64_t given = elements(down * across * blocks);
        end_call(isingrg_neuralrg_layer_sites(model, index, chosen, given));
    } else {
        int32_t *scales = output(sites(place), sizeof(int32_t));
        int64_t given = elements(sites(place));
        end_call(isingrg_neuralrg_latent_scales(model, scales, given));
    }
}

void call_neuralrg(void)
{
    static void (*const calls[])(void) = {
        create, fit, transform, respond, sample_chains, describe, call_dual};
    calls[pick(7)]();
}
