/* The functions of spins on any lattice of isingrg.h. */
#include "support.h"

static const char capsule_name[] = "isingrg.lattice";

/* What a capsule points to. */
typedef struct {
    isingrg_lattice *handle;
    int64_t sites;
} Lattice;

static void free_lattice(PyObject *capsule)
{
    Lattice *lattice = PyCapsule_GetPointer(capsule, capsule_name);
    isingrg_lattice_destroy(lattice->handle);
    PyMem_Free(lattice);
}

/* A lattice, or after a failure one without a handle and of one site. */
static Lattice take_lattice(Call *call)
{
    Lattice none = {NULL, 1};
    PyObject *value = take_object(call);
    if (value == NULL) return none;
    if (!PyCapsule_IsValid(value, capsule_name)) {
        fail(call, PyExc_TypeError, "lattice must come from lattice_create");
        return none;
    }
    return *(const Lattice *)PyCapsule_GetPointer(value, capsule_name);
}

static PyObject *lattice_create(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "lattice_create", values, count, 7);
    isingrg_lattice_graph graph = {0};
    graph.sites = take_integer(&call, "sites", 1, MAX_COUNT);
    Array bonds = take_array(&call, "bonds", 'i', INPUT, SHAPE(ANY_OR_NONE, 2));
    graph.n_bonds = bonds.shape[0];
    graph.bonds = bonds.data;
    graph.strengths = take_array(&call, "strengths", 'd', INPUT, SHAPE(graph.n_bonds)).data;
    graph.colours = take_array(&call, "colours", 'i', INPUT, SHAPE(graph.sites)).data;
    graph.pattern = take_array(&call, "pattern", 'd', OPTIONAL_INPUT, SHAPE(graph.sites)).data;
    graph.spins = (int32_t)take_integer(&call, "kind", 0, INT32_MAX);
    graph.states = (int32_t)take_integer(&call, "states", 0, INT32_MAX);
    Lattice made = {NULL, graph.sites};
    RUN(&call, isingrg_lattice_create(&graph, &made.handle));
    if (close_call(&call) < 0) return NULL;
    Lattice *kept = PyMem_Malloc(sizeof *kept);
    PyObject *capsule = NULL;
    if (kept != NULL) {
        *kept = made;
        capsule = PyCapsule_New(kept, capsule_name, free_lattice);
    } else {
        PyErr_NoMemory();
    }
    if (capsule == NULL) {
        isingrg_lattice_destroy(made.handle);
        PyMem_Free(kept);
    }
    return capsule;
}

/* Three arguments: weights and partners, or None, and whether clusters are improved. */
static isingrg_lattice_observables take_observables(Call *call, int64_t sites)
{
    isingrg_lattice_observables observables = {0};
    Array weights = take_array(call, "weights", 'd', OPTIONAL_INPUT, SHAPE(ANY, sites));
    observables.weights = weights.data;
    observables.n_weights = weights.data == NULL ? 0 : weights.shape[0];
    Array partners = take_array(call, "partners", 'i', OPTIONAL_INPUT, SHAPE(ANY, sites));
    observables.partners = partners.data;
    observables.n_partners = partners.data == NULL ? 0 : partners.shape[0];
    observables.improved = (int32_t)take_integer(call, "improved", 0, 1);
    return observables;
}

static PyObject *lattice_advance(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "lattice_advance", values, count, 16);
    Lattice lattice = take_lattice(&call);
    isingrg_lattice_chains chains = {0};
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    chains.n_chains = couplings.count;
    chains.couplings = couplings.data;
    chains.fields = take_array(&call, "fields", 'd', INPUT, SHAPE(couplings.count)).data;
    chains.algorithm = (int32_t)take_integer(&call, "algorithm", 0, INT32_MAX);
    chains.seed = take_unsigned(&call, "seed");
    chains.first_sweep = take_integer(&call, "first_sweep", 0, MAX_COUNT);
    chains.between = take_integer(&call, "between", 0, MAX_COUNT);
    chains.rows = take_integer(&call, "rows", 0, MAX_COUNT);
    Array spins = take_array(&call, "spins", 'b', OUTPUT, SHAPE(chains.n_chains, lattice.sites));
    Array clusters = take_array(&call, "clusters", 'i', OUTPUT, SHAPE(chains.n_chains));
    isingrg_lattice_observables observables = take_observables(&call, lattice.sites);
    Array table = take_array(
        &call, "table", 'd', OPTIONAL_OUTPUT, SHAPE(chains.n_chains, chains.rows, ANY));
    Array samples = take_array(
        &call, "samples", 'b', OPTIONAL_OUTPUT, SHAPE(chains.n_chains, chains.rows, lattice.sites));
    take_progress(&call, "progress");
    RUN(&call, isingrg_lattice_advance(
        lattice.handle, &chains, spins.data, clusters.data, &observables, table.data, table.count,
        samples.data, samples.count, report_progress, &call));
    return close_with_none(&call);
}

static PyObject *lattice_measure(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "lattice_measure", values, count, 7);
    Lattice lattice = take_lattice(&call);
    isingrg_lattice_observables observables = take_observables(&call, lattice.sites);
    Array spins = take_array(&call, "spins", 'b', INPUT, SHAPE(ANY, lattice.sites));
    Array table = take_array(&call, "table", 'd', OUTPUT, SHAPE(spins.shape[0], ANY));
    take_progress(&call, "progress");
    RUN(&call, isingrg_lattice_measure(
        lattice.handle, &observables, spins.data, spins.shape[0], table.data, table.count,
        report_progress, &call));
    return close_with_none(&call);
}

static PyObject *lattice_moments(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "lattice_moments", values, count, 5);
    Lattice lattice = take_lattice(&call);
    Array couplings = take_array(&call, "couplings", 'd', INPUT, SHAPE(ANY));
    Array fields = take_array(&call, "fields", 'd', INPUT, SHAPE(couplings.count));
    Array moments = take_array(&call, "moments", 'd', OUTPUT, SHAPE(couplings.count, 8));
    take_progress(&call, "progress");
    RUN(&call, isingrg_lattice_moments(
        lattice.handle, couplings.data, fields.data, couplings.count, moments.data, report_progress,
        &call));
    return close_with_none(&call);
}

static PyObject *lattice_levels(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "lattice_levels", values, count, 4);
    Lattice lattice = take_lattice(&call);
    int64_t lowest = take_integer(&call, "lowest", -MAX_COUNT, MAX_COUNT);
    Array counts = take_array(&call, "counts", 'd', OUTPUT, SHAPE(ANY, lattice.sites + 1));
    take_progress(&call, "progress");
    RUN(&call, isingrg_lattice_levels(
        lattice.handle, lowest, counts.shape[0], counts.data, counts.count, report_progress, &call));
    return close_with_none(&call);
}

static PyMethodDef methods[] = {
    METHOD(lattice_create),
    METHOD(lattice_advance),
    METHOD(lattice_measure),
    METHOD(lattice_moments),
    METHOD(lattice_levels),
    {NULL, NULL, 0, NULL},
};

static const Constant constants[] = {
    CONSTANT(LATTICE_ISING),
    CONSTANT(LATTICE_POTTS),
    CONSTANT(LATTICE_CLOCK),
    {NULL, 0},
};

const Part lattice_part = {methods, constants};
