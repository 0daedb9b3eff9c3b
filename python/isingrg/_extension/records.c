#include "records.h"

PyObject *record_item(Record record, const char *key)
{
    if (record.call->failed) return NULL;
    PyObject *value = PyDict_GetItemString(record.items, key);
    if (value == NULL) fail(record.call, PyExc_TypeError, "the field %s is missing", key);
    return value;
}

static void read_field(Record record, const Field *field, void *target)
{
    Call *call = record.call;
    PyObject *value = record_item(record, field->name);
    switch (field->type) {
    case INT32:
        *(int32_t *)target = (int32_t)as_integer(call, field->name, value, INT32_MIN, INT32_MAX);
        break;
    case UINT32:
        *(uint32_t *)target = (uint32_t)as_integer(call, field->name, value, 0, UINT32_MAX);
        break;
    case INT64: *(int64_t *)target = as_integer(call, field->name, value, 0, MAX_COUNT); break;
    case COUNT:
        *(uint64_t *)target = (uint64_t)as_integer(call, field->name, value, 0, MAX_COUNT);
        break;
    case UINT64: *(uint64_t *)target = as_unsigned(call, field->name, value); break;
    case NUMBER: *(double *)target = as_number(call, field->name, value); break;
    case TEXT: *(const char **)target = as_text(call, field->name, value); break;
    }
}

Record take_record(
    Call *call, const char *name, const Field *fields, size_t n_fields, size_t n_others,
    void *structure)
{
    Record record = {call, take_object(call)};
    if (record.items == NULL) return record;
    if (!PyDict_Check(record.items)) {
        fail(call, PyExc_TypeError, "%s must be a dict", name);
        return record;
    }
    for (size_t i = 0; i < n_fields; ++i)
        read_field(record, &fields[i], (char *)structure + fields[i].offset);
    if (!call->failed && (size_t)PyDict_Size(record.items) > n_fields + n_others)
        fail(
            call, PyExc_TypeError, "%s must have %zu fields, got %zd", name, n_fields + n_others,
            PyDict_Size(record.items));
    return record;
}
