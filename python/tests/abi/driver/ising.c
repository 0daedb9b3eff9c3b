#include "driver.h"

static void test_sample(void)
{
    static int8_t spins[2 * 3 * 16 * 16], again[2 * 3 * 16 * 16];
    double couplings[2] = {0.2, 5.0}, not_finite[2] = {0.2, NAN};
    int64_t count = sizeof spins, many = INT64_MAX;
    int calls = 0;
    for (int32_t which = ISINGRG_ISING_AUTO; which <= ISINGRG_ISING_HEAT_BATH; ++which) {
        ACCEPT(isingrg_ising_sample(
            16, couplings, 2, 1, 3, -1, -1, which, 7, spins, count, count_calls, &calls));
        REQUIRE(calls >= 1 && spins[0] * spins[0] == 1);
        ACCEPT(isingrg_ising_sample(
            16, couplings, 2, 1, 3, -1, -1, which, 7, again, count, NULL, NULL));
        REQUIRE(memcmp(spins, again, sizeof spins) == 0);
    }
    INTERRUPT(isingrg_ising_sample(
        16, couplings, 2, 1, 3, (int64_t)1 << 40, -1, ISINGRG_ISING_WOLFF, 7, spins, count, stop,
        NULL));
    REQUIRE(isingrg_ising_sample(16, couplings, 2, 1, many, 0, 1, 0, 7, spins, count, NULL, NULL)
        == ISINGRG_OUT_OF_MEMORY);
#define SAMPLE(size, k, n, chains, samples, thermalize, between, algorithm, spins, count) \
    isingrg_ising_sample( \
        size, k, n, chains, samples, thermalize, between, algorithm, 7, spins, count, NULL, NULL)
    REFUSE("even", SAMPLE(15, couplings, 2, 1, 3, -1, -1, 0, spins, count));
    REFUSE("size", SAMPLE(many, couplings, 2, 1, 3, -1, -1, 0, spins, count));
    REFUSE("couplings", SAMPLE(16, NULL, 2, 1, 3, -1, -1, 0, spins, count));
    REFUSE("finite", SAMPLE(16, not_finite, 2, 1, 3, -1, -1, 0, spins, count));
    REFUSE("n_couplings", SAMPLE(16, couplings, many, 1, 3, -1, -1, 0, spins, count));
    REFUSE("chains", SAMPLE(16, couplings, 2, -1, 3, -1, -1, 0, spins, count));
    REFUSE("samples", SAMPLE(16, couplings, 2, 1, 0, -1, -1, 0, spins, count));
    REFUSE("thermalize", SAMPLE(16, couplings, 2, 1, 3, INT64_MIN, -1, 0, spins, count));
    REFUSE("between", SAMPLE(16, couplings, 2, 1, 3, -1, 0, 0, spins, count));
    REFUSE("algorithm", SAMPLE(16, couplings, 2, 1, 3, -1, -1, 4, spins, count));
    REFUSE("spins", SAMPLE(16, couplings, 2, 1, 3, -1, -1, 0, NULL, count));
    REFUSE("spins", SAMPLE(16, couplings, 2, 1, 3, -1, -1, 0, spins, 5));
    REFUSE("spins", SAMPLE(16, couplings, 2, 1, 3, -1, -1, 0, spins, count - 1));
    REFUSE("spins", SAMPLE(16, couplings, 2, 1, 3, -1, -1, 0, spins, count + 1));
}

