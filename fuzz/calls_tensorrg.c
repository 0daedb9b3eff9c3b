/* Calls of tensor renormalization. */
#include "abi.h"

void call_tensorrg(void)
{
    int32_t which = pick(3);
    int64_t legs = amount(1, 4), bonds = amount(1, 4);
    int64_t even_legs = amount(0, 4), even_bonds = amount(0, 4);
    double *teacher = numbers(rows(rows(legs, legs), rows(legs, legs)), 1);
    int64_t entries = rows(bonds, rows(legs, legs));
    double *student = numbers(entries, 1);
    double mu = number(1e-5);
    if (which == 0) {
        double *cost = space(1);
        double *gradient = space(entries);
        end_call(isingrg_tensorrg_loop_cost(
            teacher, legs, even_legs, student, bonds, even_bonds, mu, cost, gradient));
        return;
    }
    isingrg_progress function;
    if (which == 1) {
        int64_t odd_legs = legs - even_legs, odd_bonds = bonds - even_bonds;
        int64_t permitted = entries == 0 ? 0
            : even_bonds * (even_legs * even_legs + odd_legs * odd_legs)
                + odd_bonds * 2 * even_legs * odd_legs;
        permitted = permitted < 0 || permitted > 64 ? 0 : permitted;
        double *hessian = space(permitted * permitted);
        int64_t count = elements(permitted * permitted);
        function = progress();
        end_call(isingrg_tensorrg_loop_hessian(
            teacher, legs, even_legs, student, bonds, even_bonds, mu, hessian, count, function,
            NULL));
        return;
    }
    int64_t iterations = amount(1, 30);
    double tolerance = number(1e-9);
    double *report = space(ISINGRG_TENSORRG_REPORT);
    function = progress();
    end_call(isingrg_tensorrg_loop_search(
        teacher, legs, even_legs, student, bonds, even_bonds, mu, iterations, tolerance, report,
        function, NULL));
}
