#include "driver.h"

/* T of a student with weights 1 on the permitted entries: T = 2 where the charges multiply to 1. */
static void fill(double *teacher, double *student)
{
    for (int i = 0; i < 16; ++i)
        teacher[i] = ((i & 1) + (i >> 1 & 1) + (i >> 2 & 1) + (i >> 3 & 1)) % 2 == 0 ? 1 : 0;
    for (int i = 0; i < 8; ++i)
        student[i] = ((i & 1) + (i >> 1 & 1) + (i >> 2 & 1)) % 2 == 0 ? 0.9 + 0.01 * i : 0;
}

#define ARGUMENTS teacher, 2, 1, student, 2, 1, 1e-5

static void test_cost(void)
{
    double teacher[16], student[8], gradient[8], hessian[16], cost = -1, wrong = NAN;
    int calls = 0;
    fill(teacher, student);
    ACCEPT(isingrg_tensorrg_loop_cost(ARGUMENTS, &cost, gradient));
    REQUIRE(cost > 0 && cost < 1 && gradient[0] != 0 && gradient[1] == 0);
#define COST(teacher, n, even_n, student, chi, even_chi, mu) \
    isingrg_tensorrg_loop_cost( \
        teacher, n, even_n, student, chi, even_chi, mu, &cost, gradient)
    REFUSE("teacher", COST(NULL, 2, 1, student, 2, 1, 0));
    REFUSE("teacher", COST(&wrong, 1, 1, student, 2, 1, 0));
    REFUSE("legs", COST(teacher, 0, 0, student, 2, 1, 0));
    REFUSE("legs", COST(teacher, 65, 1, student, 2, 1, 0));
    REFUSE("even_legs", COST(teacher, 2, 3, student, 2, 1, 0));
    REFUSE("even_legs", COST(teacher, 2, -1, student, 2, 1, 0));
    REFUSE("student", COST(teacher, 2, 1, NULL, 2, 1, 0));
    REFUSE("student", COST(teacher, 1, 1, &wrong, 1, 1, 0));
    REFUSE("bonds", COST(teacher, 2, 1, student, INT64_MAX, 1, 0));
    REFUSE("even_bonds", COST(teacher, 2, 1, student, 2, 3, 0));
    REFUSE("mu", COST(teacher, 2, 1, student, 2, 1, -1));
    REFUSE("mu", COST(teacher, 2, 1, student, 2, 1, NAN));
    REFUSE("cost", isingrg_tensorrg_loop_cost(ARGUMENTS, NULL, gradient));
    REFUSE("gradient", isingrg_tensorrg_loop_cost(ARGUMENTS, &cost, NULL));
    memset(teacher, 0, sizeof teacher);
    REQUIRE(isingrg_tensorrg_loop_cost(ARGUMENTS, &cost, gradient) == ISINGRG_NON_FINITE);
    fill(teacher, student);
    ACCEPT(isingrg_tensorrg_loop_hessian(ARGUMENTS, hessian, 16, count_calls, &calls));
    REQUIRE(calls >= 1 && hessian[1] == hessian[4]);
    INTERRUPT(isingrg_tensorrg_loop_hessian(ARGUMENTS, hessian, 16, stop, NULL));
    REFUSE("hessian", isingrg_tensorrg_loop_hessian(ARGUMENTS, hessian, 15, NULL, NULL));
    REFUSE("hessian", isingrg_tensorrg_loop_hessian(ARGUMENTS, NULL, 16, NULL, NULL));
    REFUSE("teacher", isingrg_tensorrg_loop_hessian(
        NULL, 2, 1, student, 2, 1, 0, hessian, 16, NULL, NULL));
}

static void test_search(void)
{
    double teacher[16], student[8], report[ISINGRG_TENSORRG_REPORT];
    int calls = 0;
    fill(teacher, student);
    ACCEPT(isingrg_tensorrg_loop_search(ARGUMENTS, 100, 1e-10, report, count_calls, &calls));
    REQUIRE(calls >= 1);
    REQUIRE(report[ISINGRG_TENSORRG_DISTANCE] < report[ISINGRG_TENSORRG_START_COST]);
    REQUIRE(report[ISINGRG_TENSORRG_ITERATIONS] >= 1 && report[ISINGRG_TENSORRG_SLOPE] < 1e-6);
    fill(teacher, student);
    INTERRUPT(isingrg_tensorrg_loop_search(ARGUMENTS, 100, 0, report, stop, NULL));
#define SEARCH(student, iterations, tolerance, report) \
    isingrg_tensorrg_loop_search( \
        teacher, 2, 1, student, 2, 1, 0, iterations, tolerance, report, NULL, NULL)
    REFUSE("student", SEARCH(NULL, 9, 0, report));
    REFUSE("iterations", SEARCH(student, 0, 0, report));
    REFUSE("iterations", SEARCH(student, INT64_MAX, 0, report));
    REFUSE("tolerance", SEARCH(student, 9, -1, report));
    REFUSE("tolerance", SEARCH(student, 9, INFINITY, report));
    REFUSE("report", SEARCH(student, 9, 0, NULL));
}

void test_tensorrg(void)
{
    test_cost();
    test_search();
}
