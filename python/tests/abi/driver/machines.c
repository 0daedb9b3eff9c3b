#include "driver.h"

enum { C = ISINGRG_MLRG_CONSISTENT };

static void test_representations(void)
{
    int32_t count = 0, components[10];
    ACCEPT(isingrg_mlrg_coupling_count("A1", C, &count));
    REQUIRE(count == 1);
    ACCEPT(isingrg_mlrg_couplings("A1", C, components, 2));
    REQUIRE(components[0] == 0 && components[1] == 0);
    REFUSE("representation", isingrg_mlrg_coupling_count(NULL, C, &count));
    REFUSE("representation", isingrg_mlrg_coupling_count("\xff", C, &count));
    REFUSE("representation", isingrg_mlrg_coupling_count("99999999999999999999A1", C, &count));
    REFUSE("components", isingrg_mlrg_coupling_count("3E", C, &count));
    REFUSE("no couplings", isingrg_mlrg_coupling_count("B1", C, &count));
    REFUSE("frame", isingrg_mlrg_coupling_count("A1", 2, &count));
    REFUSE("count", isingrg_mlrg_coupling_count("A1", C, NULL));
    REFUSE("components", isingrg_mlrg_couplings("A1", C, NULL, 2));
    REFUSE("components", isingrg_mlrg_couplings("A1", C, components, INT64_MAX));
}

static void test_weights(void)
{
    double coupling = 0.5, wrong = NAN, weights[16], logarithms[2 * 16];
    double couplings[2] = {0.5, -0.5};
    int calls = 0;
    ACCEPT(isingrg_mlrg_weights("A1", C, ISINGRG_MLRG_STUDENT, &coupling, weights, 4));
    ACCEPT(isingrg_mlrg_weights("A1", C, ISINGRG_MLRG_TEACHER, &coupling, weights, 16));
    REFUSE("machine", isingrg_mlrg_weights("A1", C, 2, &coupling, weights, 16));
    REFUSE("couplings", isingrg_mlrg_weights("A1", C, 0, NULL, weights, 16));
    REFUSE("finite", isingrg_mlrg_weights("A1", C, 0, &wrong, weights, 16));
    REFUSE("weights", isingrg_mlrg_weights("A1", C, 0, &coupling, NULL, 16));
    REFUSE("weights", isingrg_mlrg_weights("A1", C, 0, &coupling, weights, 4));
#define TENSOR(machine, couplings, n, logarithms, count) \
    isingrg_mlrg_boltzmann_tensor( \
        "A1", C, machine, couplings, n, logarithms, count, NULL, NULL)
    ACCEPT(TENSOR(0, couplings, 2, logarithms, 32));
    ACCEPT(TENSOR(1, couplings, 0, logarithms, 0));
    REFUSE("n must", TENSOR(0, couplings, -1, logarithms, 32));
    REFUSE("elements", TENSOR(0, couplings, 2, logarithms, 31));
    REFUSE("finite", TENSOR(0, &wrong, 1, logarithms, 16));
    REFUSE("logarithms", TENSOR(0, couplings, 2, NULL, 32));
    ACCEPT(isingrg_mlrg_boltzmann_tensor(
        "A1", C, 0, couplings, 2, logarithms, 32, count_calls, &calls));
    REQUIRE(calls >= 1);
    INTERRUPT(isingrg_mlrg_boltzmann_tensor(
        "A1", C, 0, couplings, 2, logarithms, 32, stop, NULL));
}

static void test_loops(void)
{
    int32_t count = 0, terms[31];
    ACCEPT(isingrg_mlrg_loop_terms("A1", terms, 31, &count));
    REQUIRE(count == 3 && terms[0] == 6 && terms[1] == 5 && terms[2] == 3);
    ACCEPT(isingrg_mlrg_loop_terms("2A1", NULL, 0, &count));
    REQUIRE(count == 31);
    REFUSE("representation", isingrg_mlrg_loop_terms("E", terms, 31, &count));
    REFUSE("capacity", isingrg_mlrg_loop_terms("2A1", terms, 30, &count));
    REFUSE("terms", isingrg_mlrg_loop_terms("A1", NULL, 3, &count));
    REFUSE("count", isingrg_mlrg_loop_terms("A1", terms, 3, NULL));
    double teacher[3] = {0.5, 0.5, 0}, student[3] = {0.2, 0.5, 0.1}, strong[3] = {11, 0, 0};
    double distance = -1, gradient[3];
    int calls = 0;
#define DISTANCE(name, divergence, teacher, student, n, distance) \
    isingrg_mlrg_loop_distance( \
        name, divergence, teacher, student, n, distance, gradient, count_calls, &calls)
    ACCEPT(DISTANCE("A1", ISINGRG_MLRG_KL, teacher, student, 1, &distance));
    REQUIRE(calls >= 1 && distance > 0);
    ACCEPT(DISTANCE("A1", ISINGRG_MLRG_L2, teacher, student, 0, &distance));
    REFUSE("divergence", DISTANCE("A1", ISINGRG_MLRG_CD, teacher, student, 1, &distance));
    REFUSE("divergence", DISTANCE("A1", 3, teacher, student, 1, &distance));
    REFUSE("teacher", DISTANCE("A1", 0, strong, student, 1, &distance));
    REFUSE("student", DISTANCE("A1", 0, teacher, NULL, 1, &distance));
    REFUSE("n must", DISTANCE("A1", 0, teacher, student, -1, &distance));
    REFUSE("distance", DISTANCE("A1", 0, teacher, student, 1, NULL));
    INTERRUPT(isingrg_mlrg_loop_distance(
        "A1", 0, teacher, student, 1, &distance, NULL, stop, NULL));
}

