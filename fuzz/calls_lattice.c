/* Calls of spins on any lattice. */
#include "abi.h"

/* Sites 0 to 5 in a ring or a line, seldom with other numbers among them. */
static isingrg_lattice_graph some_graph(void)
{
    isingrg_lattice_graph graph;
    int64_t sites = amount(1, 6), n_bonds = amount(0, 6);
    int32_t *bonds = output(rows(n_bonds, 2), sizeof *bonds);
    int32_t *colours = output(rows(sites, 1), sizeof *colours);
    for (int64_t k = 0; bonds != NULL && k < rows(n_bonds, 2); ++k)
        bonds[k] = (int32_t)((k + 1) / 2 % (sites > 0 ? sites : 1));
    for (int64_t k = 0; colours != NULL && k < rows(sites, 1); ++k)
        colours[k] = sites % 2 == 1 && k == sites - 1 ? 2 : (int32_t)(k % 2);
    if (seldom() && bonds != NULL && rows(n_bonds, 2) > 0) bonds[0] = choice(9);
    graph.sites = sites;
    graph.n_bonds = n_bonds;
    graph.bonds = bonds;
    graph.strengths = numbers(rows(n_bonds, 1), 1);
    graph.colours = colours;
    graph.pattern = next_byte() % 2 == 0 ? NULL : numbers(rows(sites, 1), 1);
    graph.spins = choice(3);
    graph.states = graph.spins == ISINGRG_LATTICE_ISING ? 2 : small(2, 4);
    return graph;
}

/* Of Ising, and 1 of others. */
static int8_t *some_spins(const isingrg_lattice_graph *graph, int64_t n)
{
    int64_t count = rows(n, graph->sites);
    int8_t *all = spins(count);
    if (graph->spins != ISINGRG_LATTICE_ISING && all != NULL)
        for (int64_t k = 0; k < count; ++k) all[k] = 1;
    return all;
}

static isingrg_lattice_observables some_observables(const isingrg_lattice_graph *graph)
{
    isingrg_lattice_observables observables;
    observables.n_weights = amount(0, 2);
    observables.weights = numbers(rows(observables.n_weights, graph->sites), 1);
    observables.n_partners = amount(0, 2);
    int64_t count = rows(observables.n_partners, graph->sites);
    int32_t *partners = output(count, sizeof *partners);
    for (int64_t k = 0; partners != NULL && k < count; ++k) partners[k] = (int32_t)(k % 2) - 1;
    observables.partners = partners;
    observables.improved = small(0, 1);
    return observables;
}

static int64_t columns(
    const isingrg_lattice_graph *graph, const isingrg_lattice_observables *observables)
{
    int64_t components = graph->spins == ISINGRG_LATTICE_ISING ? 1
        : graph->spins == ISINGRG_LATTICE_CLOCK ? 2 : graph->states;
    if (observables->n_weights < 0 || observables->n_weights > 8) return 0;
    if (observables->n_partners < 0 || observables->n_partners > 8) return 0;
    return 2 + observables->n_weights * (components + 2 * observables->improved)
        + observables->n_partners;
}

static void call_advance(const isingrg_lattice_graph *graph, isingrg_lattice *lattice)
{
    isingrg_lattice_chains chains;
    isingrg_lattice_observables observables = some_observables(graph);
    chains.n_chains = amount(1, 3);
    if (chains.n_chains == 3) chains.n_chains = 66;
    double *couplings = numbers(rows(chains.n_chains, 1), 1);
    double *fields = numbers(rows(chains.n_chains, 1), 1);
    bool are_equal = next_byte() % 2 == 0;
    for (int64_t k = 1; are_equal && couplings && fields && k < rows(chains.n_chains, 1); ++k) {
        couplings[k] = couplings[0];
        fields[k] = fields[0] = 0;
    }
    chains.couplings = couplings;
    chains.fields = fields;
    chains.algorithm = choice(4);
    chains.seed = next_word();
    chains.first_sweep = amount(0, 100);
    chains.between = amount(0, 3);
    chains.rows = amount(0, 3);
    int8_t *all = some_spins(graph, chains.n_chains);
    int32_t *clusters = output(rows(chains.n_chains, 1), sizeof *clusters);
    for (int64_t k = 0; clusters != NULL && k < rows(chains.n_chains, 1); ++k) clusters[k] = 0;
    int64_t places = rows(chains.n_chains, rows(chains.rows, 1));
    int64_t table_exact = rows(places, columns(graph, &observables));
    double *table = space(table_exact);
    int64_t table_count = elements(table_exact);
    int64_t samples_exact = rows(places, graph->sites);
    int8_t *samples = output(samples_exact, 1);
    int64_t samples_count = elements(samples_exact);
    isingrg_progress function = progress();
    end_call(isingrg_lattice_advance(
        lattice, &chains, all, clusters, &observables, table, table_count, samples, samples_count,
        function, NULL));
}

void call_lattice(void)
{
    int32_t which = pick(4);
    isingrg_lattice_graph graph = some_graph();
    isingrg_lattice *lattice = NULL;
    if (isingrg_lattice_create(&graph, &lattice) != ISINGRG_OK) lattice = NULL;
    if (which == 0) {
        call_advance(&graph, lattice);
    } else if (which == 1) {
        isingrg_lattice_observables observables = some_observables(&graph);
        observables.improved = 0;
        int64_t n = amount(0, 3);
        int8_t *all = some_spins(&graph, n);
        int64_t exact = rows(n, columns(&graph, &observables));
        double *table = space(exact);
        int64_t count = elements(exact);
        isingrg_progress function = progress();
        end_call(isingrg_lattice_measure(
            lattice, &observables, all, n, table, count, function, NULL));
    } else if (which == 2) {
        int64_t n = amount(1, 3);
        double *couplings = numbers(rows(n, 1), 1);
        double *fields = numbers(rows(n, 1), 1);
        double *moments = space(rows(n, 8));
        isingrg_progress function = progress();
        end_call(isingrg_lattice_moments(
            lattice, couplings, fields, n, moments, function, NULL));
    } else {
        int64_t lowest = amount(0, 12), n = amount(1, 25);
        int64_t exact = rows(n, graph.sites + 1);
        double *counts = space(exact);
        int64_t count = elements(exact);
        isingrg_progress function = progress();
        end_call(isingrg_lattice_levels(lattice, -lowest, n, counts, count, function, NULL));
    }
    if (lattice != NULL && seldom()) end_call(isingrg_lattice_destroy(lattice));
    if (lattice != NULL) isingrg_lattice_destroy(lattice);
}