static void test_plan(void)
{
    int32_t chosen = 0;
    int64_t thermalize = 0, between = 0, many = INT64_MAX;
#define PLAN(size, k, chains, before, gap, algorithm) \
    isingrg_ising_plan( \
        size, k, chains, before, gap, algorithm, &chosen, &thermalize, &between)
    ACCEPT(PLAN(64, -0.3, 1, -1, 7, ISINGRG_ISING_AUTO));
    REQUIRE(chosen == ISINGRG_ISING_METROPOLIS && thermalize == 60 && between == 7);
    ACCEPT(PLAN(64, 0.44, 1, -1, -1, ISINGRG_ISING_AUTO));
    REQUIRE(chosen == ISINGRG_ISING_WOLFF && thermalize == 200 && between == 5);
    ACCEPT(PLAN(16384, 0.44, 1 << 24, 0, 1, ISINGRG_ISING_HEAT_BATH));
    REQUIRE(chosen == ISINGRG_ISING_HEAT_BATH && thermalize == 0 && between == 1);
    REFUSE("even", PLAN(15, 0.4, 1, -1, -1, 0));
    REFUSE("size", PLAN(many, 0.4, 1, -1, -1, 0));
    REFUSE("finite", PLAN(16, NAN, 1, -1, -1, 0));
    REFUSE("chains", PLAN(16, 0.4, 0, -1, -1, 0));
    REFUSE("thermalize", PLAN(16, 0.4, 1, INT64_MIN, -1, 0));
    REFUSE("between", PLAN(16, 0.4, 1, -1, 0, 0));
    REFUSE("algorithm", PLAN(16, 0.4, 1, -1, -1, 4));
    REFUSE("algorithm", PLAN(16, 0.4, 1, -1, -1, -2));
    REFUSE("chosen", isingrg_ising_plan(16, 0.4, 1, -1, -1, 0, NULL, &thermalize, &between));
    REFUSE("thermalize_sweeps", isingrg_ising_plan(16, 0.4, 1, -1, -1, 0, &chosen, NULL, &between));
    REFUSE("between_sweeps", isingrg_ising_plan(16, 0.4, 1, -1, -1, 0, &chosen, &thermalize, NULL));
}

static void test_observables(void)
{
    int8_t spins[2 * 4 * 4], blocked[2 * 2 * 2], wrong[16] = {3};
    double values[2];
    int calls[3] = {0};
    memset(spins, 1, sizeof spins);
#define ENERGY(spins, n, size, values) isingrg_ising_energy(spins, n, size, values, NULL, NULL)
#define MAGNETIZATION(spins, n, size, means) \
    isingrg_ising_magnetization(spins, n, size, means, NULL, NULL)
#define BLOCK(spins, n, size, factor, blocked) \
    isingrg_ising_block_spin(spins, n, size, factor, blocked, NULL, NULL)
    ACCEPT(ENERGY(spins, 2, 4, values));
    REQUIRE(values[0] == -32 && values[1] == -32);
    ACCEPT(MAGNETIZATION(spins, 2, 4, values));
    REQUIRE(values[1] == 1);
    ACCEPT(BLOCK(spins, 2, 4, 2, blocked));
    REQUIRE(blocked[7] == 1);
    ACCEPT(ENERGY(spins, 0, 4, values));
    REFUSE("spins", ENERGY(NULL, 2, 4, values));
    REFUSE("energies", ENERGY(spins, 2, 4, NULL));
    REFUSE("spin", ENERGY(wrong, 1, 4, values));
    REFUSE("n must", ENERGY(spins, INT64_MAX, 4, values));
    REFUSE("size", ENERGY(spins, 1, 0, values));
    REFUSE("means", MAGNETIZATION(spins, 2, 4, NULL));
    REFUSE("spin", MAGNETIZATION(wrong, 1, 4, values));
    REFUSE("size", MAGNETIZATION(spins, 2, INT64_MIN, values));
    REFUSE("blocked", BLOCK(spins, 2, 4, 2, NULL));
    REFUSE("spin", BLOCK(wrong, 1, 4, 2, blocked));
    REFUSE("factor", BLOCK(spins, 2, 4, 0, blocked));
    REQUIRE(BLOCK(spins, 2, 4, 3, blocked) == ISINGRG_INVALID_ARGUMENT);
    ACCEPT(isingrg_ising_energy(spins, 2, 4, values, count_calls, &calls[0]));
    ACCEPT(isingrg_ising_magnetization(spins, 2, 4, values, count_calls, &calls[1]));
    ACCEPT(isingrg_ising_block_spin(spins, 2, 4, 2, blocked, count_calls, &calls[2]));
    REQUIRE(calls[0] >= 1 && calls[1] >= 1 && calls[2] >= 1);
    INTERRUPT(isingrg_ising_energy(spins, 2, 4, values, stop, NULL));
    INTERRUPT(isingrg_ising_magnetization(spins, 2, 4, values, stop, NULL));
    INTERRUPT(isingrg_ising_block_spin(spins, 2, 4, 2, blocked, stop, NULL));
}

