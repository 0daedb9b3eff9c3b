/* The loop scheme of isingrg.h without a network: its couplings and distances. */
#include "support.h"

/* Two components per spin have 31 couplings. */
#define MAX_TERMS 31

int64_t loop_coupling_count(Call *call, const char *representation)
{
    int32_t couplings = 1;
    RUN(call, isingrg_mlrg_loop_terms(representation, NULL, 0, &couplings));
    if (call->status != ISINGRG_OK) call->failed = 1;
    return couplings;
}

static PyObject *mlrg_loop_terms(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_loop_terms", values, count, 1);
    const char *representation = take_text(&call, "representation");
    int32_t terms[MAX_TERMS], n = 0;
    RUN(&call, isingrg_mlrg_loop_terms(representation, terms, MAX_TERMS, &n));
    if (close_call(&call) < 0) return NULL;
    PyObject *numbers = PyTuple_New(n);
    for (Py_ssize_t i = 0; numbers != NULL && i < n; ++i) {
        PyObject *number = PyLong_FromLong(terms[i]);
        if (number == NULL || PyTuple_SetItem(numbers, i, number) < 0) Py_CLEAR(numbers);
    }
    return numbers;
}

static PyObject *mlrg_loop_distance(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_loop_distance", values, count, 7);
    const char *representation = take_text(&call, "representation");
    int64_t divergence = take_integer(&call, "divergence", 0, INT32_MAX);
    int64_t c = loop_coupling_count(&call, representation);
    Array teacher = take_array(&call, "teacher", 'd', INPUT, SHAPE(ANY, c));
    int64_t n = teacher.shape[0];
    Array student = take_array(&call, "student", 'd', INPUT, SHAPE(n, c));
    Array distance = take_array(&call, "distance", 'd', OUTPUT, SHAPE(n));
    Array gradient = take_array(&call, "gradient", 'd', OPTIONAL_OUTPUT, SHAPE(n, c));
    take_progress(&call, "progress");
    RUN(&call, isingrg_mlrg_loop_distance(
        representation, (int32_t)divergence, teacher.data, student.data, n, distance.data,
        gradient.data, report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(mlrg_loop_terms),
    METHOD(mlrg_loop_distance),
    {NULL, NULL, 0, NULL},
};

const Part mlrg_loop_part = {methods, NULL};
