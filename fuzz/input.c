/* How bytes become arguments. */
#include "abi.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t *next, *end;

void begin_input(const uint8_t *data, size_t size)
{
    next = data;
    end = data + size;
}

bool input_left(void) { return next < end; }

uint8_t next_byte(void) { return next < end ? *next++ : 0; }

uint64_t next_word(void)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | next_byte();
    return word;
}

bool seldom(void) { return next_byte() >= 0xF0; }

/* MARK: Numbers */

int32_t pick(int32_t count) { return next_byte() % count; }

int32_t choice(int32_t count)
{
    static const int32_t wrong[] = {-1, 100, INT32_MAX, INT32_MIN};
    uint8_t byte = next_byte();
    if (byte < 0xF0) return byte % count;
    return byte < 0xF8 ? count : wrong[byte % 4];
}

static int64_t extreme(void)
{
    static const int64_t numbers[] = {
        -1, -2, -(INT64_C(1) << 32), INT64_MIN, INT64_MIN + 1, INT64_C(1) << 41, INT64_C(1) << 53,
        INT64_C(1) << 61, INT64_C(1) << 62, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX};
    return numbers[pick(12)];
}

int64_t amount(int64_t low, int64_t high)
{
    uint8_t byte = next_byte();
    if (byte < 0xF0) return low + byte % (high - low + 1);
    switch (byte % 4) {
    case 0: return 0;
    case 1: return low - 1;
    case 2: return high + 1;
    default: return extreme();
    }
}

int32_t small(int32_t low, int32_t high)
{
    static const int32_t extremes[] = {INT32_MIN, -1, 1 << 20, INT32_MAX};
    int64_t value = amount(low, high);
    return value > INT32_MAX || value < INT32_MIN ? extremes[value & 3] : (int32_t)value;
}

double number(double usual)
{
    static const double others[] = {
        0, -1, 1, 1e-3, 10, -100, 1e6, 1e300, DBL_MAX, -DBL_MAX, DBL_MIN, 4.9e-324, NAN, INFINITY,
        -INFINITY, -0.0};
    uint8_t byte = next_byte();
    return byte < 0xE0 ? usual : others[byte % 16];
}

int64_t elements(int64_t exact)
{
    uint8_t byte = next_byte();
    if (byte < 0xF0) return exact;
    return byte < 0xF8 ? exact - 1 : byte < 0xFC ? -exact : extreme();
}

int64_t rows(int64_t n, int64_t columns)
{
    bool is_small = n >= 0 && n <= 65536 && columns >= 0 && columns <= 65536;
    return is_small ? n * columns : 0;
}

/* MARK: Arrays */

/* Those of the call, and below them those of calls in whose progress function it is. */
static void *arrays[64];
static int n_arrays, first_array;

void *output(int64_t n, size_t element)
{
    if (seldom()) return NULL;
    void *array = malloc((size_t)n * element);
    if (array == NULL || n_arrays == 64) abort();
    return arrays[n_arrays++] = array;
}

double *space(int64_t n) { return output(n, sizeof(double)); }

/* A place in an array of n elements where something seldom is, or -1. */
static int64_t odd_place(int64_t n)
{
    if (!seldom() || n == 0) return -1;
    return (int64_t)(next_word() % (uint64_t)n);
}

double *numbers(int64_t n, double scale)
{
    double *array = space(n);
    if (array == NULL) return NULL;
    uint32_t state = 2654435761u * (next_byte() + 1u);
    for (int64_t i = 0; i < n; ++i) {
        state = state * 1664525u + 1013904223u;
        array[i] = scale * ((double)state / 2147483648.0 - 1);
    }
    int64_t odd = odd_place(n);
    if (odd >= 0) array[odd] = number(scale);
    return array;
}

int8_t *spins(int64_t n)
{
    int8_t *array = output(n, 1);
    if (array == NULL) return NULL;
    uint32_t state = 2654435761u * (next_byte() + 1u);
    for (int64_t i = 0; i < n; ++i) {
        state = state * 1664525u + 1013904223u;
        array[i] = state >> 31 ? 1 : -1;
    }
    int64_t odd = odd_place(n);
    if (odd >= 0) array[odd] = (int8_t)next_byte();
    return array;
}

void end_call(isingrg_status status)
{
    const char *message = isingrg_last_error();
    bool known = status >= ISINGRG_OK && status <= ISINGRG_WRONG_METHOD;
    if (!known || message == NULL || (status != ISINGRG_OK && strlen(message) == 0)) {
        fprintf(stderr, "status %d says \"%s\"\n", status, message ? message : "(NULL)");
        abort();
    }
    while (n_arrays > first_array) free(arrays[--n_arrays]);
}

/* MARK: Progress */

static int calls_left;
static bool is_nested;

static int32_t stop_later(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return calls_left-- <= 0;
}

static int32_t make_a_call(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    if (is_nested) return 0;
    int first = first_array;
    first_array = n_arrays;
    is_nested = true;
    call_any();
    is_nested = false;
    first_array = first;
    return seldom();
}

isingrg_progress progress(void)
{
    uint8_t byte = next_byte() % 16;
    if (byte < 8) return NULL;
    calls_left = byte % 4;
    return byte < 12 ? stop_later : make_a_call;
}

/* MARK: Representations */

const char *representation(int32_t components)
{
    /* So many of one component, of up to two, and so on. */
    static const int32_t counts[] = {2, 6, 10, 13, 15};
    static const char *const names[] = {
        "A1", "A2", "E", "2A1", "A1+B1", "B2+A1", "A1+E", "3A1", "E+B1", "A1+A2+B2", "2A1+E", "2E",
        "4A1", "5A1", "A1+2E"};
    static const char *const wrong[] = {
        "", "B1", "A3", "A1+", "+A1", "6A1", "0A1", "3E", "99999999999999999999A1", "A1 ", "a1",
        "\xff\xfe", "A1+A2+B1+B2+E", "1A1+01A1", NULL};
    static char text[9];
    uint8_t byte = next_byte();
    if (byte < 0xE0) return names[byte % counts[components - 1]];
    if (byte < 0xF0 || components < 5) return wrong[byte % 15];
    for (int i = 0; i < 8; ++i) text[i] = (char)next_byte();
    return text;
}

int64_t loop_coupling_count(const char *name)
{
    int32_t count = 1;
    return isingrg_mlrg_loop_terms(name, NULL, 0, &count) == ISINGRG_OK ? count : 1;
}

int64_t coupling_count(const char *name, int32_t frame)
{
    int32_t count = 1;
    return isingrg_mlrg_coupling_count(name, frame, &count) == ISINGRG_OK ? count : 1;
}
