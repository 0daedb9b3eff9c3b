/* The shelf of models, and calls on models of any method. */
#include "abi.h"

#include <string.h>

/* MARK: The shelf */

enum { SLOTS = 6 };
static Slot shelf[SLOTS];

Slot *any_slot(void) { return shelf + pick(SLOTS); }

Slot *next_slot(Slot *slot, Method method)
{
    for (int i = 1; i < SLOTS; ++i) {
        Slot *next = shelf + (slot - shelf + i) % SLOTS;
        if (next->method == method) return next;
    }
    return slot;
}

Slot *slot(Method method)
{
    Slot *chosen = any_slot();
    if (seldom() || chosen->method == method) return chosen;
    return next_slot(chosen, method);
}

isingrg_model *handle(const Slot *slot)
{
    return seldom() ? (isingrg_model *)(uintptr_t)(next_word() | 1) : slot->handle;
}

int64_t sites(const Slot *slot)
{
    int64_t rows = slot->rows ? slot->rows : slot->size;
    return slot->size ? rows * slot->size : 16;
}

void keep(Slot *place, Slot made)
{
    isingrg_model_destroy(place->handle);
    *place = made;
}

void clear_shelf(void)
{
    for (int i = 0; i < SLOTS; ++i) isingrg_model_destroy(shelf[i].handle);
    memset(shelf, 0, sizeof shelf);
}

/* MARK: Calls */

static void destroy(isingrg_model *model) { end_call(isingrg_model_destroy(model)); }

static void count(isingrg_model *model)
{
    int32_t which = pick(4);
    uint64_t *answer = output(1, sizeof(uint64_t));
    if (which == 0)
        end_call(isingrg_model_step(model, answer));
    else if (which == 1)
        end_call(isingrg_model_rows_done(model, answer));
    else if (which == 2)
        end_call(isingrg_model_parameter_count(model, (int64_t *)answer));
    else
        end_call(isingrg_model_array_count(model, (int32_t *)answer));
}

/* One of the arrays of a model, seldom none of them. */
static int32_t array_index(isingrg_model *model)
{
    int32_t arrays = 0;
    isingrg_model_array_count(model, &arrays);
    return small(0, arrays > 0 ? arrays - 1 : 0);
}

static int64_t array_size(isingrg_model *model, int32_t index)
{
    char name[64];
    int64_t shape[2] = {0, 0};
    isingrg_model_array_info(model, index, name, 64, shape);
    return shape[0] * shape[1];
}

static void describe_array(isingrg_model *model)
{
    int32_t index = array_index(model);
    int64_t capacity = amount(0, 64);
    /* All names are shorter than 128, so that a larger capacity need not be true. */
    char *name = output(capacity > 128 ? 128 : rows(capacity, 1), 1);
    int64_t *shape = output(2, sizeof(int64_t));
    end_call(isingrg_model_array_info(model, index, name, capacity, shape));
}

static void read_array(isingrg_model *model)
{
    int32_t index = array_index(model);
    int64_t exact = array_size(model, index);
    double *values = space(exact);
    int64_t given = elements(exact);
    end_call(isingrg_model_read_array(model, index, values, given));
}

static void write_array(isingrg_model *model)
{
    int32_t index = array_index(model);
    double scale = pick(2) == 0 ? 2 : 1e6;
    bool is_exact = next_byte() < 0xC0; /* some arrays may have any number of rows */
    int64_t n = is_exact ? array_size(model, index) : amount(0, 100);
    int64_t given = is_exact ? elements(n) : n;
    double *values = numbers(rows(n, 1), scale);
    if (n == 1 && values != NULL) values[0] = number(next_byte());
    end_call(isingrg_model_write_array(model, index, values, given));
}

void call_models(void)
{
    static void (*const calls[])(isingrg_model *) = {
        count, describe_array, read_array, write_array, destroy};
    isingrg_model *model = handle(any_slot());
    calls[pick(5)](model);
}
