/*
 * What the models of all methods share as the extension holds them: a handle in a capsule, and
 * named arrays of state.
 */
#ifndef ISINGRG_CORE_MODELS_H
#define ISINGRG_CORE_MODELS_H

#include "_core_support.h"

/* The functions of isingrg.h for the models of one method. */
typedef struct {
    const char *name; /* of the capsules */
    const char *method;
    isingrg_status (*destroy)(void *handle);
    isingrg_status (*array_count)(void *handle, int32_t *count);
    isingrg_status (*array_info)(
        void *handle, int32_t index, char *name, int64_t capacity, int64_t *shape);
    isingrg_status (*read_array)(void *handle, int32_t index, double *values, int64_t count);
    isingrg_status (*write_array)(void *handle, int32_t index, const double *values, int64_t count);
    int free_rows; /* whether the core, not the extension, checks the rows of written arrays */
} ModelKind;

enum { MODEL_EXTENTS = 3 };

/* What a capsule points to: the handle, which goes stale when it is destroyed, as the core knows,
 * and extents of the method's arrays. */
typedef struct {
    const ModelKind *kind;
    void *handle;
    int64_t extents[MODEL_EXTENTS];
} Native;

/* A capsule with a new model, which is destroyed with it, or at once if there is no memory. */
PyObject *wrap_model(Native native);

/* After a failure a model without a handle and with extents of 1. */
Native take_native(Call *call, const ModelKind *kind);

PyObject *model_destroy(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count);
PyObject *model_array_count(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count);
PyObject *model_array_info(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count);
PyObject *model_read_array(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count);
PyObject *model_write_array(
    const ModelKind *kind, PyObject *module, PyObject *const *values, Py_ssize_t count);

/* Defines method_kind from the functions isingrg_method_..., whose handles are of a type of their
 * own. */
#define DEFINE_MODEL_KIND(method, rows_are_free)                                                   \
    static isingrg_status method##_kind_destroy(void *handle)                                      \
    {                                                                                              \
        return isingrg_##method##_destroy(handle);                                                 \
    }                                                                                              \
    static isingrg_status method##_kind_count(void *handle, int32_t *count)                        \
    {                                                                                              \
        return isingrg_##method##_array_count(handle, count);                                      \
    }                                                                                              \
    static isingrg_status method##_kind_info(                                                      \
        void *handle, int32_t index, char *name, int64_t capacity, int64_t *shape)                 \
    {                                                                                              \
        return isingrg_##method##_array_info(handle, index, name, capacity, shape);                \
    }                                                                                              \
    static isingrg_status method##_kind_read(                                                      \
        void *handle, int32_t index, double *values, int64_t count)                                \
    {                                                                                              \
        return isingrg_##method##_read_array(handle, index, values, count);                        \
    }                                                                                              \
    static isingrg_status method##_kind_write(                                                     \
        void *handle, int32_t index, const double *values, int64_t count)                          \
    {                                                                                              \
        return isingrg_##method##_write_array(handle, index, values, count);                       \
    }                                                                                              \
    static const ModelKind method##_kind = {                                                       \
        "isingrg." #method, #method, method##_kind_destroy, method##_kind_count,                   \
        method##_kind_info, method##_kind_read, method##_kind_write, rows_are_free}

/* Defines the function method_operation of the module from model_operation. */
#define DEFINE_MODEL_FUNCTION(method, operation)                                                   \
    static PyObject *method##_##operation(                                                         \
        PyObject *module, PyObject *const *values, Py_ssize_t count)                               \
    {                                                                                              \
        return model_##operation(&method##_kind, module, values, count);                           \
    }

#define DEFINE_MODEL_FUNCTIONS(method)           \
    DEFINE_MODEL_FUNCTION(method, destroy)       \
    DEFINE_MODEL_FUNCTION(method, array_count)   \
    DEFINE_MODEL_FUNCTION(method, array_info)    \
    DEFINE_MODEL_FUNCTION(method, read_array)    \
    DEFINE_MODEL_FUNCTION(method, write_array)

#define MODEL_METHODS(method)                                                       \
    METHOD(method##_destroy), METHOD(method##_array_count), METHOD(method##_array_info), \
        METHOD(method##_read_array), METHOD(method##_write_array)

#endif
