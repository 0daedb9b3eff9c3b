#include "driver.h"

/* Nearest neighbours, and the spin itself. */
static const int32_t owners[] = {0, 0, 1}, starts[] = {0, 2, 4, 5};
static const int32_t points[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
static const isingrg_mcrg_operators operators = {2, 3, owners, starts, points};

#define MEASURE(spins, n, d, size, b, levels, rule, operators, sums) \
    isingrg_mcrg_measure( \
        spins, n, d, size, b, levels, rule, operators, 1, 0, sums, NULL, NULL)
#define BLOCK(spins, n, d, size, b, levels, rule, blocked) \
    isingrg_mcrg_block(spins, n, d, size, b, levels, rule, 1, 0, blocked, NULL, NULL)

static void test_measure(void)
{
    int8_t spins[2 * 64], blocked[2 * 16];
    double sums[2 * 2 * 2], weights[4] = {1, 1, 1, NAN};
    int calls = 0;
    memset(spins, 1, sizeof spins);
    spins[0] = -1;
    ACCEPT(isingrg_mcrg_measure(
        spins, 2, 2, 8, 2, 1, NULL, &operators, 1, 0, sums, count_calls, &calls));
    REQUIRE(calls >= 1 && sums[0] == 128 - 8 && sums[1] == 62 && sums[2] == 32 && sums[3] == 16);
    REQUIRE(sums[4] == 128 && sums[5] == 64);
    ACCEPT(BLOCK(spins, 2, 2, 8, 2, 1, NULL, blocked));
    REQUIRE(blocked[0] == 1 && blocked[31] == 1);
    ACCEPT(BLOCK(spins, 1, 3, 4, 2, 2, NULL, blocked));
    INTERRUPT(isingrg_mcrg_measure(
        spins, 2, 2, 8, 2, 1, NULL, &operators, 1, 0, sums, stop, NULL));
    INTERRUPT(isingrg_mcrg_block(spins, 2, 2, 8, 2, 1, NULL, 1, 0, blocked, stop, NULL));
    REFUSE("spins", MEASURE(NULL, 2, 2, 8, 2, 1, NULL, &operators, sums));
    REFUSE("sums", MEASURE(spins, 2, 2, 8, 2, 1, NULL, &operators, NULL));
    REFUSE("operators", MEASURE(spins, 2, 2, 8, 2, 1, NULL, NULL, sums));
    REFUSE("dimension", MEASURE(spins, 2, 4, 8, 2, 1, NULL, &operators, sums));
    REFUSE("size", MEASURE(spins, 2, 2, 0, 2, 1, NULL, &operators, sums));
    REFUSE("size", MEASURE(spins, 0, 3, 1025, 2, 0, NULL, &operators, sums));
    REFUSE("factor", MEASURE(spins, 2, 2, 8, 1, 1, NULL, &operators, sums));
    REFUSE("levels", MEASURE(spins, 2, 2, 8, 2, 17, NULL, &operators, sums));
    REFUSE("divided", MEASURE(spins, 2, 2, 8, 3, 1, NULL, &operators, sums));
    REFUSE("n must", MEASURE(spins, INT64_MAX, 2, 8, 2, 1, NULL, &operators, sums));
    REFUSE("first", isingrg_mcrg_measure(
        spins, 2, 2, 8, 2, 1, NULL, &operators, 1, -1, sums, NULL, NULL));
    isingrg_mcrg_rule rule = {ISINGRG_MCRG_FILTER, 2, weights};
    REFUSE("weights", BLOCK(spins, 2, 2, 8, 2, 1, &rule, blocked));
    weights[3] = 1;
    ACCEPT(BLOCK(spins, 2, 2, 8, 2, 1, &rule, blocked));
    rule.width = 3;
    REFUSE("width", BLOCK(spins, 2, 2, 8, 2, 1, &rule, blocked));
    rule = (isingrg_mcrg_rule){3, 2, weights};
    REFUSE("kind", BLOCK(spins, 2, 2, 8, 2, 1, &rule, blocked));
    rule = (isingrg_mcrg_rule){ISINGRG_MCRG_SHARP_FILTER, 2, NULL};
    REFUSE("weights", BLOCK(spins, 2, 2, 8, 2, 1, &rule, blocked));
    REFUSE("blocked", BLOCK(spins, 2, 2, 8, 2, 1, NULL, NULL));
    spins[5] = 0;
    REFUSE("spin 5", BLOCK(spins, 2, 2, 8, 2, 1, NULL, blocked));
    spins[5] = 1;
    isingrg_mcrg_operators wrong = operators;
    wrong.n_operators = 1;
    REFUSE("operator", MEASURE(spins, 2, 2, 8, 2, 1, NULL, &wrong, sums));
    wrong = operators;
    wrong.n_terms = INT64_MAX;
    REFUSE("n_terms", MEASURE(spins, 2, 2, 8, 2, 1, NULL, &wrong, sums));
    const int32_t falling[] = {0, 2, 1, 5}, far[15] = {65};
    wrong = operators;
    wrong.term_starts = falling;
    REFUSE("term_starts", MEASURE(spins, 2, 2, 8, 2, 1, NULL, &wrong, sums));
    wrong = operators;
    wrong.points = far;
    REFUSE("points", MEASURE(spins, 2, 2, 8, 2, 1, NULL, &wrong, sums));
    wrong.points = NULL;
    REFUSE("points", MEASURE(spins, 2, 2, 8, 2, 1, NULL, &wrong, sums));
}

#define BIASED(size, levels, operators, K, bias, walkers, samples, between, first, spins, n, ties, m) \
    isingrg_mcrg_biased_sample( \
        size, 2, levels, operators, K, bias, walkers, samples, between, 1, first, spins, n, ties, m, \
        fine, coarse, NULL, NULL)

static void test_biased(void)
{
    /* Two walkers on 4 x 4 spins with 2 x 2 blocks. */
    int8_t spins[32], ties[8];
    double bias[2] = {0.1, 0}, fine[12], coarse[12];
    int calls = 0;
    memset(spins, 1, sizeof spins);
    memset(ties, 1, sizeof ties);
    ACCEPT(isingrg_mcrg_biased_sample(
        4, 2, 1, &operators, 0.4, bias, 2, 3, 2, 1, 0, spins, 32, ties, 8, fine, coarse, count_calls,
        &calls));
    REQUIRE(calls >= 1 && fabs(fine[0]) <= 32 && fabs(coarse[0]) <= 8 && fabs(coarse[1]) <= 4);
    memset(spins, 1, sizeof spins);
    ACCEPT(BIASED(4, 1, &operators, 0.4, NULL, 2, 3, 2, 0, spins, 32, ties, 8));
    for (int k = 0; k < 6; ++k) REQUIRE(coarse[2 * k + 1] == 4); /* the blocks stay */
    INTERRUPT(isingrg_mcrg_biased_sample(
        4, 2, 1, &operators, 0.4, bias, 2, 3, 2, 1, 0, spins, 32, ties, 8, fine, coarse, stop, NULL));
    REFUSE("two blocks", BIASED(2, 1, &operators, 0.4, bias, 2, 3, 2, 0, spins, 8, ties, 2));
    REFUSE("level", BIASED(4, 0, &operators, 0.4, bias, 2, 3, 2, 0, spins, 32, ties, 8));
    REFUSE("operators", BIASED(4, 1, NULL, 0.4, bias, 2, 3, 2, 0, spins, 32, ties, 8));
    REFUSE("coupling", BIASED(4, 1, &operators, NAN, bias, 2, 3, 2, 0, spins, 32, ties, 8));
    REFUSE("walkers", BIASED(4, 1, &operators, 0.4, bias, 0, 3, 2, 0, spins, 32, ties, 8));
    REFUSE("n_samples", BIASED(4, 1, &operators, 0.4, bias, 2, 0, 2, 0, spins, 32, ties, 8));
    REFUSE("n_between", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 0, 0, spins, 32, ties, 8));
    REFUSE("first", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 2, -1, spins, 32, ties, 8));
    REFUSE("32 and 8", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 2, 0, spins, 31, ties, 8));
    REFUSE("32 and 8", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 2, 0, spins, 32, ties, 9));
    REFUSE("spins", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 2, 0, NULL, 32, ties, 8));
    REFUSE("ties", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 2, 0, spins, 32, NULL, 8));
    bias[1] = INFINITY;
    REFUSE("bias", BIASED(4, 1, &operators, 0.4, bias, 2, 3, 2, 0, spins, 32, ties, 8));
}

void test_mcrg(void)
{
    test_measure();
    test_biased();
}
