/* Calls on spins of q states. */
#include "abi.h"

enum { MOST_STATES = 10 };

/* The cyclic group with a kernel of its own, seldom with other numbers in them. */
static isingrg_internal_symmetry group(void)
{
    isingrg_internal_symmetry result = {.n_kernels = 1, .n_generators = 1};
    result.q = small(2, 4);
    int32_t q = result.q >= 2 && result.q <= MOST_STATES ? result.q : 2;
    double *kernels = output(MOST_STATES * MOST_STATES, sizeof(double));
    int32_t *generators = output(MOST_STATES, sizeof(int32_t));
    for (int i = 0; kernels != NULL && i < q * q; ++i)
        kernels[i] = seldom() ? number(1) : i % (q + 1) == 0;
    for (int i = 0; generators != NULL && i < q; ++i)
        generators[i] = seldom() ? small(0, 3) : (i + 1) % q;
    result.kernels = kernels;
    result.generators = generators;
    return result;
}

static const char *places(void)
{
    static const char *const names[] = {"A1", "2A1", "E", "P4+", "9A1", ""};
    return names[pick(6)];
}

static int64_t count_couplings(
    const isingrg_internal_symmetry *symmetry, const char *name, int32_t frame)
{
    int32_t count = 1;
    return isingrg_mlrg_state_couplings(symmetry, name, frame, NULL, 0, &count) == ISINGRG_OK
        ? count : 1;
}

static void call_couplings(const isingrg_internal_symmetry *symmetry, const char *name, int32_t frame)
{
    int32_t *count = output(1, sizeof(int32_t));
    int64_t capacity = amount(0, 20);
    int32_t *couplings = output(capacity > 0 && capacity <= 21 ? capacity : 1, sizeof(int32_t));
    end_call(isingrg_mlrg_state_couplings(
        symmetry, name, frame, capacity <= 21 ? couplings : NULL, capacity, count));
}

static void call_divergence(
    const isingrg_internal_symmetry *symmetry, const char *name, int32_t frame)
{
    int64_t n = amount(0, 3), total = rows(n, count_couplings(symmetry, name, frame));
    double *teacher = numbers(total, 1);
    double *student = numbers(total, 1);
    double *directions = numbers(total, 1);
    double *divergence = space(rows(n, 1));
    double *gradient = space(total);
    double *products = space(total);
    isingrg_progress function = progress();
    end_call(isingrg_mlrg_state_divergence(
        symmetry, name, frame, teacher, student, directions, n, divergence, gradient, products,
        function, NULL));
}

static void call_map(const isingrg_internal_symmetry *symmetry, const char *name, int32_t frame)
{
    int64_t n = amount(0, 1), total = rows(n, count_couplings(symmetry, name, frame));
    double *couplings = numbers(total, 1);
    int32_t starts = small(1, 2);
    double *renormalized = space(total);
    double *divergence = space(rows(n, 1));
    double *norm = space(rows(n, 1));
    double *counts = space(rows(n, 2));
    isingrg_progress function = progress();
    end_call(isingrg_mlrg_state_exact_map(
        symmetry, name, frame, couplings, n, starts, next_word(), renormalized, divergence, norm,
        counts, function, NULL));
}

static void call_tensor(const isingrg_internal_symmetry *symmetry, const char *name, int32_t frame)
{
    int32_t machine = choice(2);
    int64_t n = amount(0, 2), states = symmetry->q >= 2 && symmetry->q <= MOST_STATES ? symmetry->q : 1;
    if (name[0] == '2') states *= states;
    double *couplings = numbers(rows(n, count_couplings(symmetry, name, frame)), 1);
    int64_t count = elements(rows(n, states * states * states * states));
    double *logarithms = count >= 0 && count <= 1 << 18 ? space(count) : NULL;
    isingrg_progress function = progress();
    end_call(isingrg_mlrg_state_tensor(
        symmetry, name, frame, machine, couplings, n, logarithms, count, function, NULL));
}

void call_states(void)
{
    static void (*const calls[])(const isingrg_internal_symmetry *, const char *, int32_t) = {
        call_couplings, call_divergence, call_map, call_tensor};
    isingrg_internal_symmetry symmetry = group();
    const char *name = places();
    int32_t frame = choice(2);
    calls[pick(4)](&symmetry, name, frame);
}
