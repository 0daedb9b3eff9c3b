/* The normalizing flows as the extension holds them. */
#ifndef ISINGRG_CORE_NEURALRG_MODEL_H
#define ISINGRG_CORE_NEURALRG_MODEL_H

#include "_core_models.h"

typedef struct {
    isingrg_neuralrg *handle;
    int64_t size;
} Flow;

Flow take_flow(Call *call);

#endif
