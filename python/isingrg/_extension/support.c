#include "support.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

State *call_state(const Call *call)
{
    return PyModule_GetState(call->module);
}

void fail(Call *call, PyObject *exception, const char *format, ...)
{
    if (call->failed) return;
    va_list arguments;
    va_start(arguments, format);
    PyErr_FormatV(exception, format, arguments);
    va_end(arguments);
    call->failed = 1;
}

static void fail_type(Call *call, const char *name, const char *wanted, PyObject *given)
{
    PyObject *type = PyType_GetName(Py_TYPE(given));
    if (type != NULL) fail(call, PyExc_TypeError, "%s must be %s, not %U", name, wanted, type);
    call->failed = 1;
    Py_XDECREF(type);
}

void open_call(
    Call *call, PyObject *module, const char *function, PyObject *const *values,
    Py_ssize_t count, Py_ssize_t expected)
{
    memset(call, 0, sizeof *call);
    call->module = module;
    call->function = function;
    call->values = values;
    call->count = count;
    if (count != expected)
        fail(call, PyExc_TypeError, "%s takes %zd arguments, got %zd", function, expected, count);
}

/* MARK: Scalars */

PyObject *take_object(Call *call)
{
    return call->failed ? NULL : call->values[call->next++];
}

/* A new int for anything that is one, but not for a bool. */
static PyObject *as_index(Call *call, const char *name, PyObject *value)
{
    PyObject *integer = PyBool_Check(value) ? NULL : PyNumber_Index(value);
    if (integer == NULL) {
        PyErr_Clear();
        fail_type(call, name, "an integer", value);
    }
    return integer;
}

int64_t as_integer(Call *call, const char *name, PyObject *value, int64_t low, int64_t high)
{
    PyObject *integer = value == NULL ? NULL : as_index(call, name, value);
    if (integer == NULL) return 0;
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(integer, &overflow);
    if (overflow || number < low || number > high) {
        fail(
            call, call_state(call)->argument, "%s must be from %lld to %lld, got %R", name,
            (long long)low, (long long)high, integer);
        number = 0;
    }
    Py_DECREF(integer);
    return number;
}

int64_t take_integer(Call *call, const char *name, int64_t low, int64_t high)
{
    return as_integer(call, name, take_object(call), low, high);
}

uint64_t as_unsigned(Call *call, const char *name, PyObject *value)
{
    PyObject *integer = value == NULL ? NULL : as_index(call, name, value);
    if (integer == NULL) return 0;
    unsigned long long number = PyLong_AsUnsignedLongLong(integer);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        fail(
            call, call_state(call)->argument, "%s must be from 0 to 2^64 - 1, got %R", name,
            integer);
    }
    Py_DECREF(integer);
    return number;
}

uint64_t take_unsigned(Call *call, const char *name)
{
    return as_unsigned(call, name, take_object(call));
}

double as_number(Call *call, const char *name, PyObject *value)
{
    if (value == NULL) return 0;
    double number = PyBool_Check(value) ? -1.0 : PyFloat_AsDouble(value);
    if (PyBool_Check(value) || (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_OverflowError))) {
        PyErr_Clear();
        fail_type(call, name, "a number", value);
    } else if (PyErr_Occurred() || !isfinite(number)) {
        PyErr_Clear();
        fail(call, call_state(call)->argument, "%s must be finite, got %R", name, value);
    }
    return number;
}

double take_number(Call *call, const char *name)
{
    return as_number(call, name, take_object(call));
}

const char *as_text(Call *call, const char *name, PyObject *value)
{
    if (value == NULL) return "";
    if (!PyUnicode_Check(value)) {
        fail_type(call, name, "a string", value);
        return "";
    }
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(value, &length);
    if (text == NULL || strlen(text) != (size_t)length) {
        PyErr_Clear();
        fail(call, call_state(call)->argument, "%s must be plain text, got %R", name, value);
        return "";
    }
    return text;
}

const char *take_text(Call *call, const char *name)
{
    return as_text(call, name, take_object(call));
}

int32_t as_widths(
    Call *call, const char *name, PyObject *value, int32_t *widths, int32_t most, int32_t widest)
{
    if (value == NULL) return 0;
    Py_ssize_t count = PyTuple_Check(value) ? PyTuple_Size(value) : 0;
    if (count < 1 || count > most) {
        fail(
            call, call_state(call)->argument, "%s must be a tuple of 1 to %d widths, got %R", name,
            (int)most, value);
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject *width = PyTuple_GetItem(value, i);
        widths[i] = (int32_t)as_integer(call, name, width, 1, widest);
    }
    return (int32_t)count;
}

/* MARK: Arrays */

static const char *type_name(char type)
{
    return type == 'd' ? "float64" : type == 'i' ? "int32" : "int8";
}

/* "(3, any, 4)" */
static void describe(char *text, size_t capacity, int n_dimensions, const int64_t *extents)
{
    size_t used = (size_t)snprintf(text, capacity, "(");
    for (int i = 0; i < n_dimensions && used < capacity; ++i) {
        const char *separator = n_dimensions == 1 ? "," : i + 1 < n_dimensions ? ", " : "";
        if (extents[i] < 0)
            used += (size_t)snprintf(
                text + used, capacity - used, "%s%s", extents[i] == SAME ? "same" : "any",
                separator);
        else
            used += (size_t)snprintf(
                text + used, capacity - used, "%lld%s", (long long)extents[i], separator);
    }
    if (used < capacity) snprintf(text + used, capacity - used, ")");
}

