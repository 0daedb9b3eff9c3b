/*
 * What every native function of the package shares: arguments are taken one by one with checks,
 * the core runs without the GIL, and whatever went wrong becomes one Python exception.
 *
 * A Call is sticky: after the first failure every take_* returns something harmless and RUN does
 * nothing, so that a function reads as a straight list of its arguments.
 */
#ifndef ISINGRG_EXTENSION_SUPPORT_H
#define ISINGRG_EXTENSION_SUPPORT_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "isingrg.h"

enum { MAX_ARRAYS = 24, MAX_DIMENSIONS = 5 };

/* The largest count accepted: exact in a double and far from overflow in any sum. */
#define MAX_COUNT ((int64_t)1 << 53)

/* The exception classes of isingrg._errors. */
typedef struct {
    PyObject *base, *argument, *convergence, *non_finite, *interrupted;
} State;

typedef struct {
    PyObject *module;
    const char *function;
    PyObject *const *values;
    Py_ssize_t count, next;
    int failed;
    isingrg_status status;
    int n_views;
    Py_buffer views[MAX_ARRAYS];
    PyObject *progress;
    PyThreadState *thread;
} Call;

/* data is NULL for an omitted array. */
typedef struct {
    void *data;
    int64_t shape[MAX_DIMENSIONS];
    int64_t count;
} Array;

typedef enum { INPUT, OPTIONAL_INPUT, OUTPUT, OPTIONAL_OUTPUT } Direction;

/* Extents that SHAPE accepts beside a number: any positive one, that of the axis before, and any
 * with zero included. */
enum { ANY = -1, SAME = -2, ANY_OR_NONE = -3 };
#define SHAPE(...) \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__}

void open_call(
    Call *call, PyObject *module, const char *function, PyObject *const *values,
    Py_ssize_t count, Py_ssize_t expected);

int64_t take_integer(Call *call, const char *name, int64_t low, int64_t high);
uint64_t take_unsigned(Call *call, const char *name);
double take_number(Call *call, const char *name);
const char *take_text(Call *call, const char *name);
PyObject *take_object(Call *call);

/* The same of a value that is at hand; NULL gives something harmless. */
int64_t as_integer(Call *call, const char *name, PyObject *value, int64_t low, int64_t high);
uint64_t as_unsigned(Call *call, const char *name, PyObject *value);
double as_number(Call *call, const char *name, PyObject *value);
const char *as_text(Call *call, const char *name, PyObject *value);

/* A tuple of 1 to most layer widths from 1 to widest. */
int32_t as_widths(
    Call *call, const char *name, PyObject *value, int32_t *widths, int32_t most, int32_t widest);

/* A C-contiguous array of type 'd' (float64), 'i' (int32) or 'b' (int8) in native order with this
 * shape; an optional one may be None. */
Array take_array(
    Call *call, const char *name, char type, Direction direction, int n_dimensions,
    const int64_t *extents);
Array as_array(
    Call *call, const char *name, PyObject *value, char type, Direction direction,
    int n_dimensions, const int64_t *extents);

/* A callable or None, to be called by report_progress, whose context is the call. */
void take_progress(Call *call, const char *name);
int32_t report_progress(void *context, uint64_t done, uint64_t total);

/* Raises exception with a formatted message, unless the call has failed before. */
void fail(Call *call, PyObject *exception, const char *format, ...);
State *call_state(const Call *call);

/* Runs one function of the core without the GIL. */
#define RUN(call, expression)                      \
    do {                                           \
        if ((call)->failed) break;                 \
        (call)->thread = PyEval_SaveThread();      \
        (call)->status = (expression);             \
        PyEval_RestoreThread((call)->thread);      \
    } while (0)

/* Couplings of a representation, the last axis of every array of them; 1 after a failure. */
int64_t coupling_count(Call *call, const char *representation, int64_t frame);

/* The same for the loop scheme. */
int64_t loop_coupling_count(Call *call, const char *representation);

/* Kernels of shape (r, q, q) and generators of shape (g, q), float64 and int32, which live as long as
 * the call. */
isingrg_internal_symmetry as_symmetry(Call *call, PyObject *kernels, PyObject *generators);

/* The same for spins of q states. */
int64_t state_coupling_count(
    Call *call, const isingrg_internal_symmetry *symmetry, const char *representation,
    int64_t frame);

/* What both exact maps take after the model: teachers, the search, and where its results go. */
typedef struct {
    Array couplings, renormalized, divergence, gradient_norm, counts;
    int64_t n;
    int32_t starts;
    uint64_t seed;
} Minima;

Minima take_minima(Call *call, int64_t couplings);

/* Takes the exception that is set, with its traceback. */
PyObject *take_exception(void);

/* Ends a call whose exception is returned beside what it did: that, or None. */
PyObject *close_with_exception(Call *call);

/* Sets the exception that stands for a status other than ISINGRG_OK. */
void raise_status(Call *call, isingrg_status status, const char *message);

/* Releases the arrays and raises what the core reported. 0 on success, -1 with an exception set. */
int close_call(Call *call);

/* close_call for a function that returns None. */
PyObject *close_with_none(Call *call);

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}

/* A number of isingrg.h under its name there, without "ISINGRG_". */
typedef struct {
    const char *name;
    long value;
} Constant;

#define CONSTANT(name) {#name, ISINGRG_##name}

/* What a file adds to the module; both arrays end with an entry of zeros, constants may be NULL. */
typedef struct {
    PyMethodDef *methods;
    const Constant *constants;
} Part;

#endif
