/* The functions of tensor renormalization of isingrg.h. */
#include "support.h"

/* A loop of four tensors, with which the functions begin. */
typedef struct {
    Array teacher, student;
    int64_t legs, even_legs, bonds, even_bonds;
    double mu;
} Loop;

static Loop take_loop(Call *call, Direction direction)
{
    Loop loop;
    loop.teacher = take_array(call, "teacher", 'd', INPUT, SHAPE(ANY, SAME, SAME, SAME));
    loop.legs = loop.teacher.shape[0];
    loop.even_legs = take_integer(call, "even_legs", 0, loop.legs);
    loop.student = take_array(call, "student", 'd', direction, SHAPE(ANY, loop.legs, loop.legs));
    loop.bonds = loop.student.shape[0];
    loop.even_bonds = take_integer(call, "even_bonds", 0, loop.bonds);
    loop.mu = take_number(call, "mu");
    return loop;
}

static PyObject *tensorrg_loop_cost(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "tensorrg_loop_cost", values, count, 6);
    Loop loop = take_loop(&call, INPUT);
    Array gradient = take_array(
        &call, "gradient", 'd', OUTPUT, SHAPE(loop.bonds, loop.legs, loop.legs));
    double cost = 0;
    RUN(&call, isingrg_tensorrg_loop_cost(
        loop.teacher.data, loop.legs, loop.even_legs, loop.student.data, loop.bonds,
        loop.even_bonds, loop.mu, &cost, gradient.data));
    return close_call(&call) < 0 ? NULL : PyFloat_FromDouble(cost);
}

static PyObject *tensorrg_loop_hessian(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "tensorrg_loop_hessian", values, count, 7);
    Loop loop = take_loop(&call, INPUT);
    Array hessian = take_array(&call, "hessian", 'd', OUTPUT, SHAPE(ANY, SAME));
    take_progress(&call, "progress");
    RUN(&call, isingrg_tensorrg_loop_hessian(
        loop.teacher.data, loop.legs, loop.even_legs, loop.student.data, loop.bonds,
        loop.even_bonds, loop.mu, hessian.data, hessian.count, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *tensorrg_loop_search(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "tensorrg_loop_search", values, count, 9);
    Loop loop = take_loop(&call, OUTPUT);
    int64_t iterations = take_integer(&call, "iterations", 1, MAX_COUNT);
    double tolerance = take_number(&call, "tolerance");
    Array report = take_array(&call, "report", 'd', OUTPUT, SHAPE(ISINGRG_TENSORRG_REPORT));
    take_progress(&call, "progress");
    RUN(&call, isingrg_tensorrg_loop_search(
        loop.teacher.data, loop.legs, loop.even_legs, loop.student.data, loop.bonds,
        loop.even_bonds, loop.mu, iterations, tolerance, report.data, report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(tensorrg_loop_cost),
    METHOD(tensorrg_loop_hessian),
    METHOD(tensorrg_loop_search),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(TENSORRG_START_COST),
    CONSTANT(TENSORRG_DISTANCE),
    CONSTANT(TENSORRG_SLOPE),
    CONSTANT(TENSORRG_ITERATIONS),
    CONSTANT(TENSORRG_REPORT),
    {NULL, 0},
};

const Part tensorrg_part = {methods, constants};
