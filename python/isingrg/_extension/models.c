/* What every model of isingrg.h has, whatever its method. */
#include "models.h"

#include <string.h>

static const char capsule_name[] = "isingrg.model";

static void free_model(PyObject *capsule)
{
    Model *model = PyCapsule_GetPointer(capsule, capsule_name);
    isingrg_model_destroy(model->handle); /* ISINGRG_CLOSED when it was destroyed before */
    Py_XDECREF(model->owned);
    PyMem_Free(model);
}

PyObject *wrap_model(Model model)
{
    Model *kept = PyMem_Malloc(sizeof *kept);
    PyObject *capsule = NULL;
    if (kept != NULL) {
        *kept = model;
        capsule = PyCapsule_New(kept, capsule_name, free_model);
    } else {
        PyErr_NoMemory();
    }
    if (capsule == NULL) {
        isingrg_model_destroy(model.handle);
        Py_XDECREF(model.owned);
        PyMem_Free(kept);
    }
    return capsule;
}

Model take_model(Call *call, const char *method)
{
    Model none = {NULL, "", {1, 1, 1}, NULL};
    PyObject *value = take_object(call);
    if (value == NULL) return none;
    const Model *model = PyCapsule_IsValid(value, capsule_name)
        ? PyCapsule_GetPointer(value, capsule_name) : NULL;
    if (model == NULL || (method != NULL && strcmp(model->method, method) != 0)) {
        if (method == NULL)
            fail(call, PyExc_TypeError, "model must come from the create function of a method");
        else
            fail(call, PyExc_TypeError, "model must come from %s_create", method);
        return none;
    }
    return *model;
}

PyObject *close_training(Call *call, uint64_t done)
{
    PyObject *error = close_with_exception(call);
    return Py_BuildValue("KN", (unsigned long long)done, error);
}

static PyObject *model_destroy(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_destroy", values, count, 1);
    Model model = take_model(&call, NULL);
    RUN(&call, isingrg_model_destroy(model.handle));
    return close_with_none(&call);
}

/* A function that returns one number of a model, of the type in which the core gives it out. */
#define ONE_NUMBER(function, type)                                                                \
    static PyObject *function(PyObject *module, PyObject *const *values, Py_ssize_t count)        \
    {                                                                                             \
        Call call;                                                                                \
        open_call(&call, module, #function, values, count, 1);                                    \
        Model model = take_model(&call, NULL);                                                    \
        type number = 0;                                                                          \
        RUN(&call, isingrg_##function(model.handle, &number));                                    \
        return close_call(&call) < 0 ? NULL : PyLong_FromLongLong((long long)number);             \
    }

ONE_NUMBER(model_step, uint64_t)
ONE_NUMBER(model_rows_done, uint64_t)
ONE_NUMBER(model_parameter_count, int64_t)
ONE_NUMBER(model_array_count, int32_t)

/* MARK: State */

typedef struct {
    int32_t index;
    char name[128];
    int64_t shape[2];
} ArrayInfo;

/* Takes the index of an array, and what the core says of it. */
static ArrayInfo take_array_info(Call *call, Model model)
{
    ArrayInfo info = {0, "", {1, 1}};
    info.index = (int32_t)take_integer(call, "index", 0, INT32_MAX);
    RUN(call, isingrg_model_array_info(
        model.handle, info.index, info.name, sizeof info.name, info.shape));
    if (call->status != ISINGRG_OK) call->failed = 1;
    return info;
}

static PyObject *model_array_info(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_array_info", values, count, 2);
    ArrayInfo info = take_array_info(&call, take_model(&call, NULL));
    if (close_call(&call) < 0) return NULL;
    return Py_BuildValue(
        "s(LL)", info.name, (long long)info.shape[0], (long long)info.shape[1]);
}

static PyObject *model_read_array(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_read_array", values, count, 3);
    Model model = take_model(&call, NULL);
    ArrayInfo info = take_array_info(&call, model);
    Array array = take_array(&call, "values", 'd', OUTPUT, SHAPE(info.shape[0], info.shape[1]));
    RUN(&call, isingrg_model_read_array(model.handle, info.index, array.data, array.count));
    return close_with_none(&call);
}

/* The core checks the number of rows, which is free for some arrays. */
static PyObject *model_write_array(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_write_array", values, count, 3);
    Model model = take_model(&call, NULL);
    ArrayInfo info = take_array_info(&call, model);
    Array array = take_array(&call, "values", 'd', INPUT, SHAPE(ANY_OR_NONE, info.shape[1]));
    RUN(&call, isingrg_model_write_array(model.handle, info.index, array.data, array.count));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(model_destroy),
    METHOD(model_step),
    METHOD(model_rows_done),
    METHOD(model_parameter_count),
    METHOD(model_array_count),
    METHOD(model_array_info),
    METHOD(model_read_array),
    METHOD(model_write_array),
    {NULL, NULL, 0, NULL},
};

const Part models_part = {methods, NULL};
