/* Calls of Monte Carlo renormalization. */
#include "abi.h"

/* Products of one to four spins near each other. */
static isingrg_mcrg_operators some_operators(void)
{
    isingrg_mcrg_operators operators;
    int64_t n_operators = amount(1, 3), n_terms = amount(0, 4);
    int64_t spins_each = 1 + pick(4);
    int64_t terms = rows(n_terms, 1);
    int32_t *owners = output(terms, sizeof *owners);
    int32_t *starts = output(terms + 1, sizeof *starts);
    int32_t *points = output(rows(terms, 3 * spins_each), sizeof *points);
    for (int64_t k = 0; owners != NULL && k < terms; ++k)
        owners[k] = n_operators > 0 && n_operators < 8 ? (int32_t)(k % n_operators) : choice(3);
    for (int64_t k = 0; starts != NULL && k <= terms; ++k) starts[k] = (int32_t)(k * spins_each);
    for (int64_t k = 0; points != NULL && k < rows(terms, 3 * spins_each); ++k)
        points[k] = k % 3 == 2 ? 0 : (int32_t)(k % 5) - 2;
    if (seldom() && points != NULL && terms > 0) points[0] = choice(200);
    if (seldom() && starts != NULL && terms > 0) starts[0] = choice(9);
    operators.n_operators = n_operators;
    operators.n_terms = n_terms;
    operators.term_operators = owners;
    operators.term_starts = starts;
    operators.points = points;
    return operators;
}

static isingrg_mcrg_rule some_rule(int64_t dimension)
{
    isingrg_mcrg_rule rule;
    rule.kind = choice(3);
    rule.width = small(2, 5);
    int64_t square = rows(rule.width, rule.width);
    rule.weights = numbers(dimension == 3 ? rows(square, rule.width) : square, 1);
    return rule;
}

static int64_t volume(int64_t dimension, int64_t size)
{
    int64_t square = rows(size, size);
    return dimension == 3 ? rows(square, size) : square;
}

static void call_biased(void)
{
    int64_t size = pick(2) == 0 ? 8 : amount(1, 12), factor = amount(2, 3), levels = amount(1, 2);
    isingrg_mcrg_operators operators = some_operators();
    double coupling = number(0.4);
    double *bias = next_byte() % 4 == 0 ? NULL : numbers(rows(operators.n_operators, 1), 1);
    int64_t walkers = amount(1, 3), n_samples = amount(1, 2), n_between = amount(1, 2);
    uint64_t seed = next_word();
    int64_t first = amount(0, 9);
    int64_t exact = rows(walkers, rows(size, size)), blocks = 0;
    for (int64_t level = 0, width = size; level < levels && level < 3 && factor > 1; ++level) {
        width /= factor;
        blocks += rows(width, width);
    }
    int8_t *all = spins(exact);
    int64_t spins_count = elements(exact);
    int64_t ties_exact = rows(walkers, blocks);
    int8_t *ties = spins(ties_exact);
    int64_t ties_count = elements(ties_exact);
    int64_t measured = rows(rows(walkers, n_samples), operators.n_operators);
    double *fine = space(measured), *coarse = space(measured);
    isingrg_progress function = progress();
    end_call(isingrg_mcrg_biased_sample(
        size, factor, levels, &operators, coupling, bias, walkers, n_samples, n_between, seed, first,
        all, spins_count, ties, ties_count, fine, coarse, function, NULL));
}

void call_mcrg(void)
{
    int32_t which = pick(3);
    if (which == 2) {
        call_biased();
        return;
    }
    int64_t dimension = amount(2, 3), n = amount(0, 3);
    int64_t size = pick(2) == 0 ? 4 : amount(1, 9), factor = amount(2, 3), levels = amount(0, 2);
    isingrg_mcrg_rule rule = some_rule(dimension);
    const isingrg_mcrg_rule *given = next_byte() % 4 == 0 ? NULL : &rule;
    int8_t *all = spins(rows(n, volume(dimension, size)));
    uint64_t seed = next_word();
    int64_t first = amount(0, 9);
    if (which == 0) {
        isingrg_mcrg_operators operators = some_operators();
        double *sums = space(rows(rows(n, levels + 1), operators.n_operators));
        isingrg_progress function = progress();
        end_call(isingrg_mcrg_measure(
            all, n, dimension, size, factor, levels, given, &operators, seed, first, sums, function,
            NULL));
        return;
    }
    int64_t width = size;
    for (int64_t level = 0; level < levels && level < 3 && factor > 1; ++level) width /= factor;
    int8_t *blocked = output(rows(n, volume(dimension, width)), 1);
    isingrg_progress function = progress();
    end_call(isingrg_mcrg_block(
        all, n, dimension, size, factor, levels, given, seed, first, blocked, function, NULL));
}
