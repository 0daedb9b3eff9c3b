#include "driver.h"

#include <pthread.h>

/* Eight threads share the handles: some train, some read, one destroys. Each call is done or told
 * that the handle is busy or closed; no message of one thread reaches another. */

enum { THREADS = 8, ROUNDS = 20 };

static isingrg_model *mlrg, *flow;

static void expect(isingrg_status status)
{
    REQUIRE(status == ISINGRG_OK || status == ISINGRG_BUSY || status == ISINGRG_CLOSED);
    if (status == ISINGRG_BUSY) REQUIRE(strstr(isingrg_last_error(), "in use") != NULL);
}

static void *share(void *argument)
{
    int thread = *(int *)argument;
    double history[2 * ISINGRG_NEURALRG_COLUMNS], x[4 * 16], couplings[5] = {0.5}, velocity[5];
    int8_t spins[2 * 8 * 8];
    uint64_t done, step;
    isingrg_neuralrg_training training = {
        .steps = 2, .batch = 8, .learning_rate = 1e-3, .final_learning_rate = 1e-3,
        .schedule_steps = 2, .seed = 1};
    for (int round = 0; round < ROUNDS; ++round) {
        if (thread % 2 == 0)
            expect(isingrg_neuralrg_fit(flow, &training, history, 4, &done, NULL, NULL));
        expect(isingrg_neuralrg_sample(flow, 4, 5, x, NULL, NULL, NULL, NULL));
        expect(isingrg_model_step(flow, &step));
        expect(isingrg_mlrg_velocity(mlrg, couplings, 1, velocity, NULL, NULL, NULL));
        if (thread == 1 && round == ROUNDS / 2) ACCEPT(isingrg_model_destroy(mlrg));
        ACCEPT(isingrg_ising_sample(
            8, couplings, 1, 2, 1, 5, 1, thread % 4, 7, spins, sizeof spins, NULL, NULL));
        REFUSE("couplings", isingrg_ising_exact_bulk(
            NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL));
    }
    return NULL;
}

void test_threads(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    mlrg = make_mlrg();
    flow = make_neuralrg();
    for (int i = 0; i < THREADS; ++i) {
        numbers[i] = i;
        REQUIRE(pthread_create(&threads[i], NULL, share, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; ++i) REQUIRE(pthread_join(threads[i], NULL) == 0);
    ACCEPT(isingrg_model_destroy(flow));
    CLOSED(isingrg_model_destroy(mlrg));
}
