/*
 * isingrg: neural renormalization-group methods for the two-dimensional Ising model.
 *
 * The C contract of the library and its single source of truth: the Swift core implements it, the
 * Python package is a client of it, and so can be any language that calls C.
 *
 * Conventions:
 *
 * - Functions that can fail return an isingrg_status. On failure, isingrg_last_error() gives the
 *   reason in words, per thread; handles are unchanged unless the function says so, and outputs
 *   undefined.
 * - Any of them can return ISINGRG_INVALID_ARGUMENT and ISINGRG_OUT_OF_MEMORY; those with a handle
 *   ISINGRG_CLOSED, ISINGRG_BUSY and ISINGRG_WRONG_METHOD; those with a progress function
 *   ISINGRG_INTERRUPTED. Other failures are named where they occur.
 * - Arrays are contiguous, in C order, and owned by the caller; sizes count elements. A NULL
 *   pointer is an error unless the parameter says that it may be NULL.
 * - p(s) ~ exp(K sum_<ij> s_i s_j) with s_i = +-1 and K = J/T; couplings J of the Boltzmann machines
 *   enter as p(x, z) ~ exp(+J z x).
 * - Every function may be called from any thread. Handles may be shared. Functions that train a model
 *   or write its arrays need its handle for themselves: they fail with ISINGRG_BUSY while another call
 *   uses it, and another call while they do. isingrg_model_destroy never fails so; the memory is
 *   freed when the last call that uses it returns.
 * - A process may fork, also while other threads are in calls: the child computes with threads of its
 *   own. There a handle that another thread was changing stays busy for ever.
 * - Random results depend on the seed only, never on the number of threads.
 */
#ifndef ISINGRG_H
#define ISINGRG_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ISINGRG_API __attribute__((visibility("default")))
#else
#define ISINGRG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* MARK: Library */

/* Raised whenever a function or a structure of this header changes its meaning. */
#define ISINGRG_ABI_VERSION 9

typedef int32_t isingrg_status;
enum {
    ISINGRG_OK = 0,
    ISINGRG_INVALID_ARGUMENT = 1, /* outside the permitted range; the message names it */
    ISINGRG_OUT_OF_MEMORY = 2,
    ISINGRG_NOT_CONVERGED = 3,
    ISINGRG_NON_FINITE = 4,  /* a result or a loss became NaN or infinite */
    ISINGRG_INTERRUPTED = 5, /* the progress function asked to stop */
    ISINGRG_CLOSED = 6,      /* the handle was destroyed or never existed */
    ISINGRG_BUSY = 7,        /* another call uses the handle, and one of the two would change it */
    ISINGRG_WRONG_METHOD = 8 /* the handle is a model of another method */
};

/* The ABI version of the library at run time; compare it with ISINGRG_ABI_VERSION. */
ISINGRG_API int32_t isingrg_abi_version(void);

/* Version of the library, "major.minor.patch"; static. */
ISINGRG_API const char *isingrg_version(void);

/* The instruction set the library was compiled for, such as "avx2"; static. */
ISINGRG_API const char *isingrg_instruction_set(void);

/* Why the last failing call on this thread failed. Valid until the next failing call on this
 * thread; "" when none failed. */
ISINGRG_API const char *isingrg_last_error(void);

/* Sets the threads used by each call. Results do not depend on it.
 *
 * By default it is the number in the environment variable ISINGRG_NUM_THREADS, or else that of the
 * processors which the process may keep busy: those of its affinity (taskset), or fewer if the quota
 * of a control group of Linux, such as that of a container, grants less time, rounded up. Both are
 * looked at once, in the first call.
 * \param count 1 to 1024, the calling one included */
ISINGRG_API isingrg_status isingrg_set_num_threads(int32_t count);

/* That number. If ISINGRG_NUM_THREADS is not a whole number from 1 to 1024, and no number was set, it is
 * 0, isingrg_last_error() says so, and functions with a status return ISINGRG_INVALID_ARGUMENT. */
ISINGRG_API int32_t isingrg_get_num_threads(void);

/*
 * Progress of a long computation: units done so far and in total. Called on the thread that made
 * the call, at most every 50 ms and once at the end. Return 0 to go on, anything else to stop: the
 * call then returns ISINGRG_INTERRUPTED within half a second. Any function may be called here, but the
 * handles at work are in use. A child that is forked here and returns stops as if this function had
 * asked for it: only the parent goes on.
 */
typedef int32_t (*isingrg_progress)(void *context, uint64_t done, uint64_t total);

/*
 * Parameters that mean the same in all functions which do not say otherwise:
 * \param n         rows of the arrays, 0 or more
 * \param seed      of the random numbers, any number
 * \param progress  called while the computation runs, may be NULL; counts rows of the arrays where
 *                  the function does not say otherwise; once it asked to stop, outputs are undefined
 * \param context   handed to progress
 * \param model     a handle from the create function of its method
 * \param training  settings of this call, ranges as the structure says
 * \param[out] history  a row for each step, or epoch, done by this call
 * \param history_count elements of history
 * \param[out] done     rows of history that are filled
 * \param config    of the new model, ranges as the structure says; it is copied
 * \param size      L, the linear size of the lattice
 * \param couplings shape (n, c), finite, of the c couplings of the representation
 * \param representation how every spin transforms under the point group: a sum of A1, A2, B1, B2
 *                  and E such as "2A1+E"
 * \param frame     ISINGRG_MLRG_PUBLISHED or ISINGRG_MLRG_CONSISTENT: whether a student keeps the
 *                  teacher's axes or turns them by 45 degrees; it matters with B1, B2 and E only
 * \param index     of a layer or of an array of the state, from 0
 */

/* MARK: Ising model on the L x L torus */

enum {
    ISINGRG_ISING_AUTO = -1, /* for each coupling the one that isingrg_ising_plan names */
    ISINGRG_ISING_WOLFF = 0,
    ISINGRG_ISING_SWENDSEN_WANG = 1,
    ISINGRG_ISING_METROPOLIS = 2,
    ISINGRG_ISING_HEAT_BATH = 3
};

/*
 * Samples spin configurations.
 * \param size         L, even, 4 to 16384
 * \param couplings    K, finite numbers of either sign
 * \param n_couplings  1 to 2^20
 * \param n_chains     independent chains per coupling, at least 1
 * \param n_samples    samples kept per chain, at least 1
 * \param n_thermalize sweeps before the first sample, or -1 for a default from the physics
 * \param n_between    sweeps between samples, at least 1, or -1 for a default
 * \param algorithm    ISINGRG_ISING_AUTO ... ISINGRG_ISING_HEAT_BATH
 * \param[out] spins   int8 of +-1, shape (n_couplings, n_chains, n_samples, L, L)
 * \param spins_count  elements of spins, must equal that product
 * \param progress     counts sweeps
 */
ISINGRG_API isingrg_status isingrg_ising_sample(
    int64_t size, const double *couplings, int64_t n_couplings, int64_t n_chains,
    int64_t n_samples, int64_t n_thermalize, int64_t n_between, int32_t algorithm, uint64_t seed,
    int8_t *spins, int64_t spins_count, isingrg_progress progress, void *context);

/*
 * The algorithm and the sweeps with which isingrg_ising_sample samples at a coupling, for the same
 * arguments. ISINGRG_ISING_AUTO becomes Metropolis where it needs less processor time for an
 * independent sample, and Wolff elsewhere: around the critical coupling. It depends on nothing but
 * size, coupling and n_chains; naming the algorithm gives the same spins.
 * \param size         L, even, 4 to 16384
 * \param coupling     K, finite, of either sign
 * \param n_chains     independent chains per coupling, 1 to 2^24
 * \param n_thermalize sweeps before the first sample, 0 to 2^40, or -1 for the default
 * \param n_between    sweeps between samples, 1 to 2^40, or -1 for the default
 * \param algorithm    ISINGRG_ISING_AUTO ... ISINGRG_ISING_HEAT_BATH
 * \param[out] chosen  ISINGRG_ISING_WOLFF ... ISINGRG_ISING_HEAT_BATH
 * \param[out] thermalize_sweeps before the first sample
 * \param[out] between_sweeps    between samples
 */
ISINGRG_API isingrg_status isingrg_ising_plan(
    int64_t size, double coupling, int64_t n_chains, int64_t n_thermalize, int64_t n_between,
    int32_t algorithm, int32_t *chosen, int64_t *thermalize_sweeps, int64_t *between_sweeps);

/* Total energy E/J = -sum_<ij> s_i s_j of each configuration.
 * \param spins         int8 of +-1, shape (n, L, L), L from 2 to 2^20
 * \param[out] energies n numbers, -2 L^2 to 2 L^2 */
ISINGRG_API isingrg_status isingrg_ising_energy(
    const int8_t *spins, int64_t n, int64_t size, double *energies, isingrg_progress progress,
    void *context);

/* Mean spin of each configuration.
 * \param spins      int8 of +-1, shape (n, L, L), L from 2 to 2^20
 * \param[out] means n numbers in [-1, 1] */
ISINGRG_API isingrg_status isingrg_ising_magnetization(
    const int8_t *spins, int64_t n, int64_t size, double *means, isingrg_progress progress,
    void *context);

/* Majority of each factor x factor block, ties to +1.
 * \param spins        int8 of +-1, shape (n, L, L), L from 2 to 2^20
 * \param factor       a divisor of L
 * \param[out] blocked int8, shape (n, L/factor, L/factor) */
ISINGRG_API isingrg_status isingrg_ising_block_spin(
    const int8_t *spins, int64_t n, int64_t size, int64_t factor, int8_t *blocked,
    isingrg_progress progress, void *context);

/* Exact results on the L x L torus (Kaufman, doi:10.1103/PhysRev.76.1232). Each output takes n
 * numbers, one per coupling, or may be NULL. Their relative errors are below 1e-12 for every K; the
 * heat capacity of |K| > 93 is below the range of numbers, 0.
 * \param size               L, 2 to 4096
 * \param couplings          K, n numbers, |K| <= 100, not negative where L is odd
 * \param[out] log_partition ln Z
 * \param[out] energy        <E>/J, total
 * \param[out] heat_capacity K^2 (<E^2> - <E>^2) / J^2, total */
ISINGRG_API isingrg_status isingrg_ising_exact_torus(
    int64_t size, const double *couplings, int64_t n, double *log_partition, double *energy,
    double *heat_capacity, isingrg_progress progress, void *context);

