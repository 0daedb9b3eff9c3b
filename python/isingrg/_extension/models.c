/* What every model of isingrg.h has, whatever its method. */
#include "models.h"

#include <string.h>

static const char capsule_name[] = "isingrg.model";

static void free_model(PyObject *capsule)
{
    Model *model = PyCapsule_GetPointer(capsule, capsule_name);
    isingrg_model_destroy(model->handle); /* ISINGRG_CLOSED when it was destroyed before */
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
        PyMem_Free(kept);
    }
    return capsule;
}

Model take_model(Call *call, const char *method)
{
    Model none = {NULL, "", {1, 1, 1}};
    PyObject *value = take_object(call);
    if (value == NULL) return none;
    const Model *model = PyCapsule_IsValid(value, capsule_name)
        ? PyCapsule_GetPointer(value, capsule_name) : NULL;
    if (model == NULL || (method != NULL && strcmp(model->method, method) != 0)) {
        fail(
            call, PyExc_TypeError, "model must come from %s_create",
            method == NULL ? "mlrg_create or its like" : method);
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

static PyObject *model_step(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_step", values, count, 1);
    Model model = take_model(&call, NULL);
    uint64_t step = 0;
    RUN(&call, isingrg_model_step(model.handle, &step));
    return close_call(&call) < 0 ? NULL : PyLong_FromUnsignedLongLong(step);
}

static PyObject *model_rows_done(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_rows_done", values, count, 1);
    Model model = take_model(&call, NULL);
    uint64_t rows = 0;
    RUN(&call, isingrg_model_rows_done(model.handle, &rows));
    return close_call(&call) < 0 ? NULL : PyLong_FromUnsignedLongLong(rows);
}

static PyObject *model_parameter_count(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_parameter_count", values, count, 1);
    Model model = take_model(&call, NULL);
    int64_t parameters = 0;
    RUN(&call, isingrg_model_parameter_count(model.handle, &parameters));
    return close_call(&call) < 0 ? NULL : PyLong_FromLongLong(parameters);
}

/* MARK: State */

static PyObject *model_array_count(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "model_array_count", values, count, 1);
    Model model = take_model(&call, NULL);
    int32_t arrays = 0;
    RUN(&call, isingrg_model_array_count(model.handle, &arrays));
    return close_call(&call) < 0 ? NULL : PyLong_FromLong(arrays);
}

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
