/* Training of moderator models, of one or of many side by side. */
#include "models.h"
#include "records.h"

static const Field training_fields[] = {
    FIELD(isingrg_mlrg_training, steps, COUNT),
    FIELD(isingrg_mlrg_training, schedule_steps, COUNT),
    FIELD(isingrg_mlrg_training, batch, COUNT),
    FIELD(isingrg_mlrg_training, learning_rate, NUMBER),
    FIELD(isingrg_mlrg_training, final_learning_rate, NUMBER),
    FIELD(isingrg_mlrg_training, weight_decay, NUMBER),
    FIELD(isingrg_mlrg_training, clip_norm, NUMBER),
    FIELD(isingrg_mlrg_training, beta_max, NUMBER),
    FIELD(isingrg_mlrg_training, beta_rate, NUMBER),
    FIELD(isingrg_mlrg_training, beta_midpoint, NUMBER),
    FIELD(isingrg_mlrg_training, proposal, INT32),
    FIELD(isingrg_mlrg_training, replicas, UINT32),
    FIELD(isingrg_mlrg_training, ray, NUMBER),
    FIELD(isingrg_mlrg_training, ray_low, NUMBER),
    FIELD(isingrg_mlrg_training, ray_high, NUMBER),
    FIELD(isingrg_mlrg_training, ray_steps, NUMBER),
    FIELD(isingrg_mlrg_training, ray_noise, NUMBER),
    FIELD(isingrg_mlrg_training, proposal_scale, NUMBER),
    FIELD(isingrg_mlrg_training, coupling_bound, NUMBER),
    FIELD(isingrg_mlrg_training, hmc_step, NUMBER),
    FIELD(isingrg_mlrg_training, hmc_leapfrog, UINT32),
    FIELD(isingrg_mlrg_training, hmc_updates, UINT32),
    FIELD(isingrg_mlrg_training, cd_samples, UINT32),
    FIELD(isingrg_mlrg_training, teacher_sweeps, UINT32),
    FIELD(isingrg_mlrg_training, student_sweeps, UINT32),
    FIELD(isingrg_mlrg_training, record_from, UINT64),
    FIELD(isingrg_mlrg_training, seed, UINT64),
};

/* One model and how it is trained: the arguments of mlrg_fit but for progress. */
enum { TASK_ARGUMENTS = 3 };

typedef struct {
    Model model;
    isingrg_mlrg_training training;
    Array history;
} Task;

static Task take_task(Call *call)
{
    Task task = {.model = take_model(call, "mlrg")};
    isingrg_mlrg_training *training = &task.training;
    Record record = take_record(call, "training", FIELDS(training_fields), 1, training);
    training->record_guess = as_array(
        call, "record_guess", record_item(record, "record_guess"), 'd', INPUT,
        SHAPE(task.model.extents[0])).data;
    task.history = take_array(
        call, "history", 'd', OUTPUT, SHAPE((int64_t)training->steps, ISINGRG_MLRG_COLUMNS));
    return task;
}

static PyObject *mlrg_fit(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    open_call(&call, module, "mlrg_fit", values, count, TASK_ARGUMENTS + 1);
    Task task = take_task(&call);
    take_progress(&call, "progress");
    if (call.failed) return close_with_none(&call);

    uint64_t done = 0;
    RUN(&call, isingrg_mlrg_fit(
        task.model.handle, &task.training, task.history.data, task.history.count, &done,
        report_progress, &call));
    return close_training(&call, done);
}

/* MARK: Many models */

/* The arrays isingrg_mlrg_fit_many takes, and the calls that hold the buffers of each task. */
typedef struct {
    Py_ssize_t count;
    Call *calls;
    isingrg_model **models;
    isingrg_mlrg_training *trainings;
    double **histories;
    int64_t *history_counts;
    isingrg_mlrg_outcome *outcomes;
} Tasks;

/* Releases everything; an exception that is set stays. */
static void free_tasks(Tasks *tasks)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    for (Py_ssize_t i = 0; tasks->calls != NULL && i < tasks->count; ++i)
        close_call(&tasks->calls[i]);
    PyErr_Restore(type, value, traceback);
    PyMem_Free(tasks->calls);
    PyMem_Free(tasks->models);
    PyMem_Free(tasks->trainings);
    PyMem_Free(tasks->histories);
    PyMem_Free(tasks->history_counts);
    PyMem_Free(tasks->outcomes);
}