/* Exact results of the infinite lattice (Onsager, doi:10.1103/PhysRev.65.117; Yang,
 * doi:10.1103/PhysRev.85.808). Each output takes n numbers or may be NULL. Their relative errors are
 * below 1e-13 for every K; the specific heat of |K| > 93 is below the range of numbers, 0.
 * \param couplings                K, n numbers, |K| <= 100
 * \param[out] minus_log_partition per site
 * \param[out] energy              E/J per site
 * \param[out] specific_heat       K^2 d^2(ln Z)/dK^2 per site, +infinity at K_c
 * \param[out] magnetization       spontaneous, 0 for K <= K_c */
ISINGRG_API isingrg_status isingrg_ising_exact_bulk(
    const double *couplings, int64_t n, double *minus_log_partition,
    double *energy, double *specific_heat, double *magnetization,
    isingrg_progress progress, void *context);

/* Integrated autocorrelation time tau = 1 + 2 sum_t rho(t) of a stationary series, in samples,
 * with a window that falls smoothly from 1 at t = 2 l to 0 at t = 8 l; correlations last for
 * l = max(1, tau, sum_t rho(t)^2) samples. ISINGRG_NOT_CONVERGED when the chains are shorter than
 * 50 l, ISINGRG_NON_FINITE when a number or the variance is not finite. The amount of work is not
 * known beforehand: progress receives 0 of 0.
 * \param series    shape (n_chains, n_samples), not constant
 * \param n_chains  1 to 2^31
 * \param n_samples 1 to 2^31
 * \param[out] time one number */
ISINGRG_API isingrg_status isingrg_ising_autocorrelation_time(
    const double *series, int64_t n_chains, int64_t n_samples, double *time,
    isingrg_progress progress, void *context);

/* MARK: Spins on any lattice */

enum {
    ISINGRG_LATTICE_ISING = 0, /* spins -1 and +1, w(s, t) = s t, f(s) = s */
    ISINGRG_LATTICE_POTTS = 1, /* states 0 to q - 1, w(s, t) = 1 if s = t else 0, f(s) = 1 if s = 0 */
    ISINGRG_LATTICE_CLOCK = 2  /* states 0 to q - 1, w(s, t) = cos(2 pi (s - t) / q), f(s) = w(s, 0) */
};

/* A graph with spins: p(s) ~ exp(-K E + h F) with the energy E = -sum J_ij w(s_i, s_j) over bonds and
 * the field term F = sum p_i f(s_i) over sites. The arrays are the caller's, and are copied. */
typedef struct {
    int64_t sites;             /* N, 1 to 2^28 */
    int64_t n_bonds;           /* B, 0 to 2^28 */
    const int32_t *bonds;      /* (B, 2): two different sites each; a pair may occur several times */
    const double *strengths;   /* J, (B), -1e6 to 1e6 */
    const int32_t *colours;    /* (N), 0 to 255; two neighbours have different ones */
    const double *pattern;     /* p, (N), -1e6 to 1e6; NULL for 1 everywhere */
    int32_t spins;             /* ISINGRG_LATTICE_ISING ... ISINGRG_LATTICE_CLOCK */
    int32_t states;            /* q, 2 to 16; 2 for Ising */
} isingrg_lattice_graph;

/* A lattice that the core has taken in, with what its chains need. It never changes: any number of
 * calls may use it at the same time, from any threads. */
typedef struct isingrg_lattice isingrg_lattice;

/* Takes in a lattice, which isingrg_lattice_destroy frees.
 * \param graph         the graph, its spins and their interactions
 * \param[out] lattice  its handle */
ISINGRG_API isingrg_status isingrg_lattice_create(
    const isingrg_lattice_graph *graph, isingrg_lattice **lattice);

/* Frees a lattice, when the last call that uses it has returned; its handle is never valid again and
 * every later use of it is ISINGRG_CLOSED.
 * \param lattice      of isingrg_lattice_create */
ISINGRG_API isingrg_status isingrg_lattice_destroy(isingrg_lattice *lattice);

/* Markov chains on a lattice, and what they do in one call: rows times a number of sweeps. */
typedef struct {
    int64_t n_chains;        /* 1 to 2^24 */
    const double *couplings; /* K of each, -1e6 to 1e6 */
    const double *fields;    /* h of each, -1e6 to 1e6 */
    int32_t algorithm;       /* ISINGRG_ISING_WOLFF ... ISINGRG_ISING_HEAT_BATH */
    uint64_t seed;
    int64_t first_sweep;     /* sweeps that they have done before, 0 to 2^48 */
    int64_t between;         /* sweeps before each row, 0 to 2^40 */
    int64_t rows;            /* 0 to 2^40; rows times between is at most 2^48 */
} isingrg_lattice_chains;

/* What is measured of a configuration, one row of numbers: E; F; for each row of weights the sums over
 * sites of weight times s_i for Ising, times 1 in each of the q states for Potts, times cosine and sine
 * of the angle for clock; for each row of partners the mean correlation of two partners; and, where
 * clusters are improved, for each row of weights the mean square of its sum over the signs of clusters,
 * then for each the mean fourth power. */
typedef struct {
    const double *weights;   /* (n_weights, N), -1e6 to 1e6 */
    int64_t n_weights;       /* 0 to 2^16 */
    const int32_t *partners; /* (n_partners, N): a site, or -1 for none */
    int64_t n_partners;      /* 0 to 2^16 */
    int32_t improved;        /* 1 to improve, by Swendsen-Wang without a field, for Ising, and for Potts
                              * where no coupling is negative; else 0 */
} isingrg_lattice_observables;

/*
 * Lets chains go on, measures and stores them. They are the same whether they go on by one call or by
 * several. Unless the call succeeds, spins and clusters are as they were.
 * \param lattice        of isingrg_lattice_create
 * \param chains         what they do
 * \param[out] spins     (n_chains, N), where the chains are, and then where they have come to: -1 and +1
 *                       for Ising, else states
 * \param[out] clusters  of a sweep by Wolff's algorithm, for each chain, before and after the call. A
 *                       chain with 0 ends sweeps when N sites were visited, as on the way to
 *                       equilibrium, and is given the number of clusters that this took; other
 *                       algorithms leave it
 * \param observables    what is measured after between sweeps, or NULL
 * \param[out] table     (n_chains, rows, numbers of a row), or NULL
 * \param table_count    elements of table, must equal that product where it is not NULL
 * \param[out] samples   (n_chains, rows, N), spins after between sweeps, or NULL
 * \param samples_count  elements of samples, must equal that product where it is not NULL
 * \param progress       counts sweeps
 */
ISINGRG_API isingrg_status isingrg_lattice_advance(
    const isingrg_lattice *lattice, const isingrg_lattice_chains *chains, int8_t *spins,
    int32_t *clusters, const isingrg_lattice_observables *observables, double *table,
    int64_t table_count, int8_t *samples, int64_t samples_count, isingrg_progress progress,
    void *context);

/* Observables of configurations.
 * \param lattice      of isingrg_lattice_create
 * \param observables  what is measured; clusters cannot be improved
 * \param spins        (n, N), -1 and +1 for Ising, else states
 * \param[out] table   (n, numbers of a row)
 * \param table_count  elements of table, must equal that product */
ISINGRG_API isingrg_status isingrg_lattice_measure(
    const isingrg_lattice *lattice, const isingrg_lattice_observables *observables,
    const int8_t *spins, int64_t n, double *table, int64_t table_count, isingrg_progress progress,
    void *context);

/* Exact means by the sum over all configurations, at most 2^30 of them.
 * \param lattice      of isingrg_lattice_create
 * \param couplings    K, n numbers, -1e6 to 1e6
 * \param fields       h, n numbers, -1e6 to 1e6
 * \param[out] moments (n, 8): ln Z, then the means of E, E^2, F, F^2, |m|, m^2 and m^4. For Ising m is
 *                     the mean spin, for Potts m^2 = (q sum_a x_a^2 - 1) / (q - 1) with the part x_a of
 *                     sites in state a, for clock |m| is the length of the mean vector
 * \param progress     counts parts of the configurations */
ISINGRG_API isingrg_status isingrg_lattice_moments(
    const isingrg_lattice *lattice, const double *couplings, const double *fields, int64_t n,
    double *moments, isingrg_progress progress, void *context);

/* The number of configurations of each energy and magnetization, for Ising and Potts spins and
 * strengths that are integers; at most 2^30 configurations.
 * \param lattice      of isingrg_lattice_create
 * \param lowest       the first energy, -2^40 to 2^40
 * \param n_energies   1 to 2^28; none lies outside lowest ... lowest + n_energies - 1
 * \param[out] counts  (n_energies, N + 1): the second index is the number of spins +1 for Ising, in
 *                     state 0 for Potts
 * \param counts_count elements of counts, must equal that product
 * \param progress     counts parts of the configurations */
ISINGRG_API isingrg_status isingrg_lattice_levels(
    const isingrg_lattice *lattice, int64_t lowest, int64_t n_energies, double *counts,
    int64_t counts_count, isingrg_progress progress, void *context);

/* MARK: Models */

/* A model of any method, with everything needed to train it further. The create function of its
 * method makes it; a function of another method answers ISINGRG_WRONG_METHOD. */
typedef struct isingrg_model isingrg_model;

/* Frees a model; its handle is never valid again and every later use of it is ISINGRG_CLOSED. */
ISINGRG_API isingrg_status isingrg_model_destroy(isingrg_model *model);

/* Number of optimiser steps.
 * \param[out] step done since the model was created */
ISINGRG_API isingrg_status isingrg_model_step(isingrg_model *model, uint64_t *step);

/* Rows of the training history: steps, or epochs where the fit function of the method says so.
 * \param[out] rows done since the model was created */
ISINGRG_API isingrg_status isingrg_model_rows_done(isingrg_model *model, uint64_t *rows);

/* Number of trained parameters.
 * \param[out] count one number */
ISINGRG_API isingrg_status isingrg_model_parameter_count(isingrg_model *model, int64_t *count);

/* Number of named arrays that are the complete state of a model: parameters, optimiser, counters
 * and what else its method needs. Writing all of them into a model of equal configuration makes it
 * continue identically.
 * \param[out] count one number */
ISINGRG_API isingrg_status isingrg_model_array_count(isingrg_model *model, int32_t *count);

/* Name and shape of an array of the state.
 * \param[out] name     copied with its terminating zero
 * \param name_capacity characters that name can take, the zero included
 * \param[out] shape    two numbers; a vector has shape (n, 1) */
