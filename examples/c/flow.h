/* A NeuralRG that Python's model.save wrote. */
#ifndef FLOW_H
#define FLOW_H

#include <isingrg.h>

typedef struct {
    isingrg_model *model;
    int64_t size;    /* L */
    double coupling; /* K */
} Flow;

/* The model, to be given to isingrg_model_destroy; 0 and a message on standard error if the
 * file is no such model. */
int flow_load(Flow *flow, const char *path);

#endif
