/* The models of all methods as the extension holds them: a handle in a capsule. */
#ifndef ISINGRG_EXTENSION_MODELS_H
#define ISINGRG_EXTENSION_MODELS_H

#include "support.h"

enum { MODEL_EXTENTS = 4 };

/* What a capsule points to: the handle, which goes stale when it is destroyed, as the core knows,
 * and extents of the method's arrays. */
typedef struct {
    isingrg_model *handle;
    const char *method;
    int64_t extents[MODEL_EXTENTS];
    PyObject *owned; /* what the core calls back, released after the model; or NULL */
} Model;

/* A capsule with a new model, which is destroyed with it, or at once if there is no memory. It takes
 * over `owned`. */
PyObject *wrap_model(Model model);

/* A model of this method, or of any if it is NULL; after a failure a model without a handle and with
 * extents of 1. */
Model take_model(Call *call, const char *method);

/* Ends a training that filled `done` rows of the history: (done, what ended it early or None). */
PyObject *close_training(Call *call, uint64_t done);

#endif