ISINGRG_API isingrg_status isingrg_model_array_info(
    isingrg_model *model, int32_t index, char *name, int64_t name_capacity, int64_t *shape);

/* Copies an array of the state.
 * \param[out] values in C order
 * \param count       elements of values, must equal the product of the shape */
ISINGRG_API isingrg_status isingrg_model_read_array(
    isingrg_model *model, int32_t index, double *values, int64_t count);

/* Replaces an array of the state. Values that are not possible are refused: moments below zero,
 * counts that are not whole numbers, masks other than the model's.
 * \param values finite, in C order
 * \param count  elements of values, must equal the product of the shape; the rows of the array
 *               "proposal.couplings" may be more or fewer than the model's */
ISINGRG_API isingrg_status isingrg_model_write_array(
    isingrg_model *model, int32_t index, const double *values, int64_t count);

/* MARK: Machine-learning renormalization group */

/* The star of Hou & You, or the student S[z, a, b] that is judged around a loop of four. */
enum { ISINGRG_MLRG_STAR = 0, ISINGRG_MLRG_LOOP = 1 };
enum { ISINGRG_MLRG_MONOTONE = 0, ISINGRG_MLRG_FLOW = 1 };
/* Divergences; _CD is for stars only, _L2, a squared distance, for loops only. */
enum { ISINGRG_MLRG_KL = 0, ISINGRG_MLRG_CD = 1, ISINGRG_MLRG_L2 = 2 };
enum { ISINGRG_MLRG_STEP = 0, ISINGRG_MLRG_ODE = 1 };
/* The energy E of proposals with probability exp(-beta E): |v(J)|^2 (Eq. 14) or |v(J)|. */
enum { ISINGRG_MLRG_SQUARED = 0, ISINGRG_MLRG_NORM = 1 };
enum { ISINGRG_MLRG_PUBLISHED = 0, ISINGRG_MLRG_CONSISTENT = 1 };
enum { ISINGRG_MLRG_TEACHER = 0, ISINGRG_MLRG_STUDENT = 1 };
enum {
    ISINGRG_MLRG_TANH = 0,
    ISINGRG_MLRG_RELU = 1,
    ISINGRG_MLRG_SILU = 2,
    ISINGRG_MLRG_ELU = 3,
    ISINGRG_MLRG_GELU = 4
};

/* Number of couplings J of a point-group representation such as "A1" (Eqs. 16-18 of Hou & You).
 * \param[out] count one number */
ISINGRG_API isingrg_status isingrg_mlrg_coupling_count(
    const char *representation, int32_t frame, int32_t *count);

/* Which components of edge spin and vertex spin each coupling joins on the representative bond.
 * \param[out] components shape (couplings, 2)
 * \param count           elements of components */
ISINGRG_API isingrg_status isingrg_mlrg_couplings(
    const char *representation, int32_t frame, int32_t *components, int64_t count);

/* Weights W of a machine, log p(x, z) = sum W_hv z_h x_v + constant (Eqs. 5 and 6): hidden spins are
 * the m components of the four edge spins of a teacher (edge e between corners e and e + 1) or of
 * the centre of a student, visible ones those of the four corners from top right, counter-clockwise.
 * \param machine      ISINGRG_MLRG_TEACHER or ISINGRG_MLRG_STUDENT
 * \param couplings    the couplings of one model
 * \param[out] weights shape (4 m, 4 m) or (m, 4 m);  \param count elements of weights */
ISINGRG_API isingrg_status isingrg_mlrg_weights(
    const char *representation, int32_t frame, int32_t machine, const double *couplings,
    double *weights, int64_t count);

/* Kullback-Leibler divergence in nats from the teacher's visible distribution to the student's
 * (Eq. 7), hidden spins summed exactly, and its gradient in the student's couplings.
 * \param teacher, student shape (n, c), finite
 * \param[out] divergence  n numbers;  \param[out] gradient shape (n, c), may be NULL */
ISINGRG_API isingrg_status isingrg_mlrg_divergence(
    const char *representation, int32_t frame, const double *teacher, const double *student,
    int64_t n, double *divergence, double *gradient, isingrg_progress progress, void *context);

/* The same divergence, and its Hessian in the student's couplings times a direction for each row.
 * \param teacher, student shape (n, c), finite
 * \param directions       shape (n, c), finite
 * \param[out] divergence  n numbers;  \param[out] products shape (n, c) */
ISINGRG_API isingrg_status isingrg_mlrg_divergence_hessian(
    const char *representation, int32_t frame, const double *teacher, const double *student,
    const double *directions, int64_t n, double *divergence, double *products,
    isingrg_progress progress, void *context);

/* The exact RG map: the student couplings of least divergence, the best of several searches by
 * Newton's method. The first starts near the teacher's couplings, the others at random points. A
 * stationary point with a direction of negative curvature is left along it. A minimum has copies that
 * differ by signs and exchanges of equal irreducible representations of the hidden spin and are the
 * same student. The copy nearest to the teacher's couplings is returned; among equally near ones,
 * the one whose first differing coupling is larger. ISINGRG_NOT_CONVERGED when no
 * search of a row ends at a minimum.
 * \param couplings         shape (n, c), finite, |J| <= 4
 * \param starts            searches for each row, 1 to 1024
 * \param seed              of the random points, which are the same for all rows
 * \param[out] renormalized shape (n, c)
 * \param[out] divergence   n numbers in nats, may be NULL
 * \param[out] gradient_norm n numbers, may be NULL
 * \param[out] counts       shape (n, 2), may be NULL: searches that reached the least divergence
 *                          within 1e-8 nats, and different minima, up to those copies, that were found
 * \param progress counts searches */
ISINGRG_API isingrg_status isingrg_mlrg_exact_map(
    const char *representation, int32_t frame, const double *couplings, int64_t n, int32_t starts,
    uint64_t seed, double *renormalized, double *divergence, double *gradient_norm, double *counts,
    isingrg_progress progress, void *context);

/* Least divergence, in nats, of a student whose hidden spin carries the representation while all
 * other spins carry A1 (Fig. 4). It is searched for as in isingrg_mlrg_exact_map, with the same
 * ISINGRG_NOT_CONVERGED.
 * \param representation   of the student's hidden spin
 * \param couplings        n numbers, finite, |J| <= 4
 * \param starts           searches for each coupling, 1 to 1024
 * \param[out] divergence  n numbers */
ISINGRG_API isingrg_status isingrg_mlrg_minimum_divergence(
    const char *representation, const double *couplings, int64_t n, int32_t starts, uint64_t seed,
    double *divergence, isingrg_progress progress, void *context);

/* Couplings of the loop student, ln S[z, a, b] = sum_c J_c m_c(z, a, b): with m Ising components per
 * spin all products m_c of an even number of the components of z, a and b, 3 of them for m = 1 (z a,
 * z b, a b) and 31 for m = 2.
 * \param representation "A1" or "2A1"
 * \param[out] terms     the components in each product, a bit each: those of z, a and b from the most
 *                       significant on; the products with few components first. May be NULL
 * \param capacity       elements of terms, at least the number of couplings, or 0 for NULL
 * \param[out] count     number of couplings */
ISINGRG_API isingrg_status isingrg_mlrg_loop_terms(
    const char *representation, int32_t *terms, int64_t capacity, int32_t *count);

/* Distance of teacher and student of the loop scheme, and its gradient in the student's couplings. The
 * teacher is the ring T[z1, z2, z3, z4] = sum S[z1, a, b] S[z2, a', b] S[z3, a', b'] S[z4, a, b'] of its
 * couplings, the student B[a, b, c, d] = sum_z S[z, a, b] S[z, d, c] of its own, and both are
 * compared on the eight open legs b, c of four of them around a plaquette.
 * \param representation   "A1" or "2A1"
 * \param divergence       ISINGRG_MLRG_KL: Kullback-Leibler in nats; _L2: squared distance of the weights
 *                         at the student's best scale over the squared norm of the teacher, 0 to 1
 * \param teacher, student shape (n, c), |J| <= 10
 * \param[out] distance    n numbers;  \param[out] gradient shape (n, c), may be NULL */
ISINGRG_API isingrg_status isingrg_mlrg_loop_distance(
    const char *representation, int32_t divergence, const double *teacher, const double *student,
    int64_t n, double *distance, double *gradient, isingrg_progress progress, void *context);

/* Logarithm of the Boltzmann weight tensor T(J) (Eq. 22) over x0, x1, x2, x3, corners
 * counter-clockwise from top right; index bit 0 is the spin +1, and the first component of a
 * corner is its most significant bit.
 * \param machine         ISINGRG_MLRG_TEACHER or ISINGRG_MLRG_STUDENT
 * \param[out] logarithms shape (n, 2^m, 2^m, 2^m, 2^m), m components per spin
 * \param count           elements of logarithms */
ISINGRG_API isingrg_status isingrg_mlrg_boltzmann_tensor(
    const char *representation, int32_t frame, int32_t machine, const double *couplings, int64_t n,
    double *logarithms, int64_t count, isingrg_progress progress, void *context);

/* Spins of q states: each component has one of q states, which an internal symmetry group permutes. The
 * log-weight of a bond between an edge spin s and a vertex spin t is sum J_(ab k) K_k(s_a, t_b) (Eq. 4
 * of Hou & You). Representations of the point group are sums of "A1" and of the permutations "P4",
 * "P4d" and "P8" of components on the axes, on the diagonals and in between; the states of a spin are
 * counted with the first component slowest. The distributions of four corners are enumerated, up to
 * symmetry, for spins of up to 90 states; ISINGRG_OUT_OF_MEMORY for more. */

typedef struct {
    int32_t q;                 /* 2 to 10 */
    int32_t n_kernels;         /* r, 1 to q^2 */
    const double *kernels;     /* K_k(s, t), shape (r, q, q): from -1 to 1, invariant to 1e-12 */
    int32_t n_generators;      /* g, 1 to 100 */
    const int32_t *generators; /* permutations of 0 to q - 1, shape (g, q), that generate a group
                                * which exchanges all states */
} isingrg_internal_symmetry;

/* The couplings of a representation: by pairs of components in row-major order, those that a mirror
 * makes equal once, and then by kernels.
 * \param symmetry       of the states
 * \param[out] couplings shape (c, 3): component of the edge spin, of the vertex spin, kernel; may be
 *                       NULL
 * \param capacity       elements of couplings, at least 3 c, or 0 for NULL
 * \param[out] count     c */
