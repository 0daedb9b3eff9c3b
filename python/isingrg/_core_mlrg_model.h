/* The moderator models as the extension holds them. */
#ifndef ISINGRG_CORE_MLRG_MODEL_H
#define ISINGRG_CORE_MLRG_MODEL_H

#include "_core_support.h"

/* What a capsule points to. The handle goes stale when it is destroyed, and the core knows. */
typedef struct {
    isingrg_mlrg *handle;
    int64_t couplings;
} Model;

Model take_model(Call *call);

#endif
