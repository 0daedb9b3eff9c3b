/* isingrg._core: the CPython extension, a client of isingrg.h and of nothing else. */
#include "support.h"

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
    (void)unused;
    Call call;
    open_call(&call, module, "get_num_threads", NULL, 0, 0);
    int32_t threads = isingrg_get_num_threads();
    if (threads == 0) raise_status(&call, ISINGRG_INVALID_ARGUMENT, isingrg_last_error());
    return close_call(&call) < 0 ? NULL : PyLong_FromLong(threads);
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

/* A method adds a line here; what belongs to it is in files of its own. */
extern const Part ising_part, lattice_part, models_part, mlrg_exact_part, mlrg_loop_part, mlrg_states_part,
    mlrg_part, mlrg_training_part, neuralrg_part, neuralrg_evaluation_part, graphvae_part, multilevel_part, mcrg_part,
    tensorrg_part;

static const Part library_part = {library_methods, NULL};

static const Part *const parts[] = {
    &library_part, &ising_part, &lattice_part, &models_part,
    &mlrg_exact_part, &mlrg_loop_part, &mlrg_states_part, &mlrg_part, &mlrg_training_part,
    &neuralrg_part, &neuralrg_evaluation_part,
    &graphvae_part,
    &multilevel_part,
    &mcrg_part,
    &tensorrg_part,
};

static int add_part(PyObject *module, const Part *part)
{
    if (PyModule_AddFunctions(module, part->methods) < 0) return -1;
    for (const Constant *constant = part->constants; constant && constant->name; ++constant)
        if (PyModule_AddIntConstant(module, constant->name, constant->value) < 0) return -1;
    return 0;
}

static int import_errors(State *state)
{
    PyObject *errors = PyImport_ImportModule("isingrg._shared.errors");
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
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        if (add_part(module, parts[i]) < 0) return -1;
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