ISINGRG_API isingrg_status isingrg_mlrg_state_couplings(
    const isingrg_internal_symmetry *symmetry, const char *representation, int32_t frame,
    int32_t *couplings, int64_t capacity, int32_t *count);

/* isingrg_mlrg_divergence and isingrg_mlrg_divergence_hessian of these spins.
 * \param symmetry         of the states
 * \param teacher, student shape (n, c), finite
 * \param directions       shape (n, c), finite; may be NULL
 * \param[out] divergence  n numbers;  \param[out] gradient shape (n, c), may be NULL
 * \param[out] products    shape (n, c), the Hessian times the directions; NULL where these are */
ISINGRG_API isingrg_status isingrg_mlrg_state_divergence(
    const isingrg_internal_symmetry *symmetry, const char *representation, int32_t frame,
    const double *teacher, const double *student, const double *directions, int64_t n,
    double *divergence, double *gradient, double *products, isingrg_progress progress, void *context);

/* isingrg_mlrg_exact_map of these spins. Copies of a minimum differ by names of the hidden spin's
 * components and states.
 * \param symmetry          of the states
 * \param couplings         shape (n, c), finite, |J| <= 8
 * \param starts            searches for each row, 1 to 1024
 * \param seed              of the random points, which are the same for all rows
 * \param[out] renormalized shape (n, c)
 * \param[out] divergence   n numbers in nats, may be NULL
 * \param[out] gradient_norm n numbers, may be NULL
 * \param[out] counts       shape (n, 2), may be NULL: searches that reached the least divergence, and
 *                          different minima
 * \param progress counts searches */
ISINGRG_API isingrg_status isingrg_mlrg_state_exact_map(
    const isingrg_internal_symmetry *symmetry, const char *representation, int32_t frame,
    const double *couplings, int64_t n, int32_t starts, uint64_t seed, double *renormalized,
    double *divergence, double *gradient_norm, double *counts, isingrg_progress progress,
    void *context);

/* isingrg_mlrg_boltzmann_tensor of these spins, of at most 256 states.
 * \param symmetry        of the states
 * \param machine         ISINGRG_MLRG_TEACHER or ISINGRG_MLRG_STUDENT
 * \param couplings       shape (n, c), finite
 * \param[out] logarithms shape (n, S, S, S, S), S states per spin
 * \param count           elements of logarithms */
ISINGRG_API isingrg_status isingrg_mlrg_state_tensor(
    const isingrg_internal_symmetry *symmetry, const char *representation, int32_t frame,
    int32_t machine, const double *couplings, int64_t n, double *logarithms, int64_t count,
    isingrg_progress progress, void *context);

/* A moderator network. */
typedef struct {
    const char *representation;
    const isingrg_internal_symmetry *symmetry; /* NULL: Ising spins, and representations that act by
                                                * signs. Else star students and ISINGRG_MLRG_KL only,
                                                * and symmetric is 0 unless q is 2 */
    /* Groups in the array `symmetry`, 1 to 9; not read without. Several, of different q and equally many
     * kernels, make a family: one network, whose last input is ln q. The rows of a batch take turns
     * between them. A family can be trained, saved and read, but says nothing of couplings: its network at
     * one q, whose first bias takes in the weights of ln q, is the model of that group. It has replicas
     * = 1, no recorded fixed points, and a batch of at least as many as groups. */
    int32_t n_symmetries;
    int32_t scheme;     /* ISINGRG_MLRG_STAR or ISINGRG_MLRG_LOOP */
    int32_t moderator;  /* ISINGRG_MLRG_MONOTONE (Eq. 13 of Hou & You) or _FLOW (Eq. 13 of Shen) */
    int32_t divergence; /* ISINGRG_MLRG_KL (exact), _CD (sampled) or _L2 */
    int32_t transport;  /* ISINGRG_MLRG_STEP: J' = J + v(J); _ODE: dJ/dl = v(J) to l = 1 */
    int32_t frame;      /* ISINGRG_MLRG_PUBLISHED, or, for stars, ISINGRG_MLRG_CONSISTENT */
    int32_t activation; /* ISINGRG_MLRG_TANH ... ISINGRG_MLRG_GELU */
    int32_t layer_norm; /* 1 to normalise before each activation, else 0 */
    int32_t symmetric;  /* 1, for stars, for v(-J) = -v(J), from the network at J and -J; else 0 */
    int32_t n_hidden;   /* hidden layers, 1 to 16 */
    const int32_t *hidden; /* their widths, 1 to 1024 each */
    uint64_t seed;      /* of the initial parameters */
} isingrg_mlrg_config;

typedef struct {
    uint64_t steps;          /* optimiser steps of this call, 1 to 10^9 */
    uint64_t schedule_steps; /* length T of the schedules, counted from the model's first step, 1 to
                              * 10^9 */
    uint64_t batch;          /* couplings J proposed per step, 1 to 10^6 */
    double learning_rate;    /* 1e-12 to 10 */
    double final_learning_rate; /* reached at T along a cosine, 0 to 10; equal to the first: constant */
    double weight_decay; /* 0 to 10; added to the gradient before the moments of Adam */
    double clip_norm;    /* largest norm of the gradient, up to 1e12; 0 for no limit */
    /* beta(t) = beta_max / (1 + exp(-beta_rate (t / T - beta_midpoint))), Eq. 14; the first two 0 to
     * 10^6, the last -10 to 10 */
    double beta_max, beta_rate, beta_midpoint;
    int32_t proposal; /* ISINGRG_MLRG_SQUARED or ISINGRG_MLRG_NORM */
    /* Couplings that form a ladder of inverse temperatures beta / replicas ... beta and exchange
     * places: 1 (none), 2, 4, 8, 16 or 32, a divisor of the couplings that are not on the ray. */
    uint32_t replicas;
    double ray; /* part of the batch from bare couplings, (J0, 0, ...) or (J0, J0, 0, ...); 0 to 1 */
    double ray_low, ray_high; /* J0 is uniform between them, -10 to 10 */
    /* Mean number of learned RG steps for which those are followed before they are drawn anew, 0 to 10^6,
     * and the standard deviation of what is added to them in each, 0 to 10. */
    double ray_steps, ray_noise;
    double proposal_scale; /* standard deviation of the first couplings, 1e-6 to 10 */
    double coupling_bound; /* proposals are confined to |J| <= bound, 0.1 to 10 */
    double hmc_step;       /* of a leapfrog step, 1e-6 to 1 */
    uint32_t hmc_leapfrog, hmc_updates; /* leapfrog steps, and updates of a step, 1 to 10^4 each */
    /* Contrastive divergence only: samples per coupling, and sweeps, 1 to 10^6 each. */
    uint32_t cd_samples, teacher_sweeps, student_sweeps;
    /* Fixed points are recorded after each step from this one on; 2^63 and more: never. */
    uint64_t record_from;
    const double *record_guess; /* Newton's start for them, shape (c), |J| <= 10; not read without */
    uint64_t seed;              /* of proposals and samples */
} isingrg_mlrg_training;

/* Columns of the training history. */
enum {
    ISINGRG_MLRG_LOSS = 0,       /* mean divergence (in nats, but for _L2) */
    ISINGRG_MLRG_ACCEPTANCE = 1, /* of the proposals, NaN if all are on the ray */
    ISINGRG_MLRG_SWAP_RATE = 2,  /* accepted part of the exchanges, NaN where none was tried */
    ISINGRG_MLRG_BETA = 3,
    ISINGRG_MLRG_FIXED_POINT = 4, /* J0 of the recorded fixed point, NaN where none */
    ISINGRG_MLRG_COLUMNS = 5
};

/* Makes a model with random parameters.
 * \param[out] model a handle to be given to isingrg_model_destroy */
ISINGRG_API isingrg_status isingrg_mlrg_create(
    const isingrg_mlrg_config *config, isingrg_model **model);

/*
 * Trains further. However it ends, the model is at its last complete step, whose number is
 * isingrg_model_step, and the history holds a row for each step done by this call.
 * ISINGRG_NON_FINITE when the loss becomes so, ISINGRG_NOT_CONVERGED when the flow of
 * ISINGRG_MLRG_ODE becomes too stiff.
 * \param[out] history shape (steps, ISINGRG_MLRG_COLUMNS)
 * \param progress     counts steps
 */
ISINGRG_API isingrg_status isingrg_mlrg_fit(
    isingrg_model *model, const isingrg_mlrg_training *training, double *history,
    int64_t history_count, uint64_t *done, isingrg_progress progress, void *context);

/* How the training of one model among many ended. */
typedef struct {
    uint64_t done;         /* steps done by this call */
    isingrg_status status; /* ISINGRG_OK, or why it ended early */
    char message[244];     /* empty, or why in words, perhaps cut short */
} isingrg_mlrg_outcome;

/*
 * Trains several models side by side, each on one thread: faster than one after the other where a
 * model alone is too small for all threads. Each ends as after isingrg_mlrg_fit, bit for bit.
 * The status is ISINGRG_OK even if single models failed, and ISINGRG_INTERRUPTED when stopped, with
 * every model at its last complete step.
 * \param models         n handles, all different, n from 1 to 2^20
 * \param trainings      n settings
 * \param[out] histories n pointers to shape (steps of that model, ISINGRG_MLRG_COLUMNS)
 * \param history_counts n numbers of elements
 * \param[out] outcomes  n structures
 * \param progress       counts the steps of all models
 */
ISINGRG_API isingrg_status isingrg_mlrg_fit_many(
    isingrg_model *const *models, const isingrg_mlrg_training *trainings, int64_t n,
    double *const *histories, const int64_t *history_counts, isingrg_mlrg_outcome *outcomes,
    isingrg_progress progress, void *context);

/* RG monotone C(J); ISINGRG_INVALID_ARGUMENT for a flow moderator.
 * \param couplings   shape (n, c), finite
 * \param[out] values n numbers
 * \param progress    counts couplings */
ISINGRG_API isingrg_status isingrg_mlrg_monotone(
    isingrg_model *model, const double *couplings, int64_t n, double *values,
    isingrg_progress progress, void *context);

/* v(J) = -grad C(J), or f(J), and its Jacobian.
 * \param[out] velocity shape (n, c);  \param[out] jacobian dv_i/dJ_j, shape (n, c, c), may be NULL
 * \param progress      counts couplings */
ISINGRG_API isingrg_status isingrg_mlrg_velocity(
    isingrg_model *model, const double *couplings, int64_t n, double *velocity, double *jacobian,
    isingrg_progress progress, void *context);