static int has_shape(const Py_buffer *view, int n_dimensions, const int64_t *extents)
{
    if (view->ndim != n_dimensions) return 0;
    for (int i = 0; i < n_dimensions; ++i) {
        int64_t extent = view->shape[i];
        if (extents[i] == ANY ? extent < 1
            : extents[i] == SAME ? extent != view->shape[i - 1]
                                 : extents[i] != ANY_OR_NONE && extent != extents[i])
            return 0;
    }
    return 1;
}

static void check_array(
    Call *call, const char *name, char type, Direction direction, int n_dimensions,
    const int64_t *extents, const Py_buffer *view)
{
    PyObject *argument_error = call_state(call)->argument;
    const char *format = view->format == NULL ? "B" : view->format;
    if (*format == '@') ++format;
    Py_ssize_t itemsize = type == 'd' ? 8 : type == 'i' ? 4 : 1;
    if (format[0] != type || format[1] != '\0' || view->itemsize != itemsize) {
        fail(
            call, PyExc_TypeError, "%s must hold %s in native byte order, not the format '%s'",
            name, type_name(type), format);
    } else if (!has_shape(view, n_dimensions, extents)) {
        char wanted[160], given[160] = "more dimensions";
        int64_t shape[MAX_DIMENSIONS];
        describe(wanted, sizeof wanted, n_dimensions, extents);
        if (view->ndim <= MAX_DIMENSIONS) {
            for (int i = 0; i < view->ndim; ++i) shape[i] = view->shape[i];
            describe(given, sizeof given, view->ndim, shape);
        }
        fail(
            call, argument_error, "%s must have the shape %s, got %s%s", name, wanted, given,
            view->len == 0 ? ", which is empty" : "");
    } else if (!PyBuffer_IsContiguous(view, 'C') || (uintptr_t)view->buf % (size_t)itemsize != 0) {
        fail(call, argument_error, "%s must be C-contiguous and aligned", name);
    } else if ((direction == OUTPUT || direction == OPTIONAL_OUTPUT) && view->readonly) {
        fail(call, argument_error, "%s must be writable", name);
    }
}

Array as_array(
    Call *call, const char *name, PyObject *value, char type, Direction direction,
    int n_dimensions, const int64_t *extents)
{
    Array array = {NULL, {1, 1, 1, 1, 1}, 1};
    int optional = direction == OPTIONAL_INPUT || direction == OPTIONAL_OUTPUT;
    if (value == NULL || (optional && value == Py_None)) return array;

    Py_buffer *view = &call->views[call->n_views];
    if (PyObject_GetBuffer(value, view, PyBUF_RECORDS_RO) < 0) {
        PyErr_Clear();
        char wanted[32];
        snprintf(wanted, sizeof wanted, "an array of %s", type_name(type));
        fail_type(call, name, wanted, value);
        return array;
    }
    ++call->n_views;
    check_array(call, name, type, direction, n_dimensions, extents, view);
    if (call->failed) return array;

    array.data = view->buf;
    for (int i = 0; i < n_dimensions; ++i) {
        array.shape[i] = view->shape[i];
        array.count *= view->shape[i];
    }
    return array;
}

Array take_array(
    Call *call, const char *name, char type, Direction direction, int n_dimensions,
    const int64_t *extents)
{
    return as_array(call, name, take_object(call), type, direction, n_dimensions, extents);
}

/* MARK: Progress and completion */

void take_progress(Call *call, const char *name)
{
    PyObject *value = take_object(call);
    if (value == NULL || value == Py_None) return;
    if (PyCallable_Check(value))
        call->progress = value;
    else
        fail_type(call, name, "a callable or None", value);
}

/* An exception raised here stays set on this thread until the core has returned. */
int32_t report_progress(void *context, uint64_t done, uint64_t total)
{
    Call *call = context;
    PyEval_RestoreThread(call->thread);
    int stop = PyErr_Occurred() != NULL || PyErr_CheckSignals() < 0;
    if (!stop && call->progress != NULL) {
        pid_t process = getpid();
        PyObject *answer = PyObject_CallFunction(
            call->progress, "KK", (unsigned long long)done, (unsigned long long)total);
        stop = answer == NULL || answer == Py_False;
        Py_XDECREF(answer);
        if (answer != NULL && getpid() != process) { /* which the core takes for a stop as well */
            PyErr_SetString(
                call_state(call)->interrupted,
                "progress returned in a forked child: only the parent goes on");
            stop = 1;
        }
    }
    call->thread = PyEval_SaveThread();
    return stop;
}

static PyObject *exception_of(const Call *call, isingrg_status status)
{
    const State *state = call_state(call);
    switch (status) {
    case ISINGRG_INVALID_ARGUMENT: return state->argument;
    case ISINGRG_OUT_OF_MEMORY: return PyExc_MemoryError;
    case ISINGRG_NOT_CONVERGED: return state->convergence;
    case ISINGRG_NON_FINITE: return state->non_finite;
    case ISINGRG_INTERRUPTED: return state->interrupted;
    default: return state->base; /* closed or busy handles */
    }
}

void raise_status(Call *call, isingrg_status status, const char *message)
{
    PyObject *text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "replace");
    if (text != NULL) PyErr_SetObject(exception_of(call, status), text);
    Py_XDECREF(text);
}

int close_call(Call *call)
{
    if (!PyErr_Occurred() && call->status != ISINGRG_OK)
        raise_status(call, call->status, isingrg_last_error());
    while (call->n_views > 0) PyBuffer_Release(&call->views[--call->n_views]);
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *take_exception(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

PyObject *close_with_exception(Call *call)
{
    return close_call(call) < 0 ? take_exception() : Py_NewRef(Py_None);
}

PyObject *close_with_none(Call *call)
{
    if (close_call(call) < 0) return NULL;
    return Py_NewRef(Py_None);
}
