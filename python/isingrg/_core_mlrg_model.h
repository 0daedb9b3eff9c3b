/* The moderator models as the extension holds them. */
#ifndef ISINGRG_CORE_MLRG_MODEL_H
#define ISINGRG_CORE_MLRG_MODEL_H

#include "_core_models.h"

typedef struct {
    isingrg_mlrg *handle;
    int64_t couplings;
} Model;

Model take_model(Call *call);

#endif
