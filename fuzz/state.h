/*
 * Calls on the arrays of a model's state, of the same form for every method. Included once by each,
 * with MODEL defined as the type of its models, which all its functions begin with.
 */
#define JOIN_(prefix, name) prefix##name
#define JOIN(prefix, name) JOIN_(prefix, name)
#define FUNCTION(name) JOIN(MODEL, name)

static int64_t array_size(MODEL *model, int32_t index)
{
    char name[64];
    int64_t shape[2] = {0, 0};
    FUNCTION(_array_info)(model, index, name, 64, shape);
    return shape[0] * shape[1];
}

/* Which: 0 to 2. */
static void ask_for_state(MODEL *model, int32_t which, int32_t index)
{
    if (which == 0) {
        int32_t *count = output(1, sizeof(int32_t));
        end_call(FUNCTION(_array_count)(model, count));
    } else if (which == 1) {
        int64_t capacity = amount(0, 64);
        char *name = output(rows(capacity, 1), 1);
        int64_t *shape = output(2, sizeof(int64_t));
        end_call(FUNCTION(_array_info)(model, index, name, capacity, shape));
    } else {
        double *values = space(array_size(model, index));
        int64_t count = elements(array_size(model, index));
        end_call(FUNCTION(_read_array)(model, index, values, count));
    }
}

/* An array of n numbers, and how many the call says they are. */
static void write_state(MODEL *model, int32_t index, int64_t n, int64_t given, double scale)
{
    double *values = numbers(n, scale);
    if (n == 1 && values != NULL) values[0] = number(next_byte());
    end_call(FUNCTION(_write_array)(model, index, values, given));
}

static void destroy(void)
{
    MODEL *model = handle(slot(shelf));
    end_call(FUNCTION(_destroy)(model));
}

static void clear(void)
{
    for (int i = 0; i < SLOTS; ++i) FUNCTION(_destroy)(shelf[i].handle);
    memset(shelf, 0, sizeof shelf);
}