/* Follows the flow with the model's transport. ISINGRG_NOT_CONVERGED when it is too stiff for
 * ISINGRG_MLRG_ODE.
 * \param steps           RG steps, 0 to 2^24
 * \param[out] trajectory shape (steps + 1, n, c), the first entry being the couplings given
 * \param progress        counts RG steps of single couplings */
ISINGRG_API isingrg_status isingrg_mlrg_flow(
    isingrg_model *model, const double *couplings, int64_t n, int64_t steps, double *trajectory,
    isingrg_progress progress, void *context);

/* Zero of v(J) by a safeguarded Newton iteration (Eq. 24) from a guess. ISINGRG_NOT_CONVERGED when
 * |v| does not fall below 1e-10 in 100 steps. The amount of work is not known beforehand: progress
 * receives 0 of 0.
 * \param guess c numbers;  \param[out] fixed_point c numbers */
ISINGRG_API isingrg_status isingrg_mlrg_fixed_point(
    isingrg_model *model, const double *guess, double *fixed_point, isingrg_progress progress,
    void *context);

/* MARK: NeuralRG */

/* The continuous dual of the Ising model on the L x L torus (Eq. 7 of Li & Wang),
 *
 *     pi(x) = exp(-x (K + alpha)^-1 x / 2) prod_i cosh x_i,
 *
 * alpha such that the smallest eigenvalue of K + alpha is 0.1. Given x, spins are independent with
 * p(s_i = 1) = 1 / (1 + exp(-2 x_i)). For L = 2 both bonds between two neighbours count. */

/* Exact results of the dual model. Each output takes n numbers, one per coupling, or may be NULL.
 * \param size      L, even, 2 to 64
 * \param couplings n numbers, |K| <= 100
 * \param[out] log_partition   ln of the integral of pi
 * \param[out] alpha
 * \param[out] log_determinant ln det(K + alpha) */
ISINGRG_API isingrg_status isingrg_neuralrg_dual(
    int64_t size, const double *couplings, int64_t n, double *log_partition, double *alpha,
    double *log_determinant, isingrg_progress progress, void *context);

/* ln pi(x).
 * \param size        L, even, 2 to 64
 * \param coupling    K, |K| <= 100
 * \param samples     shape (n, L, L), finite
 * \param[out] values n numbers */
ISINGRG_API isingrg_status isingrg_neuralrg_log_density(
    int64_t size, double coupling, const double *samples, int64_t n, double *values,
    isingrg_progress progress, void *context);

/* What a flow learns is any density of numbers on a torus of rows x columns, or on a ring, which is a
 * single row, that is known up to a factor. */

/*
 * A density of the caller. x has the shape (n, rows, columns), n from 1 to 32. It fills ln pi, n numbers, and,
 * unless gradient is NULL, the derivative of ln pi in x, of the shape of x. It may be called on several
 * threads at once, and on others than the one that made the call. Return 0 to go on, anything else to
 * stop: the call then returns ISINGRG_INTERRUPTED.
 */
typedef int32_t (*isingrg_log_density)(
    void *context, const double *x, int64_t n, double *log_density, double *gradient);

/* A target ln pi(x) = -x A x / 2 + sum_i v(x_i): what v(x) is, 0, ln cosh x or -strength x^4; or a
 * function of the caller. */
enum {
    ISINGRG_NEURALRG_GAUSSIAN = 0,
    ISINGRG_NEURALRG_LOG_COSH = 1,
    ISINGRG_NEURALRG_QUARTIC = 2,
    ISINGRG_NEURALRG_FUNCTION = 3
};

typedef struct {
    int32_t kind;    /* ISINGRG_NEURALRG_GAUSSIAN ... ISINGRG_NEURALRG_FUNCTION */
    double strength; /* of ISINGRG_NEURALRG_QUARTIC, above 0, at most 10^6 */
    /* A: its eigenvalues for waves of k and l periods along the axes, shape (rows, columns), even in k
     * and in l; or the symmetric matrix itself, shape (sites, sites). Finite, and read only while a
     * model is made. NULL for a function. */
    const double *form;
    int64_t form_count;           /* elements of form: sites, rows times columns, or their square */
    isingrg_log_density function; /* of ISINGRG_NEURALRG_FUNCTION, else NULL */
    void *context;                /* handed to it; valid as long as the model */
} isingrg_neuralrg_target;

/* A hierarchical normalizing flow has the density q0(x) = N(z; 0, 1) |det dz/dx|, or, symmetric, its
 * mean over the images of x under a group, by default q(x) = (q0(x) + q0(-x)) / 2. Latent variables
 * live on the sites of the physical ones. */

/* Disentanglers and decimators at every scale, disentanglers only, decimators only (Figs. 1, 2). */
enum { ISINGRG_NEURALRG_MERA = 0, ISINGRG_NEURALRG_TEBD = 1, ISINGRG_NEURALRG_TREE = 2 };

/* A bijector: a chain of coupling layers, or y = A x + b. Linear ones begin as the Haar wavelet
 * transform; layers and hidden then mean nothing but must be in range, and masks is NULL. */
enum { ISINGRG_NEURALRG_COUPLING = 0, ISINGRG_NEURALRG_LINEAR = 1 };

typedef struct {
    int64_t rows;      /* a power of two from 2 to 64, or 1 for a ring */
    int64_t columns;   /* likewise; of a ring a power of two from 2 to 4096 */
    double coupling;   /* K of the dual Ising model, |K| <= 100; nothing where target is given */
    int32_t structure; /* ISINGRG_NEURALRG_MERA ... ISINGRG_NEURALRG_TREE */
    int32_t block;     /* sites of a block along each axis that has as many left, 2 or 4 */
    /* Scales, at most those that leave a single site, 0: all; of ISINGRG_NEURALRG_TEBD pairs of layers,
     * 1 to 64, 0: as many. */
    int32_t depth;
    int32_t repeats;   /* of the layers at each scale, 1 to 16 */
    int32_t bijector;  /* ISINGRG_NEURALRG_COUPLING or ISINGRG_NEURALRG_LINEAR */
    int32_t layers;    /* coupling layers of a bijector, 1 to 64 */
    int32_t n_hidden;  /* hidden layers of the networks s and t, 1 to 8 */
    const int32_t *hidden; /* their widths, 1 to 256 each */
    int32_t neighbours; /* 1: s and t take the kept sites beside a block as well; else 0 */
    int32_t symmetric; /* 1 for the mean over a group, else 0 */
    /* Which of the n sites of a block each coupling layer keeps: bit i of a number from 1 to 2^n - 2 for
     * site i, shape (layers of the hierarchy, layers); NULL for random halves. */
    const int32_t *masks;
    int64_t masks_count; /* elements of masks, 0 for NULL */
    uint64_t seed;     /* of random masks and the initial parameters */
    const isingrg_neuralrg_target *target; /* what the flow learns; NULL for the dual Ising model */
    /* The group, of 1 to 256 elements, the identity first: (g x)_i = sign_i x_(source_i), with signs of
     * 1 and -1, both of the shape (elements, sites). NULL for the flip of all signs. */
    const int32_t *symmetry_sources;
    const int8_t *symmetry_signs;
    int64_t symmetry_count; /* elements of symmetry_sources, and of symmetry_signs; 0 for NULL */
} isingrg_neuralrg_config;

/* Columns of the training history. */
enum {
    /* Mean over the batch of ln q(x) - ln pi(x), an upper bound of -ln Z (Eq. 4), or of -ln q(x). */
    ISINGRG_NEURALRG_LOSS = 0,
    ISINGRG_NEURALRG_STANDARD_ERROR = 1, /* of that mean */
    ISINGRG_NEURALRG_COLUMNS = 2
};

/* Makes a model with random parameters.
 * \param[out] model a handle to be given to isingrg_model_destroy */
ISINGRG_API isingrg_status isingrg_neuralrg_create(
    const isingrg_neuralrg_config *config, isingrg_model **model);

/* How the learning rate falls: not at all; by half a period of a cosine; or in eight equal parts, each
 * with a rate that is the same factor lower. */
enum {
    ISINGRG_NEURALRG_CONSTANT = 0,
    ISINGRG_NEURALRG_COSINE = 1,
    ISINGRG_NEURALRG_STEP = 2
};

typedef struct {
    uint64_t steps;       /* optimiser steps of this call, 1 to 10^9 */
    uint64_t batch;       /* configurations per step, 1 to 10^6 */
    double learning_rate; /* 1e-12 to 10 */
    int32_t decay;        /* ISINGRG_NEURALRG_CONSTANT ... ISINGRG_NEURALRG_STEP */
    double final_learning_rate; /* at the end of the schedule and after it, 1e-12 to 10 */
    uint64_t schedule_steps; /* from the model's first step to the end, 1 to 10^9 */
    double weight_decay;  /* 0 to 10; added to the gradient before the moments of Adam */
    /* Of isingrg_neuralrg_fit_samples, the share w of the loss of isingrg_neuralrg_fit, from 0 to less
     * than 1: the loss is the mean of (1 - w) (-ln q(x)) over samples and w (ln q(x) - ln pi(x)). */
    double reverse;
    uint64_t seed;        /* of the latent variables, or of the choice of samples */
} isingrg_neuralrg_training;

/*
 * Trains further by probability density distillation (Eqs. 3 and 5). However it ends, the model is
 * at its last complete step, whose number is isingrg_model_step, and the history holds a row for
 * each step done by this call. ISINGRG_NON_FINITE when the loss becomes so.
 * \param[out] history shape (steps, ISINGRG_NEURALRG_COLUMNS)
 * \param progress     counts steps
 */
ISINGRG_API isingrg_status isingrg_neuralrg_fit(
    isingrg_model *model, const isingrg_neuralrg_training *training, double *history,
    int64_t history_count, uint64_t *done, isingrg_progress progress, void *context);

/* As isingrg_neuralrg_fit, but by maximum likelihood, the loss being the mean of -ln q(x), or by both.
 * \param samples      to learn from, shape (n, rows, columns), finite; each step takes some at random
 * \param n            1 to 2^32
 * \param[out] history shape (steps, ISINGRG_NEURALRG_COLUMNS)
 * \param progress     counts steps */
ISINGRG_API isingrg_status isingrg_neuralrg_fit_samples(
    isingrg_model *model, const double *samples, int64_t n,
    const isingrg_neuralrg_training *training, double *history, int64_t history_count,
    uint64_t *done, isingrg_progress progress, void *context);

