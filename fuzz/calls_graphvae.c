/* Calls on graph autoencoders. */
#include "abi.h"

#include <stdlib.h>

static void create(void)
{
    Slot *place = any_slot();
    isingrg_graphvae_config config = {0};
    config.levels = small(1, 3);
    int32_t pools = config.levels > 0 && config.levels <= 4 ? config.levels - 1 : 0;
    config.size = seldom() ? amount(2, 20) : (INT64_C(4) + pick(2)) << pools;
    config.latent = small(1, 3);
    config.hidden = small(1, 9);
    config.token = small(1, 5);
    config.likelihood = choice(2);
    config.decoder = choice(2);
    config.representation = choice(2);
    config.readout = choice(2);
    config.beta = number(0.1);
    config.lambda_rg = number(0.5);
    config.anneal = amount(0, 3);
    config.seed = next_word();
    isingrg_model *model = NULL;
    bool has_config = !seldom(), has_output = !seldom();
    isingrg_status status = isingrg_graphvae_create(
        has_config ? &config : NULL, has_output ? &model : NULL);
    end_call(status);
    if (status != ISINGRG_OK) return;
    keep(place, (Slot){
        .method = GRAPHVAE, .handle = model, .size = config.size, .latent = config.latent,
        .levels = config.levels, .readout = config.readout});
}

/* Latent variables of a level of a configuration; no more than rows() can have. */
static int64_t nodes(const Slot *place, int64_t level, int64_t size)
{
    int64_t side = size >> level;
    return place->readout == ISINGRG_GRAPHVAE_READOUT_SITES ? rows(side, side) : 1;
}

static void fit(void)
{
    Slot *place = slot(GRAPHVAE);
    isingrg_model *model = handle(place);
    int64_t n = amount(1, 6);
    isingrg_graphvae_training training = {0};
    training.epochs = (uint64_t)amount(1, 2);
    training.batch = (uint64_t)amount(1, 7);
    training.learning_rate = number(0.01);
    training.weight_decay = number(0);
    training.seed = next_word();
    const isingrg_graphvae_training *given = seldom() ? NULL : &training;
    int8_t *configurations = spins(rows(n, sites(place)));
    double *history = space(rows((int64_t)training.epochs, ISINGRG_GRAPHVAE_COLUMNS));
    int64_t count = elements((int64_t)(training.epochs * ISINGRG_GRAPHVAE_COLUMNS));
    uint64_t done = 0, *output_done = seldom() ? NULL : &done;
    isingrg_progress function = progress();
    end_call(isingrg_graphvae_fit(
        model, configurations, n, given, history, count, output_done, function, NULL));
    if (done > training.epochs) abort();
}

static void evaluate(void)
{
    Slot *place = slot(GRAPHVAE);
    isingrg_model *model = handle(place);
    int32_t which = pick(4);
    int64_t n = amount(0, 5);
    isingrg_progress function = progress();
    if (which == 0) {
        int64_t size = next_byte() % 2 == 0 ? place->size : amount(2, 40);
        int64_t each = 0;
        for (int64_t level = 0; level < place->levels; ++level) each += nodes(place, level, size);
        int64_t count = rows(rows(each, n), place->latent);
        int8_t *configurations = spins(rows(n, rows(size, size)));
        double *means = space(count);
        double *variances = space(count);
        end_call(isingrg_graphvae_encode(
            model, configurations, n, size, means, variances, function, NULL));
    } else if (which == 1) {
        int64_t each = rows(nodes(place, place->levels - 1, place->size), place->latent);
        double *latents = numbers(rows(n, each), 2);
        double *means = space(rows(n, sites(place)));
        end_call(isingrg_graphvae_decode(model, latents, n, means, function, NULL));
    } else if (which == 2) {
        int64_t each = rows(nodes(place, place->levels - 1, place->size), place->latent);
        uint64_t seed = next_word();
        double *latents = space(rows(n, each));
        int8_t *configurations = output(rows(n, sites(place)), 1);
        end_call(isingrg_graphvae_sample(
            model, n, seed, latents, configurations, function, NULL));
    } else {
        int8_t *configurations = spins(rows(n, sites(place)));
        uint64_t seed = next_word();
        double *terms = space(ISINGRG_GRAPHVAE_COLUMNS);
        end_call(isingrg_graphvae_loss(model, configurations, n, seed, terms, function, NULL));
    }
}

void call_graphvae(void)
{
    static void (*const calls[])(void) = {create, fit, evaluate};
    calls[pick(3)]();
}
