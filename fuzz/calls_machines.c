/* Calls about representations, Boltzmann machines and exact RG maps: those that need no model. */
#include "abi.h"

static void call_representation(void)
{
    const char *name = representation(5);
    int32_t frame = choice(2);
    int32_t *count = output(1, sizeof(int32_t));
    end_call(isingrg_mlrg_coupling_count(name, frame, count));
    int64_t exact = 2 * coupling_count(name, frame);
    int32_t *components = output(exact, sizeof(int32_t));
    int64_t given = elements(exact);
    end_call(isingrg_mlrg_couplings(name, frame, components, given));
}

static void call_weights(void)
{
    const char *name = representation(5);
    int32_t frame = choice(2), machine = choice(2);
    double *couplings = numbers(coupling_count(name, frame), 2);
    int64_t m = pick(5) + 1; /* components, perhaps a wrong number */
    int64_t exact = (machine == ISINGRG_MLRG_TEACHER ? 16 : 4) * m * m;
    double *weights = space(exact);
    end_call(isingrg_mlrg_weights(name, frame, machine, couplings, weights, exact));
}

static void call_tensor(void)
{
    const char *name = representation(3);
    int32_t frame = choice(2), machine = choice(2);
    int64_t n = amount(0, 3), m = pick(3) + 1;
    double *couplings = numbers(rows(n, coupling_count(name, frame)), 2);
    int64_t exact = rows(n, INT64_C(1) << (4 * m));
    double *logarithms = space(exact);
    int64_t count = elements(exact);
    isingrg_progress function = progress();
    end_call(isingrg_mlrg_boltzmann_tensor(
        name, frame, machine, couplings, n, logarithms, count, function, NULL));
}

static void call_divergence(void)
{
    const char *name = representation(3);
    int32_t frame = choice(2);
    int64_t n = amount(0, 3), count = rows(n, coupling_count(name, frame));
    double *teacher = numbers(count, 2);
    double *student = numbers(count, 2);
    double *directions = numbers(count, 2);
    double *divergence = space(rows(n, 1));
    double *vectors = space(count);
    isingrg_progress function = progress();
    if (next_byte() % 2 == 0)
        end_call(isingrg_mlrg_divergence(
            name, frame, teacher, student, n, divergence, vectors, function, NULL));
    else
        end_call(isingrg_mlrg_divergence_hessian(
            name, frame, teacher, student, directions, n, divergence, vectors, function, NULL));
}

static void call_minimum(void)
{
    bool is_map = next_byte() % 2 == 0;
    const char *name = representation(is_map ? 2 : 3);
    int32_t frame = choice(2), starts = small(1, 2);
    int64_t n = amount(0, 2), c = is_map ? coupling_count(name, frame) : 1;
    double *couplings = numbers(rows(n, c), 2);
    double *students = space(rows(n, c));
    double *divergence = space(rows(n, 1));
    double *norms = space(rows(n, 1));
    double *counts = space(rows(n, 2));
    uint64_t seed = next_word();
    isingrg_progress function = progress();
    if (is_map)
        end_call(isingrg_mlrg_exact_map(
            name, frame, couplings, n, starts, seed, students, divergence, norms, counts, function,
            NULL));
    else
        end_call(isingrg_mlrg_minimum_divergence(
            name, couplings, n, starts, seed, divergence, function, NULL));
}

static void call_loop(void)
{
    const char *name = representation(2);
    int32_t divergence = choice(3);
    int32_t *count = output(1, sizeof(int32_t));
    int64_t capacity = amount(0, 40);
    int32_t *terms = output(capacity > 0 && capacity <= 41 ? capacity : 1, sizeof(int32_t));
    end_call(isingrg_mlrg_loop_terms(name, capacity <= 41 ? terms : NULL, capacity, count));
    int64_t n = amount(0, 3), elements = rows(n, loop_coupling_count(name));
    double *teacher = numbers(elements, 2);
    double *student = numbers(elements, 2);
    double *distance = space(rows(n, 1));
    double *gradient = space(elements);
    isingrg_progress function = progress();
    end_call(isingrg_mlrg_loop_distance(
        name, divergence, teacher, student, n, distance, gradient, function, NULL));
}

void call_machines(void)
{
    static void (*const calls[])(void) = {
        call_representation, call_weights, call_tensor, call_divergence, call_minimum, call_loop};
    calls[pick(6)]();
}
