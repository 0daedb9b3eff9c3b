/* Structures of isingrg.h, which come from Python as mappings from the names of their fields. */
#ifndef ISINGRG_EXTENSION_RECORDS_H
#define ISINGRG_EXTENSION_RECORDS_H

#include <stddef.h>

#include "support.h"

typedef enum { INT32, UINT32, INT64, UINT64, COUNT, NUMBER, TEXT } FieldType;

/* A field of a structure; a COUNT is an unsigned number below 2^53. */
typedef struct {
    const char *name;
    FieldType type;
    size_t offset;
} Field;

#define FIELD(structure, name, type) {#name, type, offsetof(structure, name)}

/* A mapping that is read field by field. */
typedef struct {
    Call *call;
    PyObject *items; /* a dict, NULL after a failure */
} Record;

/* Takes a dict with all fields and as many other keys, which record_item reads. Texts live as long as
 * the dict. */
Record take_record(
    Call *call, const char *name, const Field *fields, size_t n_fields, size_t n_others,
    void *structure);

#define FIELDS(fields) fields, sizeof fields / sizeof *fields

/* What stands under a key, or NULL after a failure. */
PyObject *record_item(Record record, const char *key);

#endif