static int allocate_tasks(Tasks *tasks)
{
    size_t n = (size_t)tasks->count;
    tasks->calls = PyMem_Calloc(n, sizeof *tasks->calls);
    tasks->models = PyMem_Calloc(n, sizeof *tasks->models);
    tasks->trainings = PyMem_Calloc(n, sizeof *tasks->trainings);
    tasks->histories = PyMem_Calloc(n, sizeof *tasks->histories);
    tasks->history_counts = PyMem_Calloc(n, sizeof *tasks->history_counts);
    tasks->outcomes = PyMem_Calloc(n, sizeof *tasks->outcomes);
    return tasks->calls != NULL && tasks->models != NULL && tasks->trainings != NULL
        && tasks->histories != NULL && tasks->history_counts != NULL && tasks->outcomes != NULL;
}

/* Reads task i, a tuple. The call keeps its buffers until free_tasks. */
static int read_task(Call *call, Tasks *tasks, Py_ssize_t i, PyObject *tuple)
{
    if (!PyTuple_Check(tuple)) {
        fail(call, PyExc_TypeError, "tasks must be a tuple of tuples");
        return 0;
    }
    PyObject *values[TASK_ARGUMENTS];
    Py_ssize_t count = PyTuple_Size(tuple);
    for (Py_ssize_t k = 0; k < count && k < TASK_ARGUMENTS; ++k)
        values[k] = PyTuple_GetItem(tuple, k);
    Call *own = &tasks->calls[i];
    open_call(own, call->module, "a task of mlrg_fit_many", values, count, TASK_ARGUMENTS);
    Task task = take_task(own);
    if (own->failed) {
        call->failed = 1;
        return 0;
    }
    tasks->models[i] = task.model.handle;
    tasks->trainings[i] = task.training;
    tasks->histories[i] = task.history.data;
    tasks->history_counts[i] = task.history.count;
    return 1;
}

/* [(done, exception or None), ...] */
static PyObject *list_outcomes(Call *call, const Tasks *tasks)
{
    PyObject *list = PyList_New(tasks->count);
    for (Py_ssize_t i = 0; list != NULL && i < tasks->count; ++i) {
        const isingrg_mlrg_outcome *outcome = &tasks->outcomes[i];
        PyObject *error = NULL;
        if (outcome->status != ISINGRG_OK) {
            raise_status(call, outcome->status, outcome->message);
            error = take_exception();
        }
        PyObject *pair = Py_BuildValue(
            "KN", (unsigned long long)outcome->done, error == NULL ? Py_NewRef(Py_None) : error);
        if (pair == NULL || PyList_SetItem(list, i, pair) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *mlrg_fit_many(PyObject *module, PyObject *const *values, Py_ssize_t count)
{
    Call call;
    Tasks tasks = {0};
    open_call(&call, module, "mlrg_fit_many", values, count, 2);
    PyObject *tuple = take_object(&call);
    if (tuple != NULL && (!PyTuple_Check(tuple) || PyTuple_Size(tuple) < 1))
        fail(&call, PyExc_TypeError, "tasks must be a tuple of tuples, at least one");
    take_progress(&call, "progress");
    if (!call.failed) {
        tasks.count = PyTuple_Size(tuple);
        if (!allocate_tasks(&tasks)) {
            PyErr_NoMemory();
            call.failed = 1;
        }
        for (Py_ssize_t i = 0; !call.failed && i < tasks.count; ++i)
            read_task(&call, &tasks, i, PyTuple_GetItem(tuple, i));
    }
    PyObject *result = NULL;
    if (!call.failed) {
        RUN(&call, isingrg_mlrg_fit_many(
            tasks.models, tasks.trainings, tasks.count, tasks.histories, tasks.history_counts,
            tasks.outcomes, report_progress, &call));
        PyObject *error = close_with_exception(&call);
        PyObject *outcomes = list_outcomes(&call, &tasks);
        result = outcomes == NULL ? NULL : Py_BuildValue("NN", outcomes, error);
    }
    free_tasks(&tasks);
    return result;
}

static PyMethodDef methods[] = {
    METHOD(mlrg_fit),
    METHOD(mlrg_fit_many),
    {NULL, NULL, 0, NULL},
};

const Part mlrg_training_part = {methods, NULL};
