/*
 * The library from C: Monte Carlo, an MLRG trained on A1, and a NeuralRG that Python saved.
 *
 *     ./example model.safetensors [steps]
 *
 * Numbers go to standard output, and are the ones that Python gives for the same seeds; progress
 * goes to standard error. Ctrl-C ends the training early.
 */
#include "flow.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 16, SITES = SIZE * SIZE, CHAINS = 2, DRAWS = 50, FLOW_SAMPLES = 256 };
enum { WELL_STEPS = 20 };
enum { INTERRUPTED = 130 }; /* the exit status of shells */

static const double K_CRITICAL = 0.44068679350977151; /* ln(1 + sqrt 2) / 2 */

/* MARK: Errors and progress */

/* Ends the program with the library's own words unless all is well. */
static void require(isingrg_status status, const char *what)
{
    if (status == ISINGRG_OK) return;
    fprintf(stderr, "%s: %s\n", what, isingrg_last_error());
    exit(EXIT_FAILURE);
}

static double *numbers(size_t count)
{
    double *values = malloc(count * sizeof *values);
    if (values != NULL) return values;
    fprintf(stderr, "no memory for %zu numbers\n", count);
    exit(EXIT_FAILURE);
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

/* Called by the library at most every 50 ms; what is not 0 asks it to stop. */
static int32_t report(void *label, uint64_t done, uint64_t total)
{
    fprintf(stderr, "\r%s %3.0f %%", (const char *)label, 100.0 * (double)done / (double)total);
    if (done == total) fputc('\n', stderr);
    return stopped;
}

/* MARK: The three parts */

static void monte_carlo(void)
{
    static int8_t spins[CHAINS * DRAWS * SITES];
    double energies[CHAINS * DRAWS], means[CHAINS * DRAWS], exact, energy = 0, order = 0;
    require(
        isingrg_ising_sample(
            SIZE, &K_CRITICAL, 1, CHAINS, DRAWS, -1, -1, ISINGRG_ISING_WOLFF, 1, spins,
            sizeof spins, report, "sampling"),
        "sampling");
    require(isingrg_ising_energy(spins, CHAINS * DRAWS, SIZE, energies, NULL, NULL), "energy");
    require(
        isingrg_ising_magnetization(spins, CHAINS * DRAWS, SIZE, means, NULL, NULL),
        "magnetization");
    require(
        isingrg_ising_exact_torus(SIZE, &K_CRITICAL, 1, NULL, &exact, NULL, NULL, NULL),
        "exact energy");
    for (int i = 0; i < CHAINS * DRAWS; ++i) {
        energy += energies[i];
        order += fabs(means[i]);
    }
    energy /= CHAINS * DRAWS * SITES;
    printf("energy per site: %.17g exact %.17g\n", energy, exact / SITES);
    printf("mean |m|: %.17g\n", order / (CHAINS * DRAWS));
    printf("last configuration:\n");
    const int8_t *last = spins + sizeof spins - SITES;
    for (int i = 0; i < SITES; ++i)
        printf("%c%s", last[i] > 0 ? '#' : '.', i % SIZE == SIZE - 1 ? "\n" : "");
}

static void train(uint64_t steps)
{
    const int32_t hidden[] = {64};
    const double guess = 0.8;
    const isingrg_mlrg_config config = {
        .representation = "A1", .moderator = ISINGRG_MLRG_MONOTONE, .divergence = ISINGRG_MLRG_KL,
        .transport = ISINGRG_MLRG_STEP, .frame = ISINGRG_MLRG_PUBLISHED,
        .activation = ISINGRG_MLRG_TANH, .n_hidden = 1, .hidden = hidden, .seed = 0};
    const isingrg_mlrg_training training = { /* the defaults of Python's MLRG.fit */
        .steps = steps, .schedule_steps = steps, .batch = 32,
        .learning_rate = 2e-2, .final_learning_rate = 1e-5, .clip_norm = 0.02,
        .beta_max = 16, .beta_rate = 16, .beta_midpoint = 0.25,
        .proposal = ISINGRG_MLRG_SQUARED, .replicas = 1, .proposal_scale = 1, .coupling_bound = 2,
        .hmc_step = 0.1, .hmc_leapfrog = 4, .hmc_updates = 1,
        .cd_samples = 512, .teacher_sweeps = 32, .student_sweeps = 1,
        .record_from = UINT64_MAX, .seed = 0};
    isingrg_model *model;
    double *history = numbers(steps * ISINGRG_MLRG_COLUMNS), point, velocity, slope;
    uint64_t done = 0;

    require(isingrg_mlrg_create(&config, &model), "network");
    isingrg_status status = isingrg_mlrg_fit(
        model, &training, history, (int64_t)(steps * ISINGRG_MLRG_COLUMNS), &done, report,
        "training");
    if (status == ISINGRG_INTERRUPTED) { /* what is trained remains, and could be trained further */
        fprintf(stderr, "\nstopped at step %llu of %llu\n", (unsigned long long)done,
            (unsigned long long)steps);
        isingrg_model_destroy(model);
        exit(INTERRUPTED);
    }
    require(status, "training");
    require(isingrg_mlrg_fixed_point(model, &guess, &point, NULL, NULL), "fixed point");
    require(isingrg_mlrg_velocity(model, &point, 1, &velocity, &slope, NULL, NULL), "slope");
    printf("loss: %.17g\n", history[(done - 1) * ISINGRG_MLRG_COLUMNS + ISINGRG_MLRG_LOSS]);
    printf("J*: %.17g exact 0.8139196792\n", point);
    printf("slope: %.17g exact 1.3567966\n", 1 + slope);
    require(isingrg_model_destroy(model), "end of the network");
    free(history);
}

static void evaluate(Flow flow)
{
    const size_t sites = (size_t)(flow.size * flow.size), n = FLOW_SAMPLES;
    double *x = numbers(n * sites), *z = numbers(n * sites), *back = numbers(n * sites);
    double log_q[FLOW_SAMPLES], log_pi[FLOW_SAMPLES], logdet[FLOW_SAMPLES];
    double bound = 0, exact, largest = 0;
    int32_t layers;
    uint64_t step;

    require(isingrg_model_step(flow.model, &step), "step");
    require(isingrg_neuralrg_sample(flow.model, n, 0, x, NULL, log_q, report, "flow"), "samples");
    require(
        isingrg_neuralrg_log_density(flow.size, flow.coupling, x, n, log_pi, NULL, NULL),
        "target");
    require(isingrg_neuralrg_layer_count(flow.model, &layers), "layers");
    require(
        isingrg_neuralrg_encode(flow.model, x, n, 0, layers, z, logdet, NULL, NULL), "encode");
    require(
        isingrg_neuralrg_decode(flow.model, z, n, 0, layers, back, logdet, NULL, NULL), "decode");
    require(
        isingrg_neuralrg_dual(flow.size, &flow.coupling, 1, &exact, NULL, NULL, NULL, NULL),
        "exact ln Z");

    printf("flow: L %lld K %.17g step %llu\n", (long long)flow.size, flow.coupling,
        (unsigned long long)step);
    for (int i = 0; i < 4; ++i) printf("ln q: %.17g ln pi: %.17g\n", log_q[i], log_pi[i]);
    for (size_t i = 0; i < n; ++i) bound += log_q[i] - log_pi[i];
    for (size_t i = 0; i < n * sites; ++i) largest = fmax(largest, fabs(back[i] - x[i]));
    printf("error of decode(encode(x)): %.17g\n", largest);
    printf("bound of -ln Z: %.17g exact %.17g\n", bound / (double)n, -exact);
    require(isingrg_model_destroy(flow.model), "end of the flow");
    free(x);
    free(z);
    free(back);
}

/* ln pi = -sum (x^2 - 1)^2, and its gradient where that is wanted. */
static int32_t double_well(
    void *context, const double *x, int64_t n, double *log_density, double *gradient)
{
    const int64_t sites = *(const int64_t *)context;
    for (int64_t i = 0; i < n; ++i) {
        log_density[i] = 0;
        for (int64_t j = i * sites; j < (i + 1) * sites; ++j) {
            const double well = x[j] * x[j] - 1;
            log_density[i] -= well * well;
            if (gradient != NULL) gradient[j] = -4 * x[j] * well;
        }
    }
    return 0;
}

/* A flow that learns a density of our own. */
static void own_density(void)
{
    int64_t sites = 16;
    const int32_t hidden[] = {4};
    const isingrg_neuralrg_target target = {
        .kind = ISINGRG_NEURALRG_FUNCTION, .function = double_well, .context = &sites};
    const isingrg_neuralrg_config config = {
        .rows = 4, .columns = 4, .block = 2, .repeats = 1, .layers = 2, .n_hidden = 1, .hidden = hidden,
        .symmetric = 1, .seed = 0, .target = &target};
    const isingrg_neuralrg_training training = {
        .steps = WELL_STEPS, .batch = 64, .learning_rate = 1e-2, .final_learning_rate = 1e-2,
        .schedule_steps = 1, .seed = 0};
    double history[WELL_STEPS * ISINGRG_NEURALRG_COLUMNS];
    isingrg_model *model;
    uint64_t done;

    require(isingrg_neuralrg_create(&config, &model), "flow");
    require(
        isingrg_neuralrg_fit(
            model, &training, history, WELL_STEPS * ISINGRG_NEURALRG_COLUMNS, &done, NULL, NULL),
        "training of the flow");
    printf("double well: %.17g\n",
        history[(done - 1) * ISINGRG_NEURALRG_COLUMNS + ISINGRG_NEURALRG_LOSS]);
    require(isingrg_model_destroy(model), "end of the flow");
}

int main(int count, char **arguments)
{
    const uint64_t steps = count > 2 ? strtoull(arguments[2], NULL, 10) : 5000;
    if (count < 2 || count > 3 || steps < 1 || steps > 100 * 1000 * 1000) {
        fprintf(stderr, "usage: %s model.safetensors [steps]\n", arguments[0]);
        return EXIT_FAILURE;
    }
    if (isingrg_abi_version() != ISINGRG_ABI_VERSION) {
        fprintf(stderr, "the library and isingrg.h are of different versions\n");
        return EXIT_FAILURE;
    }
    Flow flow;
    if (!flow_load(&flow, arguments[1])) return EXIT_FAILURE;
    signal(SIGINT, stop);
    printf("library: %s %s\n", isingrg_version(), isingrg_instruction_set());
    monte_carlo();
    train(steps);
    evaluate(flow);
    own_density();
    return EXIT_SUCCESS;
}