/* The following compute in double precision. */

/* Independent samples of q. The first rows do not depend on n.
 * \param[out] samples shape (n, rows, columns)
 * \param[out] latents shape (n, rows, columns), may be NULL: what they were decoded from; a sample of
 *                     a symmetric model is one of the images of what its latents decode to
 * \param[out] log_probabilities ln q(x), n numbers, may be NULL */
ISINGRG_API isingrg_status isingrg_neuralrg_sample(
    isingrg_model *model, int64_t n, uint64_t seed, double *samples, double *latents,
    double *log_probabilities, isingrg_progress progress, void *context);

/* ln q(x), normalised.
 * \param samples shape (n, rows, columns), finite;  \param[out] values n numbers */
ISINGRG_API isingrg_status isingrg_neuralrg_log_probability(
    isingrg_model *model, const double *samples, int64_t n, double *values,
    isingrg_progress progress, void *context);

/* z = g^-1(x), the RG flow, or a part of it.
 * \param samples               shape (n, rows, columns), finite
 * \param[out] latents          shape (n, rows, columns)
 * \param first_layer, end_layer layers first_layer to end_layer - 1 of the hierarchy, 0 to
 *                              isingrg_neuralrg_layer_count for all
 * \param[out] log_determinants ln |det dz/dx|, n numbers */
ISINGRG_API isingrg_status isingrg_neuralrg_encode(
    isingrg_model *model, const double *samples, int64_t n, int32_t first_layer,
    int32_t end_layer, double *latents, double *log_determinants, isingrg_progress progress,
    void *context);

/* x = g(z), or a part of it, the last layer first.
 * \param latents               shape (n, rows, columns), finite
 * \param[out] samples          shape (n, rows, columns)
 * \param first_layer, end_layer as for isingrg_neuralrg_encode
 * \param[out] log_determinants ln |det dx/dz|, n numbers */
ISINGRG_API isingrg_status isingrg_neuralrg_decode(
    isingrg_model *model, const double *latents, int64_t n, int32_t first_layer,
    int32_t end_layer, double *samples, double *log_determinants, isingrg_progress progress,
    void *context);

/* Mean and standard deviation over samples of the responses dz_i / dx of latent variables.
 * \param samples         x, shape (n, rows, columns), finite, n at least 1
 * \param sites           i columns + j of each latent variable;  \param n_sites 1 to all
 * \param[out] means      shape (n_sites, rows, columns);  \param[out] deviations likewise */
ISINGRG_API isingrg_status isingrg_neuralrg_responses(
    isingrg_model *model, const double *samples, int64_t n, const int32_t *sites,
    int64_t n_sites, double *means, double *deviations, isingrg_progress progress, void *context);

/* Where Hamiltonian Monte Carlo moves: z with the energy -ln pi(g(z)) - ln |det dg/dz| (Eq. 6),
 * which is |z|^2 / 2 for a perfect flow, or x with -ln pi(x). */
enum { ISINGRG_NEURALRG_LATENT = 0, ISINGRG_NEURALRG_PHYSICAL = 1 };

typedef struct {
    int32_t space;     /* ISINGRG_NEURALRG_LATENT or ISINGRG_NEURALRG_PHYSICAL */
    int32_t adapts;    /* 1: the step is tuned in the warm-up towards an acceptance of 0.65; else 0 */
    int32_t random_length; /* 1: an update has 1 to 2 leapfrog - 1 leapfrog steps, each number as
                            * likely as another, drawn for all chains together, so that no mode of
                            * the target is in step with them; 0: always leapfrog, as published */
    uint64_t n_chains; /* 1 to 2^20 */
    uint64_t n_samples; /* of each, 1 to 2^30 */
    uint64_t warmup;   /* updates before the first sample, 0 to 2^30 */
    uint64_t between;  /* updates from one sample to the next, 1 to 2^20 */
    uint64_t leapfrog; /* leapfrog steps of an update, or their mean, 1 to 10000 */
    double step_size;  /* of a leapfrog step, 1e-9 to 1000 */
    uint64_t seed;
} isingrg_neuralrg_chains;

/* Samples pi(x) by Hamiltonian Monte Carlo, in latent space with forces in single precision.
 * ISINGRG_NON_FINITE when the energy of a start is not finite.
 * \param chains          what to sample, ranges as the structure says
 * \param start           x of each chain, shape (n_chains, rows, columns), finite; NULL for independent
 *                        normal numbers in the space of the chains
 * \param[out] samples    x, also from latent space, shape (n_chains, n_samples, rows, columns)
 * \param samples_count   elements of samples
 * \param[out] acceptance mean acceptance probability of the updates that led to each sample, shape
 *                        (n_chains, n_samples)
 * \param[out] step_size  the step the samples were taken with, one number
 * \param progress        counts updates */
ISINGRG_API isingrg_status isingrg_neuralrg_hmc(
    isingrg_model *model, const isingrg_neuralrg_chains *chains, const double *start,
    double *samples, int64_t samples_count, double *acceptance, double *step_size,
    isingrg_progress progress, void *context);

/* Layers of the network in the order of encoding, the finest scale first.
 * \param[out] count one number */
ISINGRG_API isingrg_status isingrg_neuralrg_layer_count(isingrg_model *model, int32_t *count);

/* Kind, scale and size of a layer.
 * \param index             0 to isingrg_neuralrg_layer_count - 1
 * \param[out] is_decimator 1 or, for a disentangler, 0
 * \param[out] scale        n: the layer acts on sites whose distance is that of a block to the n
 * \param[out] blocks       number of its bijectors, which share their parameters
 * \param[out] rows         sites of a block down;  \param[out] columns and across */
ISINGRG_API isingrg_status isingrg_neuralrg_layer_info(
    isingrg_model *model, int32_t index, int32_t *is_decimator, int32_t *scale, int64_t *blocks,
    int32_t *rows, int32_t *columns);

/* Which sites a layer acts on.
 * \param index      0 to isingrg_neuralrg_layer_count - 1
 * \param[out] sites i columns + j, of each bijector, shape (blocks, sites of a block): row by row, of
 *                   2 x 2 top left, top right, bottom left, bottom right
 * \param count      elements of sites */
ISINGRG_API isingrg_status isingrg_neuralrg_layer_sites(
    isingrg_model *model, int32_t index, int32_t *sites, int64_t count);

/* Where the latent variables are.
 * \param[out] scales the scale at which each site becomes a latent variable, shape (rows, columns)
 * \param count       elements of scales */
ISINGRG_API isingrg_status isingrg_neuralrg_latent_scales(
    isingrg_model *model, int32_t *scales, int64_t count);

/* MARK: GraphVAE */

/* The hierarchical graph variational autoencoder of Meng takes configurations of int8, +1 and -1, on
 * the torus. Each level has two graph convolutions, then 2 x 2 pooling. mu and log sigma^2 of a
 * latent variable come from the mean over the sites of a level, or from each of its sites. Level l has
 * nodes(l) latent variables: 1, or (size / 2^l)^2. Those of the last level are decoded. */

/* How a reconstruction x is compared with the spins s, both means over sites: (x - s)^2, or the
 * cross entropy of (s + 1) / 2, x being its logit. */
enum { ISINGRG_GRAPHVAE_MSE = 0, ISINGRG_GRAPHVAE_BERNOULLI = 1 };

/* A perceptron with two hidden layers, or graph convolutions from level to level. */
enum { ISINGRG_GRAPHVAE_DECODER_MLP = 0, ISINGRG_GRAPHVAE_DECODER_GRAPH = 1 };

/* Which latent variables the consistency of Eq. 6 compares: their means mu, or samples z. */
enum { ISINGRG_GRAPHVAE_REPRESENTATION_MU = 0, ISINGRG_GRAPHVAE_REPRESENTATION_Z = 1 };

/* What of a level has a latent variable: the level, or each of its sites. */
enum { ISINGRG_GRAPHVAE_READOUT_MEAN = 0, ISINGRG_GRAPHVAE_READOUT_SITES = 1 };

typedef struct {
    int64_t size;    /* L, a multiple of 2^(levels - 1), at least 4 times that, at most 256 */
    int32_t latent;  /* numbers of a latent variable, 1 to 256 */
    int32_t hidden;  /* features of a site, and units of a perceptron, 1 to 256 */
    int32_t token;   /* features of a token, 1 to 256 */
    int32_t levels;  /* 1 to 8 */
    int32_t likelihood;     /* ISINGRG_GRAPHVAE_MSE or ISINGRG_GRAPHVAE_BERNOULLI */
    int32_t decoder;        /* ISINGRG_GRAPHVAE_DECODER_MLP or ISINGRG_GRAPHVAE_DECODER_GRAPH */
    int32_t representation; /* ISINGRG_GRAPHVAE_REPRESENTATION_MU or _REPRESENTATION_Z */
    int32_t readout;        /* ISINGRG_GRAPHVAE_READOUT_MEAN or ISINGRG_GRAPHVAE_READOUT_SITES */
    double beta;      /* weight of the divergence in Eq. 1, 0 to 10^6 */
    double lambda_rg; /* weight of the consistency, 0 to 10^6 */
    int64_t anneal;   /* epochs over which both rise linearly from zero, 0 to 10^9 */
    uint64_t seed;    /* of the initial parameters */
} isingrg_graphvae_config;

/* The terms of Eq. 1: columns of the training history and of isingrg_graphvae_loss. With latent
 * variables at sites, KL is a mean over the sites of the last level, and RG one over the sites of a
 * level of the squared distance between r there and the mean of r over the finer sites of its block. */
enum {
    ISINGRG_GRAPHVAE_LOSS = 0,
    ISINGRG_GRAPHVAE_RECONSTRUCTION = 1,
    ISINGRG_GRAPHVAE_KL = 2,
    ISINGRG_GRAPHVAE_RG = 3,
    ISINGRG_GRAPHVAE_COLUMNS = 4
};

/* Makes a model with random parameters.
 * \param[out] model a handle to be given to isingrg_model_destroy */
ISINGRG_API isingrg_status isingrg_graphvae_create(
    const isingrg_graphvae_config *config, isingrg_model **model);

typedef struct {
    uint64_t epochs;      /* passes over the data, 1 to 10^9 */
    uint64_t batch;       /* configurations per step, 1 to 65536 */
    double learning_rate; /* 1e-12 to 10 */
    double weight_decay;  /* 0 to 10; added to the gradient before the moments of Adam */
    uint64_t seed;        /* of the order of the data and the noise of the latent variables */
} isingrg_graphvae_training;

