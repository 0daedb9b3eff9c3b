/* isingrg._core: the CPython extension, a client of isingrg.h and of nothing else. */
#include "_core_support.h"

/* MARK: Library */

static PyObject *abi_version(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyLong_FromLong(isingrg_abi_version());
}

static PyObject *version(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyUnicode_FromString(isingrg_version());
}

static PyObject *instruction_set(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyUnicode_FromString(isingrg_instruction_set());
}

static PyObject *get_num_threads(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyLong_FromLong(isingrg_get_num_threads());
}

static PyObject *set_num_threads(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "set_num_threads", values, count, 1);
    int64_t threads = take_integer(&call, "count", 1, 1024);
    RUN(&call, isingrg_set_num_threads((int32_t)threads));
    return close_with_none(&call);
}

static PyMethodDef library_methods[] = {
    {"abi_version", abi_version, METH_NOARGS, NULL},
    {"version", version, METH_NOARGS, NULL},
    {"instruction_set", instruction_set, METH_NOARGS, NULL},
    {"get_num_threads", get_num_threads, METH_NOARGS, NULL},
    METHOD(set_num_threads),
    {NULL, NULL, 0, NULL},
};

/* MARK: Module */

static const struct {
    const char *name;
    long value;
} constants[] = {
    {"WOLFF", ISINGRG_WOLFF},
    {"SWENDSEN_WANG", ISINGRG_SWENDSEN_WANG},
    {"METROPOLIS", ISINGRG_METROPOLIS},
    {"HEAT_BATH", ISINGRG_HEAT_BATH},
    {"MONOTONE", ISINGRG_MONOTONE},
    {"FLOW", ISINGRG_FLOW},
    {"KL", ISINGRG_KL},
    {"CD", ISINGRG_CD},
    {"STEP", ISINGRG_STEP},
    {"ODE", ISINGRG_ODE},
    {"SQUARED", ISINGRG_SQUARED},
    {"NORM", ISINGRG_NORM},
    {"PUBLISHED", ISINGRG_PUBLISHED},
    {"CONSISTENT", ISINGRG_CONSISTENT},
    {"TEACHER", ISINGRG_TEACHER},
    {"STUDENT", ISINGRG_STUDENT},
    {"TANH", ISINGRG_TANH},
    {"RELU", ISINGRG_RELU},
    {"SILU", ISINGRG_SILU},
    {"ELU", ISINGRG_ELU},
    {"GELU", ISINGRG_GELU},
    {"HISTORY_LOSS", ISINGRG_HISTORY_LOSS},
    {"HISTORY_ACCEPTANCE", ISINGRG_HISTORY_ACCEPTANCE},
    {"HISTORY_SWAP_RATE", ISINGRG_HISTORY_SWAP_RATE},
    {"HISTORY_BETA", ISINGRG_HISTORY_BETA},
    {"HISTORY_FIXED_POINT", ISINGRG_HISTORY_FIXED_POINT},
    {"HISTORY_COLUMNS", ISINGRG_HISTORY_COLUMNS},
    {"MERA", ISINGRG_MERA},
    {"TEBD", ISINGRG_TEBD},
    {"TREE", ISINGRG_TREE},
    {"LATENT", ISINGRG_LATENT},
    {"PHYSICAL", ISINGRG_PHYSICAL},
    {"NEURALRG_LOSS", ISINGRG_NEURALRG_LOSS},
    {"NEURALRG_STANDARD_ERROR", ISINGRG_NEURALRG_STANDARD_ERROR},
    {"NEURALRG_COLUMNS", ISINGRG_NEURALRG_COLUMNS},
    {"MSE", ISINGRG_MSE},
    {"BERNOULLI", ISINGRG_BERNOULLI},
    {"DECODER_MLP", ISINGRG_DECODER_MLP},
    {"DECODER_GRAPH", ISINGRG_DECODER_GRAPH},
    {"REPRESENTATION_MU", ISINGRG_REPRESENTATION_MU},
    {"REPRESENTATION_Z", ISINGRG_REPRESENTATION_Z},
    {"GRAPHVAE_LOSS", ISINGRG_GRAPHVAE_LOSS},
    {"GRAPHVAE_RECONSTRUCTION", ISINGRG_GRAPHVAE_RECONSTRUCTION},
    {"GRAPHVAE_KL", ISINGRG_GRAPHVAE_KL},
    {"GRAPHVAE_RG", ISINGRG_GRAPHVAE_RG},
    {"GRAPHVAE_COLUMNS", ISINGRG_GRAPHVAE_COLUMNS},
};

static int import_errors(State *state)
{
    PyObject *errors = PyImport_ImportModule("isingrg._errors");
    if (errors == NULL) return -1;
    state->base = PyObject_GetAttrString(errors, "IsingRGError");
    state->argument = PyObject_GetAttrString(errors, "ArgumentError");
    state->convergence = PyObject_GetAttrString(errors, "ConvergenceError");
    state->non_finite = PyObject_GetAttrString(errors, "NonFiniteError");
    state->interrupted = PyObject_GetAttrString(errors, "Interrupted");
    Py_DECREF(errors);
    return PyErr_Occurred() ? -1 : 0;
}

static int core_exec(PyObject *module)
{
    if (isingrg_abi_version() != ISINGRG_ABI_VERSION) {
        PyErr_Format(
            PyExc_ImportError,
            "the isingrg library found has ABI version %d, this package needs %d: "
            "install isingrg again so that both come from one build",
            (int)isingrg_abi_version(), ISINGRG_ABI_VERSION);
        return -1;
    }
    if (import_errors(PyModule_GetState(module)) < 0) return -1;
    PyMethodDef *tables[] = {
        library_methods, ising_methods, mlrg_methods, mlrg_model_methods,
        mlrg_training_methods, neuralrg_methods, neuralrg_model_methods, graphvae_methods};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i)
        if (PyModule_AddFunctions(module, tables[i]) < 0) return -1;
    for (size_t i = 0; i < sizeof constants / sizeof *constants; ++i)
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) return -1;
    return 0;
}

static int core_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->base);
    Py_VISIT(state->argument);
    Py_VISIT(state->convergence);
    Py_VISIT(state->non_finite);
    Py_VISIT(state->interrupted);
    return 0;
}

static int core_clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->base);
    Py_CLEAR(state->argument);
    Py_CLEAR(state->convergence);
    Py_CLEAR(state->non_finite);
    Py_CLEAR(state->interrupted);
    return 0;
}

static void core_free(void *module)
{
    core_clear(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, core_exec}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "isingrg._core",
    .m_doc = "Native entry points of isingrg; use the public functions of the package instead.",
    .m_size = sizeof(State),
    .m_slots = slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