static void test_divergences(void)
{
    double teacher[2] = {0.6, 0.9}, student[2] = {0.5, 1e308}, wrong[2] = {0.1, INFINITY};
    double divergence[2], gradient[2];
    int calls = 0;
    ACCEPT(isingrg_mlrg_divergence(
        "A1", C, teacher, student, 2, divergence, gradient, count_calls, &calls));
    REQUIRE(calls >= 1 && divergence[0] > 0);
    ACCEPT(isingrg_mlrg_divergence("A1", C, teacher, student, 2, divergence, NULL, NULL, NULL));
    INTERRUPT(isingrg_mlrg_divergence(
        "A1", C, teacher, student, 2, divergence, NULL, stop, NULL));
#define DIVERGENCE(teacher, student, n, divergence) \
    isingrg_mlrg_divergence("A1", C, teacher, student, n, divergence, NULL, NULL, NULL)
    REFUSE("teacher", DIVERGENCE(NULL, student, 2, divergence));
    REFUSE("student", DIVERGENCE(teacher, wrong, 2, divergence));
    REFUSE("divergence", DIVERGENCE(teacher, student, 2, NULL));
    REFUSE("n must", DIVERGENCE(teacher, student, INT64_MIN, divergence));
    ACCEPT(isingrg_mlrg_divergence_hessian(
        "A1", C, teacher, teacher, student, 1, divergence, gradient, NULL, NULL));
    INTERRUPT(isingrg_mlrg_divergence_hessian(
        "A1", C, teacher, teacher, student, 1, divergence, gradient, stop, NULL));
    REFUSE("directions", isingrg_mlrg_divergence_hessian(
        "A1", C, teacher, student, NULL, 2, divergence, gradient, NULL, NULL));
    REFUSE("products", isingrg_mlrg_divergence_hessian(
        "A1", C, teacher, student, teacher, 2, divergence, NULL, NULL, NULL));
}

static void test_minima(void)
{
    double couplings[2] = {0.6, 0.9}, wrong[2] = {0.6, 4.5};
    double students[2], divergence[2], norms[2], counts[4];
    ACCEPT(isingrg_mlrg_exact_map(
        "A1", C, couplings, 2, 2, 1, students, divergence, norms, counts, NULL, NULL));
    REQUIRE(fabs(students[0] - 0.55062795) < 1e-7 && fabs(students[1] - 0.93528639) < 1e-7);
    ACCEPT(isingrg_mlrg_exact_map(
        "A1", C, couplings, 2, 2, 1, students, NULL, NULL, NULL, NULL, NULL));
    INTERRUPT(isingrg_mlrg_exact_map(
        "A1", C, couplings, 2, 2, 1, students, NULL, NULL, NULL, stop, NULL));
    REFUSE("couplings", isingrg_mlrg_exact_map(
        "A1", C, wrong, 2, 2, 1, students, NULL, NULL, NULL, NULL, NULL));
    REFUSE("starts", isingrg_mlrg_exact_map(
        "A1", C, couplings, 2, 0, 1, students, NULL, NULL, NULL, NULL, NULL));
    REFUSE("renormalized", isingrg_mlrg_exact_map(
        "A1", C, couplings, 2, 2, 1, NULL, NULL, NULL, NULL, NULL, NULL));
    ACCEPT(isingrg_mlrg_minimum_divergence("A1", couplings, 2, 2, 1, divergence, NULL, NULL));
    INTERRUPT(isingrg_mlrg_minimum_divergence("A1", couplings, 2, 2, 1, divergence, stop, NULL));
    REFUSE("divergence", isingrg_mlrg_minimum_divergence("A1", couplings, 2, 2, 1, NULL, NULL, 0));
    REFUSE("couplings", isingrg_mlrg_minimum_divergence("A1", wrong, 2, 2, 1, divergence, NULL, 0));
    REFUSE("starts", isingrg_mlrg_minimum_divergence(
        "A1", couplings, 2, INT32_MAX, 1, divergence, NULL, NULL));
}

void test_machines(void)
{
    test_representations();
    test_weights();
    test_loops();
    test_divergences();
    test_minima();
}
