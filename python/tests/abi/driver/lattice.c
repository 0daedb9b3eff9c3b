#include "driver.h"

/* A triangle with a tail, and one of everything that is wrong. */
static const int32_t bonds[8] = {0, 1, 1, 2, 2, 0, 2, 3}, colours[4] = {0, 1, 2, 0};
static const double strengths[4] = {1, 1, -1, 0.5};

static isingrg_lattice_graph triangle(void)
{
    isingrg_lattice_graph graph = {4, 4, bonds, strengths, colours, NULL, ISINGRG_LATTICE_ISING, 2};
    return graph;
}

static isingrg_lattice *made(isingrg_lattice_graph graph)
{
    isingrg_lattice *lattice = NULL;
    ACCEPT(isingrg_lattice_create(&graph, &lattice));
    return lattice;
}

static double moments[8];
static const double coupling = 0.4, field = 0.1;

/* Every part of a graph is checked when a lattice is made of it. */
static void test_graph(void)
{
    static const int32_t loop[8] = {0, 1, 1, 2, 2, 2, 2, 3}, far[8] = {0, 1, 1, 2, 2, 0, 2, 4};
    static const int32_t same[4] = {0, 1, 1, 0}, negative[4] = {0, 1, -1, 0};
    static const double wrong[4] = {1, 1, NAN, 1}, large[4] = {1, 1, 1, 1e7};
    isingrg_lattice_graph graph = triangle();
    isingrg_lattice *lattice = NULL;
#define CREATE() isingrg_lattice_create(&graph, &lattice)
#define REFUSE_GRAPH(words, part, value) \
    do { \
        graph.part = value; \
        REFUSE(words, CREATE()); \
        graph = triangle(); \
    } while (0)
    graph.n_bonds = 0;
    graph.bonds = NULL;
    graph.strengths = NULL;
    ACCEPT(isingrg_lattice_destroy(made(graph)));
    graph = triangle();
    graph.pattern = strengths;
    ACCEPT(isingrg_lattice_destroy(made(graph)));
    graph = triangle();
    REFUSE("graph", isingrg_lattice_create(NULL, &lattice));
    REFUSE("lattice", isingrg_lattice_create(&graph, NULL));
    REFUSE_GRAPH("sites", sites, 0);
    REFUSE_GRAPH("sites", sites, INT64_MAX);
    REFUSE_GRAPH("n_bonds", n_bonds, -1);
    REFUSE_GRAPH("bonds", bonds, NULL);
    REFUSE_GRAPH("two different sites", bonds, loop);
    REFUSE_GRAPH("two different sites", bonds, far);
    REFUSE_GRAPH("strengths", strengths, NULL);
    REFUSE_GRAPH("strengths", strengths, wrong);
    REFUSE_GRAPH("strengths", strengths, large);
    REFUSE_GRAPH("colours", colours, NULL);
    REFUSE_GRAPH("same colour", colours, same);
    REFUSE_GRAPH("colours", colours, negative);
    REFUSE_GRAPH("pattern", pattern, wrong);
    REFUSE_GRAPH("spins", spins, 3);
    REFUSE_GRAPH("2 states", states, 3);
    graph.spins = ISINGRG_LATTICE_CLOCK;
    REFUSE_GRAPH("from 2 to 16", states, 17);
    REQUIRE(lattice == NULL);
}

static void test_handles(void)
{
    isingrg_lattice *lattice = made(triangle()), *other = made(triangle());
    uint64_t step;
    REQUIRE(lattice != NULL && lattice != other);
    EXPECT(ISINGRG_WRONG_METHOD, "a lattice", isingrg_model_step((isingrg_model *)lattice, &step));
    EXPECT(ISINGRG_WRONG_METHOD, "a lattice", isingrg_model_destroy((isingrg_model *)lattice));
    ACCEPT(isingrg_lattice_destroy(lattice));
    EXPECT(ISINGRG_CLOSED, "the lattice was closed", isingrg_lattice_destroy(lattice));
    EXPECT(ISINGRG_CLOSED, "the lattice was closed", isingrg_lattice_moments(
        lattice, &coupling, &field, 1, moments, NULL, NULL));
    EXPECT(ISINGRG_CLOSED, "the lattice was closed", isingrg_lattice_destroy(NULL));
    ACCEPT(isingrg_lattice_moments(other, &coupling, &field, 1, moments, NULL, NULL));
    ACCEPT(isingrg_lattice_destroy(other));
}

