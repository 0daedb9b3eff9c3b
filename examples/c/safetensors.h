/* Reading of safetensors files: eight bytes that tell the length of a header in JSON, the header,
 * and the arrays one after the other, in the byte order of the processors this runs on. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include <stdint.h>

typedef struct {
    char *content;      /* the whole file */
    const char *header; /* JSON */
    const char *arrays; /* the first one */
    uint64_t size;      /* bytes of all arrays */
} Safetensors;

/* 0 and a message on standard error if the file cannot be read. */
int safetensors_open(Safetensors *file, const char *path);
void safetensors_close(Safetensors *file);

/* Text of the metadata, to be freed; NULL if there is none. */
char *safetensors_metadata(const Safetensors *file, const char *name);

/* An array of float64, which is part of the file, and how many numbers it holds; NULL if there is
 * none. */
const double *safetensors_floats(const Safetensors *file, const char *name, int64_t *count);

#endif
