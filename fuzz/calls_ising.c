/* Calls of the library itself and of the Ising model. */
#include "abi.h"

static void call_library(void)
{
    int32_t count = small(1, 3);
    end_call(isingrg_set_num_threads(count));
    bool answers = isingrg_get_num_threads() >= 1
        && isingrg_abi_version() == ISINGRG_ABI_VERSION && isingrg_version() != NULL
        && isingrg_instruction_set() != NULL;
    end_call(answers ? ISINGRG_OK : -1);
}

static void call_sample(void)
{
    static const int64_t sizes[] = {4, 6, 8, 16, 64, 66, 130, 5};
    int64_t size = seldom() ? amount(0, 3) : sizes[pick(8)];
    int64_t n = amount(1, 3), chains = amount(1, 3), samples = amount(1, 3);
    if (size == 8 && chains == 3) chains = 65; /* more than share a word */
    double *couplings = numbers(rows(n, 1), 1);
    /* The defaults are many sweeps on large lattices. */
    int64_t thermalize = size <= 16 && next_byte() % 2 == 0 ? -1 : amount(0, 20);
    int64_t between = size <= 16 && next_byte() % 2 == 0 ? -1 : amount(1, 5);
    int32_t algorithm = choice(5);
    if (algorithm == 4) algorithm = ISINGRG_ISING_AUTO;
    uint64_t seed = next_word();
    int64_t exact = rows(rows(rows(n, chains), samples), rows(size, size));
    int8_t *spins = output(exact, 1);
    int64_t count = elements(exact);
    isingrg_progress function = progress();
    double coupling = couplings != NULL && n == 1 ? *couplings : 0.4;
    end_call(isingrg_ising_sample(
        size, couplings, n, chains, samples, thermalize, between, algorithm, seed, spins, count,
        function, NULL));
    int32_t chosen;
    int64_t thermalize_sweeps, between_sweeps;
    end_call(isingrg_ising_plan(
        size, coupling, chains, thermalize, between, algorithm,
        &chosen, &thermalize_sweeps, &between_sweeps));
}

static void call_observable(void)
{
    int32_t which = pick(3);
    int64_t n = amount(0, 4), size = amount(2, 70), factor = amount(1, 10);
    int8_t *configurations = spins(rows(n, rows(size, size)));
    isingrg_progress function = progress();
    if (which < 2) {
        double *values = space(rows(n, 1));
        end_call((which == 0 ? isingrg_ising_energy : isingrg_ising_magnetization)(
            configurations, n, size, values, function, NULL));
    } else {
        int64_t side = factor > 0 ? rows(size, 1) / factor : 0;
        int8_t *blocked = output(rows(n, side * side), 1);
        end_call(isingrg_ising_block_spin(
            configurations, n, size, factor, blocked, function, NULL));
    }
}

static void call_exact(void)
{
    bool is_torus = next_byte() % 2 == 0;
    int64_t n = amount(0, 4), size = amount(2, 40);
    double *couplings = numbers(rows(n, 1), 1);
    double *first = space(rows(n, 1));
    double *second = space(rows(n, 1));
    double *third = space(rows(n, 1));
    double *fourth = space(rows(n, 1));
    isingrg_progress function = progress();
    if (is_torus)
        end_call(isingrg_ising_exact_torus(
            size, couplings, n, first, second, third, function, NULL));
    else
        end_call(isingrg_ising_exact_bulk(
            couplings, n, first, second, third, fourth, function, NULL));
}

static void call_autocorrelation(void)
{
    int64_t chains = amount(1, 3), samples = amount(1, 200);
    double *series = numbers(rows(chains, samples), 1);
    double *time = space(1);
    isingrg_progress function = progress();
    end_call(isingrg_ising_autocorrelation_time(series, chains, samples, time, function, NULL));
}

void call_ising(void)
{
    static void (*const calls[])(void) = {
        call_sample, call_observable, call_exact, call_autocorrelation, call_library};
    calls[pick(5)]();
}