static void test_moments(void)
{
    static const double wrong = NAN;
    isingrg_lattice *lattice = made(triangle());
    int calls = 0;
#define MOMENTS(lattice, couplings, fields, n, moments) \
    isingrg_lattice_moments(lattice, couplings, fields, n, moments, NULL, NULL)
    ACCEPT(MOMENTS(lattice, &coupling, &field, 1, moments));
    REQUIRE(moments[0] > 4 * log(2) && moments[5] > 0 && moments[6] <= 1);
    ACCEPT(isingrg_lattice_moments(
        lattice, &coupling, &field, 1, moments, count_calls, &calls));
    REQUIRE(calls >= 1);
    INTERRUPT(isingrg_lattice_moments(lattice, &coupling, &field, 1, moments, stop, NULL));
    REFUSE("couplings", MOMENTS(lattice, NULL, &field, 1, moments));
    REFUSE("fields", MOMENTS(lattice, &coupling, NULL, 1, moments));
    REFUSE("n must", MOMENTS(lattice, &coupling, &field, 0, moments));
    REFUSE("moments", MOMENTS(lattice, &coupling, &field, 1, NULL));
    REFUSE("couplings", MOMENTS(lattice, &wrong, &field, 1, moments));
    ACCEPT(isingrg_lattice_destroy(lattice));
}

static void test_levels(void)
{
    static const double whole[4] = {1, 1, -1, 2};
    double counts[11 * 5];
    isingrg_lattice_graph graph = triangle();
    isingrg_lattice *lattice = made(graph);
#define LEVELS(lowest, n, counts, size) \
    isingrg_lattice_levels(lattice, lowest, n, counts, size, NULL, NULL)
    REFUSE("integers", LEVELS(-5, 11, counts, 55));
    ACCEPT(isingrg_lattice_destroy(lattice));
    graph.strengths = whole;
    lattice = made(graph);
    ACCEPT(LEVELS(-5, 11, counts, 55));
    double sum = 0;
    for (int k = 0; k < 55; ++k) sum += counts[k];
    REQUIRE(sum == 16);
    REFUSE("energies", LEVELS(-2, 11, counts, 55));
    REFUSE("counts", LEVELS(-5, 11, counts, 54));
    REFUSE("counts", LEVELS(-5, 11, NULL, 55));
    REFUSE("lowest", LEVELS(INT64_MIN, 11, counts, 55));
    REFUSE("n_energies", LEVELS(-5, 0, counts, 55));
    INTERRUPT(isingrg_lattice_levels(lattice, -5, 11, counts, 55, stop, NULL));
    ACCEPT(isingrg_lattice_destroy(lattice));
    graph.spins = ISINGRG_LATTICE_CLOCK;
    lattice = made(graph);
    REFUSE("clock", LEVELS(-5, 11, counts, 55));
    ACCEPT(isingrg_lattice_destroy(lattice));
}

