/* Every function of isingrg.h, with arguments that are permitted and with those that are not. */
#ifndef ISINGRG_DRIVER_H
#define ISINGRG_DRIVER_H

#include <isingrg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition) \
    ((condition) ? (void)0 \
                 : (fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, \
                            isingrg_last_error()), exit(EXIT_FAILURE)))

/* The call succeeds; has this status and a message that contains the words; is refused with such a
 * message; is told that the handle was closed; is stopped by its progress function. */
#define ACCEPT(call) REQUIRE((call) == ISINGRG_OK)
#define EXPECT(status, words, call) \
    REQUIRE((call) == (status) && strstr(isingrg_last_error(), words) != NULL)
#define REFUSE(words, call) EXPECT(ISINGRG_INVALID_ARGUMENT, words, call)
#define CLOSED(call) REQUIRE((call) == ISINGRG_CLOSED)
#define INTERRUPT(call) REQUIRE((call) == ISINGRG_INTERRUPTED)

/* Progress functions: counts its calls in *context; asks to stop. */
int32_t count_calls(void *context, uint64_t done, uint64_t total);
int32_t stop(void *context, uint64_t done, uint64_t total);

/* A small model of each method, not trained yet. */
isingrg_model *make_mlrg(void);
isingrg_model *make_neuralrg(void);
isingrg_model *make_graphvae(void);
isingrg_model *make_multilevel(void);
isingrg_model *make_graphvae_graph(void); /* with a decoder of graph convolutions */

/* Trains it by a few rows of the history. */
void train_mlrg(isingrg_model *model);
void train_neuralrg(isingrg_model *model);
void train_graphvae(isingrg_model *model);
void train_multilevel(isingrg_model *model);

void test_library(void);
void test_ising(void);
void test_lattice(void);
void test_machines(void);
void test_states(void);
void test_models(void);
void test_mlrg(void);
void test_neuralrg(void);
void test_graphvae(void);
void test_tensorrg(void);
void test_mcrg(void);
void test_multilevel(void);
void test_threads(void);

#endif
