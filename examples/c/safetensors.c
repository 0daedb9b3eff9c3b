#include "safetensors.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 8 };

/* The content of a file, to be freed, and its length; NULL if it cannot be read. */
static char *read_file(const char *path, uint64_t *length)
{
    FILE *stream = fopen(path, "rb");
    long size = -1;
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0) size = ftell(stream);
    char *content = size < 0 ? NULL : malloc((size_t)size + 1);
    if (content != NULL) {
        rewind(stream);
        if (fread(content, 1, (size_t)size, stream) == (size_t)size) {
            *length = (uint64_t)size;
        } else {
            free(content);
            content = NULL;
        }
    }
    if (stream != NULL) fclose(stream);
    return content;
}

int safetensors_open(Safetensors *file, const char *path)
{
    uint64_t length, prefix;
    file->content = read_file(path, &length);
    if (file->content == NULL) {
        perror(path);
        return 0;
    }
    if (length >= PREFIX) memcpy(&prefix, file->content, PREFIX);
    if (length < PREFIX || prefix > length - PREFIX) {
        fprintf(stderr, "%s: no safetensors file\n", path);
        safetensors_close(file);
        return 0;
    }
    /* The header moves to the front, so that a zero can end it without touching the arrays. */
    memmove(file->content, file->content + PREFIX, prefix);
    file->content[prefix] = '\0';
    file->header = file->content;
    file->arrays = file->content + PREFIX + prefix;
    file->size = length - PREFIX - prefix;
    return 1;
}

void safetensors_close(Safetensors *file)
{
    free(file->content);
    file->content = NULL;
}

char *safetensors_metadata(const Safetensors *file, const char *name)
{
    return json_text(json_member(json_member(file->header, "__metadata__"), name));
}

const double *safetensors_floats(const Safetensors *file, const char *name, int64_t *count)
{
    const char *array = json_member(file->header, name);
    const char *offsets = json_member(array, "data_offsets");
    double start = json_number(json_element(offsets, 0));
    double end = json_number(json_element(offsets, 1));
    int good = json_is(json_member(array, "dtype"), "\"F64\"") && 0 <= start && start <= end
        && end <= (double)file->size;
    const char *values = good ? file->arrays + (uint64_t)start : NULL;
    if (!good || (uintptr_t)values % sizeof(double) != 0) return NULL;
    *count = (int64_t)((end - start) / sizeof(double));
    return (const double *)(const void *)values;
}
