#include "_core_models.h"

#include <stdio.h>

static void free_model(PyObject *capsule)
{
    Native *native = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    native->kind->destroy(native->handle); /* ISINGRG_CLOSED when it was destroyed before */
    PyMem_Free(native);
}

PyObject *wrap_model(Native native)
{
    Native *kept = PyMem_Malloc(sizeof *kept);
    PyObject *capsule = NULL;
    if (kept != NULL) {
        *kept = native;
        capsule = PyCapsule_New(kept, native.kind->name, free_model);
    } else {
        PyErr_NoMemory();
    }
    if (capsule == NULL) {
        native.kind->destroy(native.handle);
        PyMem_Free(kept);
    }
    return capsule;
}

Native take_native(Call *call, const ModelKind *kind)
{
    Native none = {kind, NULL, {1, 1, 1}};
    PyObject *value = take_object(call);
    if (value == NULL) return none;
    if (!PyCapsule_IsValid(value, kind->name)) {
        fail(call, PyExc_TypeError, "model must come from %s_create", kind->method);
        return none;
    }
    return *(const Native *)PyCapsule_GetPointer(value, kind->name);
}

/* Opens the call of method_operation and takes its model. The name must outlive the call. */
typedef struct {
    Call call;
    char function[64];
    Native model;
} ModelCall;

static void open_model_call(
    ModelCall *this, const ModelKind *kind, const char *operation, PyObject *module,
    PyObject *const *values, Py_ssize_t count, Py_ssize_t expected)
{
    snprintf(this->function, sizeof this->function, "%s_%s", kind->method, operation);
    open_call(&this->call, module, this->function, values, count, expected);
    this->model = take_native(&this->call, kind);
}

PyObject *model_destroy(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    ModelCall this;
    open_model_call(&this, kind, "destroy", module, values, count, 1);
    RUN(&this.call, kind->destroy(this.model.handle));
    return close_with_none(&this.call);
}

PyObject *model_array_count(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    ModelCall this;
    open_model_call(&this, kind, "array_count", module, values, count, 1);
    int32_t arrays = 0;
    RUN(&this.call, kind->array_count(this.model.handle, &arrays));
    return close_call(&this.call) < 0 ? NULL : PyLong_FromLong(arrays);
}

typedef struct {
    int32_t index;
    char name[128];
    int64_t shape[2];
} ArrayInfo;

/* Takes the index of an array, and what the core says of it. */
static ArrayInfo take_array_info(ModelCall *this)
{
    ArrayInfo info = {0, "", {1, 1}};
    info.index = (int32_t)take_integer(&this->call, "index", 0, INT32_MAX);
    RUN(&this->call, this->model.kind->array_info(
        this->model.handle, info.index, info.name, sizeof info.name, info.shape));
    if (this->call.status != ISINGRG_OK) this->call.failed = 1;
    return info;
}

PyObject *model_array_info(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    ModelCall this;
    open_model_call(&this, kind, "array_info", module, values, count, 2);
    ArrayInfo info = take_array_info(&this);
    if (close_call(&this.call) < 0) return NULL;
    return Py_BuildValue(
        "s(LL)", info.name, (long long)info.shape[0], (long long)info.shape[1]);
}

PyObject *model_read_array(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    ModelCall this;
    open_model_call(&this, kind, "read_array", module, values, count, 3);
    ArrayInfo info = take_array_info(&this);
    Array array = take_array(
        &this.call, "values", 'd', OUTPUT, SHAPE(info.shape[0], info.shape[1]));
    RUN(&this.call, kind->read_array(this.model.handle, info.index, array.data, array.count));
    return close_with_none(&this.call);
}

PyObject *model_write_array(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    ModelCall this;
    open_model_call(&this, kind, "write_array", module, values, count, 3);
    ArrayInfo info = take_array_info(&this);
    int64_t rows = kind->free_rows ? (int64_t)ANY_OR_NONE : info.shape[0];
    Array array = take_array(&this.call, "values", 'd', INPUT, SHAPE(rows, info.shape[1]));
    RUN(&this.call, kind->write_array(this.model.handle, info.index, array.data, array.count));
    return close_with_none(&this.call);
}