/*
 * Trains further by Adam, in single precision. Each epoch passes through the data in a new random
 * order, the last smaller batch included. However it ends, the model is at its last complete epoch,
 * whose number is isingrg_model_rows_done, and the history holds a row for each epoch done by this
 * call: means over its configurations, with the annealed weights in the loss. ISINGRG_NON_FINITE
 * when the loss becomes so.
 * \param spins        shape (n, L, L)
 * \param n            1 to 2^31
 * \param[out] history shape (epochs, ISINGRG_GRAPHVAE_COLUMNS)
 * \param progress     counts configurations
 */
ISINGRG_API isingrg_status isingrg_graphvae_fit(
    isingrg_model *model, const int8_t *spins, int64_t n,
    const isingrg_graphvae_training *training, double *history, int64_t history_count,
    uint64_t *done, isingrg_progress progress, void *context);

/* The following compute in double precision. */

/* mu and log sigma^2 of every level.
 * \param spins              shape (n, size, size)
 * \param size               a multiple of 2^(levels - 1), from twice that to 1024; it need not be L
 * \param[out] means         shape (n, nodes(l), latent) for each level l, the finest first, one after the
 *                           other, all of the given size;  \param[out] log_variances likewise */
ISINGRG_API isingrg_status isingrg_graphvae_encode(
    isingrg_model *model, const int8_t *spins, int64_t n, int64_t size, double *means,
    double *log_variances, isingrg_progress progress, void *context);

/* Mean of the spins given z: the reconstruction x, or tanh(x / 2) where x is a logit.
 * \param latents shape (n, nodes(levels - 1), latent), finite;  \param[out] means shape (n, L, L) */
ISINGRG_API isingrg_status isingrg_graphvae_decode(
    isingrg_model *model, const double *latents, int64_t n, double *means,
    isingrg_progress progress, void *context);

/* Draws z from the prior N(0, 1), then every spin on its own with the mean that the decoder gives, cut
 * off at -1 and 1. ISINGRG_NON_FINITE when a mean is no number.
 * \param seed         with its number the key of a sample: the first of more samples are the same
 * \param[out] latents shape (n, nodes(levels - 1), latent);  \param[out] spins shape (n, L, L) */
ISINGRG_API isingrg_status isingrg_graphvae_sample(
    isingrg_model *model, int64_t n, uint64_t seed, double *latents, int8_t *spins,
    isingrg_progress progress, void *context);

/* The terms of Eq. 1, means over configurations, with the full weights.
 * \param spins      shape (n, L, L), n at least 1
 * \param seed       of the noise of the latent variables
 * \param[out] terms ISINGRG_GRAPHVAE_COLUMNS numbers */
ISINGRG_API isingrg_status isingrg_graphvae_loss(
    isingrg_model *model, const int8_t *spins, int64_t n, uint64_t seed, double *terms,
    isingrg_progress progress, void *context);

/* MARK: Monte Carlo renormalization */

enum {
    ISINGRG_MCRG_MAJORITY = 0,    /* the sign of the sum of a block's spins, at random where it is zero */
    ISINGRG_MCRG_FILTER = 1,      /* +1 with probability 1 / (1 + exp(-2 h)), h = sum_i w_i s_i */
    ISINGRG_MCRG_SHARP_FILTER = 2 /* the sign of h, at random where it is zero */
};

/* How the spins of a block of b^d become one. */
typedef struct {
    int32_t kind;          /* ISINGRG_MCRG_MAJORITY ... ISINGRG_MCRG_SHARP_FILTER */
    int32_t width;         /* of the filter's window, b or larger by an even number, at most 32 */
    const double *weights; /* w, (width^d), -1e6 to 1e6, C order; the block is in the window's middle.
                            * NULL for majority */
} isingrg_mcrg_rule;

/* Operators S_a: for each the sum over all sites of products of spins, its terms. */
typedef struct {
    int64_t n_operators;           /* 0 to 1024 */
    int64_t n_terms;               /* 0 to 2^16 */
    const int32_t *term_operators; /* (n_terms), the operator that each is a part of */
    const int32_t *term_starts;    /* (n_terms + 1): points term_starts[t] ... term_starts[t + 1] - 1 are
                                    * those of term t, 1 to 64 of them; begins with 0 */
    const int32_t *points;         /* (points, 3): x, y and z of its spins from the site, -64 to 64; z is 0
                                    * on a square lattice */
} isingrg_mcrg_operators;

/*
 * Blocks configurations of the periodic lattice of L^d spins again and again and measures operators at each
 * level.
 * \param spins     int8 of +-1, shape (n, L^d)
 * \param n         configurations
 * \param dimension d, 2 or 3
 * \param size      L, 1 to 2^15, in three dimensions 2^10
 * \param factor    b, 2 to 16
 * \param levels    0 to 16; b^levels divides L
 * \param rule      of blocks; NULL for majority
 * \param operators what is measured
 * \param seed      of ties and draws; configuration i takes random numbers of its own
 * \param first     the number of the first configuration, 0 to 2^39, where several calls share a seed
 * \param[out] sums shape (n, levels + 1, n_operators): S_a of each level, that of the spins first
 * \param progress  counts configurations */
ISINGRG_API isingrg_status isingrg_mcrg_measure(
    const int8_t *spins, int64_t n, int64_t dimension, int64_t size, int64_t factor, int64_t levels,
    const isingrg_mcrg_rule *rule, const isingrg_mcrg_operators *operators, uint64_t seed, int64_t first,
    double *sums, isingrg_progress progress, void *context);

/* The block spins themselves, as isingrg_mcrg_measure makes them.
 * \param spins        int8 of +-1, shape (n, L^d)
 * \param n            configurations
 * \param dimension    d, 2 or 3
 * \param size         L, 1 to 2^15, in three dimensions 2^10
 * \param factor       b, 2 to 16
 * \param levels       0 to 16; b^levels divides L
 * \param rule         of blocks; NULL for majority
 * \param seed         of ties and draws
 * \param first        the number of the first configuration, 0 to 2^39
 * \param[out] blocked int8 of +-1, shape (n, (L / b^levels)^d)
 * \param progress     counts configurations */
ISINGRG_API isingrg_status isingrg_mcrg_block(
    const int8_t *spins, int64_t n, int64_t dimension, int64_t size, int64_t factor, int64_t levels,
    const isingrg_mcrg_rule *rule, uint64_t seed, int64_t first, int8_t *blocked, isingrg_progress progress,
    void *context);

/*
 * Samples exp(K sum_<ij> s_i s_j - sum_a J_a S_a(s')) on the L x L torus by heat bath, where s' are the
 * block spins of the last level by majority. Walkers are the same whether they go on by one call or by
 * several; once stopped, spins and ties are undefined.
 * \param size        L, b^levels times at least 2
 * \param factor      b, 2 to 16
 * \param levels      1 to 16; b^levels divides L
 * \param operators   S_a
 * \param coupling    K, -10 to 10
 * \param bias        J_a, -100 to 100, one for each operator; NULL where the block spins s' of the last
 *                    level are not to change: then s is sampled given s'
 * \param walkers     1 to 2^16, independent of each other
 * \param n_samples   measurements of each, 1 to 2^24
 * \param n_between   sweeps before each measurement, 1 to 2^24
 * \param seed        of all random numbers
 * \param first       sweeps that the walkers have done before, 0 to 2^54
 * \param[out] spins  int8 of +-1, shape (walkers, L, L), where walkers are, and then where they have come to
 * \param spins_count elements of spins, must equal that product
 * \param[out] ties   int8 of +-1, shape (walkers, blocks of all levels): spins that decide ties, level after
 *                    level in C order, before and after the call
 * \param ties_count  elements of ties, must equal that product
 * \param[out] fine   shape (walkers, n_samples, n_operators): S_a at the level below the last,
 *                    of the spins s themselves for one level
 * \param[out] coarse the same of s'
 * \param progress    counts sweeps of walkers */
ISINGRG_API isingrg_status isingrg_mcrg_biased_sample(
    int64_t size, int64_t factor, int64_t levels, const isingrg_mcrg_operators *operators, double coupling,
    const double *bias, int64_t walkers, int64_t n_samples, int64_t n_between, uint64_t seed,
    int64_t first, int8_t *spins, int64_t spins_count, int8_t *ties, int64_t ties_count, double *fine,
    double *coarse, isingrg_progress progress, void *context);

/* MARK: Tensor renormalization */

/*
 * A loop of four tensors on the lattice of mirror images, where neighbours are mirror images of each
 * other and bonds join equal letters. The teacher T[a, b, c, d] = T[d, c, b, a] is replaced by
 * B[a, b, c, d] = sum_z S[z, a, b] S[z, d, c], with
 *
 *     cost = 1 + (<B|B> - 2 <T|B>) / <T|T> + mu |S|^2 / <T|T>^(1/8),
 *     <X|Y> = tr (N N^T)^2,  N[(a a'), (d d')] = sum_bc X[a, b, c, d] Y[a', b, c, d'].
 *
 * The states of a leg have charges +1, the first ones, and -1; an entry is permitted where the
 * charges multiply to +1. Entries of S that are not are taken for zero, and those of T are left out.
 *
 * \param teacher      T, shape (legs, legs, legs, legs), finite
 * \param legs         1 to 64
 * \param even_legs    states of charge +1 among them, 0 to legs
 * \param student      S, shape (bonds, legs, legs), finite
 * \param bonds        1 to 64
 * \param even_bonds   states of charge +1 among them, 0 to bonds
 * \param mu           0 to 1
 */

/* The cost of a student and its slope. ISINGRG_NON_FINITE when <T|T> is zero or overflows.
 * \param[out] cost     one number
 * \param[out] gradient shape (bonds, legs, legs), zero where an entry is not permitted */
ISINGRG_API isingrg_status isingrg_tensorrg_loop_cost(
    const double *teacher, int64_t legs, int64_t even_legs, const double *student, int64_t bonds,
    int64_t even_bonds, double mu, double *cost, double *gradient);

/* Second derivatives of the cost in the p permitted entries of S, by central differences of the exact
 * gradient, to about 1e-10 of the largest. The entries are those of z of charge +1 first, then by z,
 * a and b. ISINGRG_NON_FINITE as for the cost.
 * \param[out] hessian  shape (p, p), symmetric
 * \param hessian_count elements of hessian, must be p^2
 * \param progress      counts entries */
