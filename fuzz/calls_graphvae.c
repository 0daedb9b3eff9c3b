/* Calls on graph autoencoders. */
#include "abi.h"

#include <stdlib.h>
#include <string.h>

static Slot shelf[SLOTS];

#define MODEL isingrg_graphvae
#include "state.h"

static void create(void)
{
    Slot *place = slot(shelf);
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
    config.beta = number(0.1);
    config.lambda_rg = number(0.5);
    config.anneal = amount(0, 3);
    config.seed = next_word();
    isingrg_graphvae *model = NULL;
    bool has_config = !seldom(), has_output = !seldom();
    isingrg_status status = isingrg_graphvae_create(
        has_config ? &config : NULL, has_output ? &model : NULL);
    end_call(status);
    if (status != ISINGRG_OK) return;
    isingrg_graphvae_destroy(place->handle);
    place->handle = model;
    place->size = config.size;
    place->latent = config.latent;
    place->levels = config.levels;
}

static int64_t sites(const Slot *place) { return place->size ? place->size * place->size : 16; }

static void fit(void)
{
    Slot *place = slot(shelf);
    isingrg_graphvae *model = handle(place);
    int64_t n = amount(1, 6);
    uint64_t epochs = (uint64_t)amount(1, 2), batch = (uint64_t)amount(1, 7);
    double rate = number(0.01), decay = number(0);
    uint64_t seed = next_word(), done = 0;
    int8_t *configurations = spins(rows(n, sites(place)));
    double *history = space(rows((int64_t)epochs, ISINGRG_GRAPHVAE_COLUMNS));
    int64_t count = elements((int64_t)(epochs * ISINGRG_GRAPHVAE_COLUMNS));
    uint64_t *output_done = seldom() ? NULL : &done;
    isingrg_progress function = progress();
    end_call(isingrg_graphvae_fit(
        model, configurations, n, epochs, batch, rate, decay, seed, history, count, output_done,
        function, NULL));
    if (done > epochs) abort();
}

static void evaluate(void)
{
    Slot *place = slot(shelf);
    isingrg_graphvae *model = handle(place);
    int32_t which = pick(3);
    int64_t n = amount(0, 5);
    isingrg_progress function = progress();
    if (which == 0) {
        int64_t size = next_byte() % 2 == 0 ? place->size : amount(2, 40);
        int64_t count = rows(rows(place->levels, n), place->latent);
        int8_t *configurations = spins(rows(n, rows(size, size)));
        double *means = space(count);
        double *variances = space(count);
        end_call(isingrg_graphvae_encode(
            model, configurations, n, size, means, variances, function, NULL));
    } else if (which == 1) {
        double *latents = numbers(rows(n, place->latent), 2);
        double *means = space(rows(n, sites(place)));
        end_call(isingrg_graphvae_decode(model, latents, n, means, function, NULL));
    } else {
        int8_t *configurations = spins(rows(n, sites(place)));
        uint64_t seed = next_word();
        double *terms = space(ISINGRG_GRAPHVAE_COLUMNS);
        end_call(isingrg_graphvae_loss(model, configurations, n, seed, terms, function, NULL));
    }
}

static void describe(void)
{
    isingrg_graphvae *model = handle(slot(shelf));
    int32_t which = pick(3);
    uint64_t *count = output(1, sizeof(uint64_t));
    if (which == 0)
        end_call(isingrg_graphvae_epoch(model, count));
    else if (which == 1)
        end_call(isingrg_graphvae_step(model, count));
    else
        end_call(isingrg_graphvae_parameter_count(model, (int64_t *)count));
}

static void state(void)
{
    isingrg_graphvae *model = handle(slot(shelf));
    int32_t which = pick(5), index = small(0, 60);
    if (which < 3) {
        ask_for_state(model, which, index);
    } else {
        int64_t count = array_size(model, index), given = elements(count);
        write_state(model, index, count, given, which == 3 ? 2 : 1e6);
    }
}

void call_graphvae(void)
{
    static void (*const calls[])(void) = {create, fit, evaluate, state, describe, destroy};
    calls[pick(6)]();
}

void clear_graphvae(void) { clear(); }