static void test_exact(void)
{
    double couplings[2] = {0.4406867935, 99}, wrong = INFINITY, negative = -0.4, cold = -10;
    double a[2], b[2], c[2], d[2];
    int calls[2] = {0};
#define TORUS(size, couplings, n, partition, energy, capacity) \
    isingrg_ising_exact_torus(size, couplings, n, partition, energy, capacity, NULL, NULL)
#define BULK(couplings, n, partition, energy, heat, magnetization) \
    isingrg_ising_exact_bulk(couplings, n, partition, energy, heat, magnetization, NULL, NULL)
    ACCEPT(TORUS(16, couplings, 2, a, b, c));
    REQUIRE(fabs(a[0] - 238.64225663) < 1e-6);
    ACCEPT(TORUS(16, couplings, 1, a, NULL, NULL));
    ACCEPT(TORUS(10, &cold, 1, a, b, c));
    REQUIRE(b[0] == 200 && fabs(c[0] / 1.155105e-29 - 1) < 1e-6);
    ACCEPT(TORUS(16, couplings, 0, NULL, NULL, NULL));
    REFUSE("couplings", TORUS(16, NULL, 1, a, b, c));
    REFUSE("size", TORUS(4097, couplings, 1, a, b, c));
    REFUSE("n must", TORUS(16, couplings, -1, a, b, c));
    REFUSE("finite", TORUS(16, &wrong, 1, a, b, c));
    REQUIRE(TORUS(3, &negative, 1, a, b, c) == ISINGRG_INVALID_ARGUMENT);
    ACCEPT(BULK(couplings, 2, a, b, c, d));
    REQUIRE(a[0] < -0.9 && d[1] == 1);
    ACCEPT(BULK(couplings, 2, NULL, NULL, NULL, NULL));
    REFUSE("couplings", BULK(NULL, 2, a, b, c, d));
    REFUSE("n must", BULK(couplings, INT64_MAX, a, b, c, d));
    REFUSE("finite", BULK(&wrong, 1, a, b, c, d));
    ACCEPT(isingrg_ising_exact_torus(16, couplings, 2, a, b, c, count_calls, &calls[0]));
    ACCEPT(isingrg_ising_exact_bulk(couplings, 2, a, b, c, d, count_calls, &calls[1]));
    REQUIRE(calls[0] >= 1 && calls[1] >= 1);
    INTERRUPT(isingrg_ising_exact_torus(16, couplings, 2, a, b, c, stop, NULL));
    INTERRUPT(isingrg_ising_exact_bulk(couplings, 2, a, b, c, d, stop, NULL));
}

static void test_autocorrelation(void)
{
    static double series[2 * 500];
    double time;
    uint32_t word = 1;  /* of a linear congruential generator */
    for (int i = 0; i < 1000; ++i) series[i] = word = 1664525 * word + 1013904223;
    ACCEPT(isingrg_ising_autocorrelation_time(series, 2, 500, &time, NULL, NULL));
    REQUIRE(time > 0.5 && time < 2);
    INTERRUPT(isingrg_ising_autocorrelation_time(series, 2, 500, &time, stop, NULL));
    for (int i = 0; i < 1000; ++i) series[i] = i;
    REQUIRE(isingrg_ising_autocorrelation_time(series, 2, 500, &time, NULL, NULL)
        == ISINGRG_NOT_CONVERGED);
    series[3] = NAN;
    REQUIRE(isingrg_ising_autocorrelation_time(series, 2, 500, &time, NULL, NULL)
        == ISINGRG_NON_FINITE);
    REFUSE("series", isingrg_ising_autocorrelation_time(NULL, 2, 500, &time, NULL, NULL));
    REFUSE("time", isingrg_ising_autocorrelation_time(series, 2, 500, NULL, NULL, NULL));
    REQUIRE(isingrg_ising_autocorrelation_time(series, INT64_MAX, 500, &time, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_ising_autocorrelation_time(series, 2, 0, &time, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
}

void test_ising(void)
{
    test_sample();
    test_plan();
    test_observables();
    test_exact();
    test_autocorrelation();
}