ISINGRG_API isingrg_status isingrg_tensorrg_loop_hessian(
    const double *teacher, int64_t legs, int64_t even_legs, const double *student, int64_t bonds,
    int64_t even_bonds, double mu, double *hessian, int64_t hessian_count,
    isingrg_progress progress, void *context);

/* What isingrg_tensorrg_loop_search has done. */
enum {
    ISINGRG_TENSORRG_START_COST = 0, /* cost of the start */
    ISINGRG_TENSORRG_DISTANCE = 1,   /* 1 - <T|B>^2 / (<T|T> <B|B>) at the end */
    ISINGRG_TENSORRG_SLOPE = 2,      /* largest element of the gradient, where <T|T> = 1 */
    ISINGRG_TENSORRG_ITERATIONS = 3,
    ISINGRG_TENSORRG_REPORT = 4
};

/*
 * Minimises the cost by limited-memory BFGS and multiplies the student found by the number that is
 * best without mu. ISINGRG_NON_FINITE as for the cost.
 * \param student     the start, replaced by the student found
 * \param iterations  1 to 10^6
 * \param tolerance   of the largest element of the gradient, where <T|T> = 1; 0 or more
 * \param[out] report ISINGRG_TENSORRG_REPORT numbers
 * \param progress    told 0 of 0, as the work is not known before
 */
ISINGRG_API isingrg_status isingrg_tensorrg_loop_search(
    const double *teacher, int64_t legs, int64_t even_legs, double *student, int64_t bonds,
    int64_t even_bonds, double mu, int64_t iterations, double tolerance, double *report,
    isingrg_progress progress, void *context);


/* MARK: Multilevel sampler */

/* A sampler of exp(K sum_<ij> s_i s_j + h sum_i s_i) on the L x L torus draws a first spin, then those
 * between the ones it has at spacings a = L/2, ..., 2, 1: at each the sites B at (a, a) modulo 2 a, C
 * at (a, 0) and D at (0, a), each kind in colours one after another. A spin is drawn with
 * p(s_i = 1) = 1 / (1 + exp(-2 h_i)), rounded to multiples of 2^-31; at a = 1 the sites C and D, and
 * with two or more colours half of B, have exact fields h_i, all others the sum over orbits o of
 * J_o times the sum of products of the nearest drawn spins. */

typedef struct {
    int64_t size;       /* L, a power of two from 4 to 256 */
    double coupling;    /* K, |K| <= 100 */
    double field;       /* h, |h| <= 100; products of an even number of spins count only with it */
    int32_t neighbours; /* nearest spins that fields are tabulated for, 0 to 16, full shells within */
    int32_t linear;     /* nearest spins that count alone, 0 to 64, the last shell taken whole */
    int32_t triples;    /* that count in products of three (and two), 0 to neighbours */
    int32_t quintuples; /* that count in products of five (and four), 0 to neighbours */
    int32_t colours;    /* of each kind of sites: 1, 2, 4 or 8 */
} isingrg_multilevel_config;

/* Columns of the training history: what the model is after each step. */
enum {
    /* Mean over the batch of ln q(s) - K sum s s' - h sum s, an upper bound of -ln Z. */
    ISINGRG_MULTILEVEL_LOSS = 0,
    ISINGRG_MULTILEVEL_STANDARD_ERROR = 1,      /* of that mean */
    ISINGRG_MULTILEVEL_EFFECTIVE_SHARE = 2,     /* effective sample size of the weights / batch */
    ISINGRG_MULTILEVEL_LOG_PARTITION = 3,       /* ln Z by the weights */
    ISINGRG_MULTILEVEL_LOG_PARTITION_ERROR = 4, /* its standard error */
    /* The divergence from the target to the model in nat by up to 2048 exact configurations, which
     * grows where the model never goes; with a field ln Z by the weights stands for the exact one. */
    ISINGRG_MULTILEVEL_FORWARD = 5,
    ISINGRG_MULTILEVEL_FORWARD_ERROR = 6, /* its standard error */
    ISINGRG_MULTILEVEL_COLUMNS = 7
};

/* Makes a model whose couplings J_o are zero.
 * \param[out] model a handle to be given to isingrg_model_destroy */
ISINGRG_API isingrg_status isingrg_multilevel_create(
    const isingrg_multilevel_config *config, isingrg_model **model);

/* How the first training finds couplings before its first step: by maximum likelihood on cluster
 * configurations made inside; from smaller lattices, beginning with all configurations of L = 4; or
 * not. */
enum {
    ISINGRG_MULTILEVEL_WOLFF = 0,
    ISINGRG_MULTILEVEL_LADDER = 1,
    ISINGRG_MULTILEVEL_NONE = 2
};

typedef struct {
    uint64_t steps;       /* of this call, 1 to 10^9 */
    uint64_t batch;       /* configurations drawn in a step, 1 to 2^24 */
    double learning_rate; /* times the step of the natural gradient or of Newton, 1e-12 to 10;
                           * lowered where a batch is small for the number of couplings */
    double damping;       /* added to the diagonal of the curvature, 1e-6 to 10^12 */
    int32_t start;        /* ISINGRG_MULTILEVEL_WOLFF ... _NONE */
    uint64_t seed;
} isingrg_multilevel_training;

/*
 * Trains further down the natural gradient of the divergence from the target to the model, by weights w
 * or the power of them that has an effective sample size of 30 %. However it ends, the model is at its
 * last complete step, whose number is isingrg_model_step, and the history holds a row for each step
 * done by this call. ISINGRG_NON_FINITE when weights become so, ISINGRG_NOT_CONVERGED when the
 * curvature is singular.
 * \param[out] history shape (steps, ISINGRG_MULTILEVEL_COLUMNS)
 * \param progress     counts steps
 */
ISINGRG_API isingrg_status isingrg_multilevel_fit(
    isingrg_model *model, const isingrg_multilevel_training *training, double *history,
    int64_t history_count, uint64_t *done, isingrg_progress progress, void *context);

/* Trains further by maximum likelihood, likewise: each step is one of Newton's method on given
 * configurations, which random symmetries of the lattice multiply; damping and start do not count.
 * \param spins        int8 of +-1, shape (n, L, L)
 * \param n            1 to 2^31
 * \param[out] history shape (steps, ISINGRG_MULTILEVEL_COLUMNS)
 * \param progress     counts steps */
ISINGRG_API isingrg_status isingrg_multilevel_fit_samples(
    isingrg_model *model, const int8_t *spins, int64_t n,
    const isingrg_multilevel_training *training, double *history, int64_t history_count,
    uint64_t *done, isingrg_progress progress, void *context);

/* Takes over the couplings of another model, of the same size or of half of it, for a training to begin
 * with: of each class of sites those of equal spacing or those of half the spacing, whichever has more
 * products in common with it.
 * \param other with equal numbers of neighbours and colours, and a field where the model has one */
ISINGRG_API isingrg_status isingrg_multilevel_adopt(isingrg_model *model, isingrg_model *other);

/* Independent samples of q, or of the spins between given ones. The first rows do not depend on n.
 * \param coarse      int8 of +-1, shape (n, coarse_size, coarse_size), the spins at multiples of
 *                    L / coarse_size, which are kept; NULL to draw all
 * \param coarse_size a power of two below L; 0 where coarse is NULL
 * \param[out] spins  int8 of +-1, shape (n, L, L)
 * \param[out] log_probabilities ln q of what was drawn, given coarse, n numbers, may be NULL */
ISINGRG_API isingrg_status isingrg_multilevel_sample(
    isingrg_model *model, int64_t n, const int8_t *coarse, int64_t coarse_size, uint64_t seed,
    int8_t *spins, double *log_probabilities, isingrg_progress progress, void *context);

/* ln q(s), normalised; of samples the same to the last bit.
 * \param spins       int8 of +-1, shape (n, L, L)
 * \param coarse_size as for isingrg_multilevel_sample, for the probability of all other spins given
 *                    those at multiples of L / coarse_size; 0 for that of all
 * \param[out] values n numbers */
ISINGRG_API isingrg_status isingrg_multilevel_log_probability(
    isingrg_model *model, const int8_t *spins, int64_t n, int64_t coarse_size, double *values,
    isingrg_progress progress, void *context);

/* Annealed importance sampling, which needs no model: configurations follow the couplings K_0 to K_n by
 * a sweep of the heat bath at each but the first. If weights w make the given ones samples at K_0,
 * w exp(work) make what comes of them samples at K_n, with
 * work = sum_t (K_t - K_(t-1)) sum_<ij> s_i s_j of the spins before the sweep at K_t. The first rows
 * do not depend on n. What is interrupted leaves some of the spins changed.
 * \param n           configurations, at least 0
 * \param size        L, a power of two from 4 to 256
 * \param couplings   |K| <= 100
 * \param n_couplings 1 to 2^20
 * \param field       h in exp(K sum s s' + h sum s), |h| <= 100
 * \param spins       int8 of +-1, shape (n, L, L), changed
 * \param[out] work   n numbers
 * \param progress    counts configurations */
ISINGRG_API isingrg_status isingrg_multilevel_anneal(
    int64_t n, int64_t size, const double *couplings, int64_t n_couplings, double field,
    uint64_t seed, int8_t *spins, double *work, isingrg_progress progress, void *context);

/* What the couplings multiply, those of each class of sites one after another in the order in which
 * the classes are drawn. isingrg_model_parameter_count tells how many there are.
 * \param[out] orbits shape (couplings, ISINGRG_MULTILEVEL_ORBIT_COLUMNS)
 * \param count       elements of orbits */
ISINGRG_API isingrg_status isingrg_multilevel_orbits(
    isingrg_model *model, int32_t *orbits, int64_t count);

/* Columns of the orbits: the spacing a; the kind of sites, 0 to 3 for A (the first) to D; the colour;
 * the spins in a product, 0 for a constant field; the products in the orbit; and the square of the
 * distance from the site to the farthest spin of a product. */
enum {
    ISINGRG_MULTILEVEL_SPACING = 0,
    ISINGRG_MULTILEVEL_POSITION = 1,
    ISINGRG_MULTILEVEL_COLOUR = 2,
    ISINGRG_MULTILEVEL_ORDER = 3,
    ISINGRG_MULTILEVEL_PRODUCTS = 4,
    ISINGRG_MULTILEVEL_SQUARED_DISTANCE = 5,
    ISINGRG_MULTILEVEL_ORBIT_COLUMNS = 6
};

#ifdef __cplusplus
}
#endif

#endif