static void test_chains(void)
{
    static const double couplings[2] = {0.4, 0.3}, fields[2] = {0, 0}, weights[4] = {1, 1, 1, 1};
    static const int32_t partners[4] = {1, 2, 0, -1}, far[4] = {1, 2, 0, 4};
    isingrg_lattice *lattice = made(triangle());
    isingrg_lattice_chains chains = {
        2, couplings, fields, ISINGRG_ISING_SWENDSEN_WANG, 1, 0, 2, 3};
    isingrg_lattice_observables observables = {weights, 1, partners, 1, 1};
    int8_t spins[8] = {1, 1, -1, 1, 1, 1, 1, -1}, before[8], samples[24], wrong[8] = {0};
    int32_t clusters[2] = {0, 0}, few[2] = {-1, 0};
    double table[2 * 3 * 6];
    int calls = 0;
#define ADVANCE(spins, clusters, observables, table, size, samples, count) \
    isingrg_lattice_advance( \
        lattice, &chains, spins, clusters, observables, table, size, samples, count, NULL, NULL)
#define AGAIN() ADVANCE(spins, clusters, &observables, table, 36, samples, 24)
    ACCEPT(AGAIN());
    REQUIRE(memcmp(samples + 20, spins + 4, 4) == 0 && table[3] >= -1 && table[3] <= 1);
    ACCEPT(ADVANCE(spins, clusters, NULL, NULL, 0, NULL, 0));
    ACCEPT(isingrg_lattice_advance(
        lattice, &chains, spins, clusters, NULL, NULL, 0, NULL, 0, count_calls, &calls));
    REQUIRE(calls >= 1);
    memcpy(before, spins, sizeof spins);
    INTERRUPT(isingrg_lattice_advance(
        lattice, &chains, spins, clusters, NULL, NULL, 0, NULL, 0, stop, NULL));
    REQUIRE(memcmp(before, spins, sizeof spins) == 0);
    EXPECT(ISINGRG_CLOSED, "lattice", isingrg_lattice_advance(
        NULL, &chains, spins, clusters, NULL, NULL, 0, NULL, 0, NULL, NULL));
    REFUSE("chains", isingrg_lattice_advance(
        lattice, NULL, spins, clusters, NULL, NULL, 0, NULL, 0, NULL, NULL));
    REFUSE("spins", ADVANCE(NULL, clusters, NULL, NULL, 0, NULL, 0));
    REFUSE("spins", ADVANCE(wrong, clusters, NULL, NULL, 0, NULL, 0));
    REFUSE("clusters", ADVANCE(spins, NULL, NULL, NULL, 0, NULL, 0));
    REFUSE("clusters", ADVANCE(spins, few, NULL, NULL, 0, NULL, 0));
    REFUSE("table", ADVANCE(spins, clusters, &observables, table, 35, NULL, 0));
    REFUSE("samples", ADVANCE(spins, clusters, NULL, NULL, 0, samples, 25));
#define WRONG(words, structure, part, value) \
    do { \
        __typeof__(structure) kept = structure; \
        structure.part = value; \
        REFUSE(words, AGAIN()); \
        structure = kept; \
    } while (0)
    WRONG("n_chains", chains, n_chains, 0);
    WRONG("couplings", chains, couplings, NULL);
    WRONG("fields", chains, fields, NULL);
    WRONG("algorithm", chains, algorithm, -1);
    WRONG("sweeps", chains, first_sweep, -1);
    WRONG("sweeps", chains, between, -1);
    WRONG("sweeps", chains, rows, -1);
    WRONG("sweeps", chains, rows, INT64_MAX);
    WRONG("weights", observables, weights, NULL);
    WRONG("n_weights", observables, n_weights, -1);
    WRONG("partners", observables, partners, NULL);
    WRONG("partners", observables, partners, far);
    WRONG("n_partners", observables, n_partners, 1 << 20);
    WRONG("improved", observables, improved, 2);
    WRONG("improved", chains, algorithm, ISINGRG_ISING_WOLFF);
    WRONG("improved", chains, fields, couplings);

    observables.improved = 0;
#define MEASURE(lattice, observables, spins, n, table, size) \
    isingrg_lattice_measure(lattice, observables, spins, n, table, size, NULL, NULL)
    ACCEPT(MEASURE(lattice, &observables, spins, 2, table, 8));
    ACCEPT(MEASURE(lattice, &observables, spins, 0, table, 0));
    INTERRUPT(isingrg_lattice_measure(lattice, &observables, spins, 2, table, 8, stop, NULL));
    EXPECT(ISINGRG_CLOSED, "lattice", MEASURE(NULL, &observables, spins, 2, table, 8));
    REFUSE("observables", MEASURE(lattice, NULL, spins, 2, table, 8));
    REFUSE("spins", MEASURE(lattice, &observables, NULL, 2, table, 8));
    REFUSE("spins", MEASURE(lattice, &observables, wrong, 2, table, 8));
    REFUSE("n must", MEASURE(lattice, &observables, spins, -1, table, 8));
    REFUSE("table", MEASURE(lattice, &observables, spins, 2, NULL, 8));
    REFUSE("table", MEASURE(lattice, &observables, spins, 2, table, 7));
    observables.improved = 1;
    REFUSE("improved", MEASURE(lattice, &observables, spins, 2, table, 8));
    ACCEPT(isingrg_lattice_destroy(lattice));
}

void test_lattice(void)
{
    test_graph();
    test_handles();
    test_moments();
    test_levels();
    test_chains();
}
