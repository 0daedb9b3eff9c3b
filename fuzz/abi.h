/*
 * A fuzzer of the whole C ABI: an input is a program of calls, decoded by input.c and made by
 * calls_*.c. Whatever the program says, arrays have as many elements as the header asks for where
 * the other arguments are permitted. Then no call may crash, hang, or touch other memory.
 *
 * An input that has ended reads as zeros, and zeros decode to something permitted. No expression
 * decodes two things, because compilers differ in the order of evaluation.
 */
#ifndef ISINGRG_FUZZ_ABI_H
#define ISINGRG_FUZZ_ABI_H

#include <isingrg.h>
#include <stdbool.h>

/* MARK: Decoding (input.c) */

void begin_input(const uint8_t *data, size_t size);
bool input_left(void);
uint8_t next_byte(void);
uint64_t next_word(void);

/* True once in 16 times, and of an input that has ended never. */
bool seldom(void);

/* 0 to count - 1. */
int32_t pick(int32_t count);

/* 0 to count - 1, seldom a number that no enumeration of the header has. */
int32_t choice(int32_t count);

/* low to high; seldom 0, a number beside them, or an extreme one, which is beyond every limit of
 * the header: what is permitted has to be little work. */
int64_t amount(int64_t low, int64_t high);
int32_t small(int32_t low, int32_t high);

/* The usual number, seldom any other: zero, negative, huge, not finite. */
double number(double usual);

/* The number of elements of an array, seldom a smaller or an extreme one. */
int64_t elements(int64_t exact);

/* Elements of n rows; none where a factor is refused, as it has to be before they are touched. */
int64_t rows(int64_t n, int64_t columns);

/* Arrays of n elements, seldom NULL; end_call frees them. Numbers are at most scale in magnitude
 * and spins +-1, seldom with another value among them. */
void *output(int64_t n, size_t element);
double *space(int64_t n);
double *numbers(int64_t n, double scale);
int8_t *spins(int64_t n);

/* NULL, or a function that asks to stop after some calls or makes a call of its own. */
isingrg_progress progress(void);

/* The name of a representation of 1 to so many components, seldom of none. */
const char *representation(int32_t components);

/* Its couplings, 1 where it has none. */
int64_t coupling_count(const char *name, int32_t frame);
int64_t loop_coupling_count(const char *name);

/* Checks what every function promises of its status, and frees the arrays of the call. */
void end_call(isingrg_status status);

/* MARK: Models (calls_models.c) */

/* The methods, each with a file calls_<name>.c. */
#define METHODS(EACH) \
    EACH(MLRG, mlrg) \
    EACH(NEURALRG, neuralrg) \
    EACH(GRAPHVAE, graphvae) \
    EACH(MULTILEVEL, multilevel)

#define NUMBER_OF_METHOD(NUMBER, NAME) NUMBER,
typedef enum { NO_METHOD, METHODS(NUMBER_OF_METHOD) } Method;

/* A model of any method, on the one shelf of all. Handles stay when they were destroyed. */
typedef struct {
    Method method;
    isingrg_model *handle;
    int64_t size; /* L, or the number of couplings */
    int64_t rows; /* of a lattice that may have other than L */
    int64_t latent, levels, readout;
} Slot;

/* Any slot. */
Slot *any_slot(void);

/* A slot with a model of the method if there is one, seldom any. */
Slot *slot(Method method);

/* The next slot with a model of the method; the same if there is no other. */
Slot *next_slot(Slot *slot, Method method);

/* Its handle, seldom one that never existed: those of the library are even. */
isingrg_model *handle(const Slot *slot);

/* L^2, or any number where no model has been. */
int64_t sites(const Slot *slot);

/* Puts a new model in the place of what is there. */
void keep(Slot *place, Slot made);

/* MARK: Calls: each makes one, of a function that the input chooses */

void call_any(void);
void call_ising(void);
void call_lattice(void);
void call_machines(void);
void call_mcrg(void);
void call_models(void);
void call_states(void);
void call_tensorrg(void);

#define CALL_OF_METHOD(NUMBER, NAME) void call_##NAME(void);
METHODS(CALL_OF_METHOD)

/* Destroys all models. */
void clear_shelf(void);

#endif
