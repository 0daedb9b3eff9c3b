#include "flow.h"
#include "json.h"
#include "safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LAYERS = 8, MOST_MASKS = 1 << 16, NAME = 64 };

static const char *const STRUCTURES[] = {
    [ISINGRG_NEURALRG_MERA] = "\"mera\"", [ISINGRG_NEURALRG_TEBD] = "\"tebd\"",
    [ISINGRG_NEURALRG_TREE] = "\"tree\""};

/* How many numbers a list of numbers, or of such lists, holds; the first of them are copied. */
static int64_t flatten(const char *list, int64_t values[], int64_t capacity)
{
    int64_t count = 0;
    const char *element;
    for (int i = 0; (element = json_element(list, i)) != NULL; ++i) {
        if (*element == '[') {
            int64_t room = capacity > count ? capacity - count : 0;
            count += flatten(element, values + (room > 0 ? count : 0), room);
        } else {
            if (count < capacity) values[count] = (int64_t)json_unsigned(element);
            ++count;
        }
    }
    return count;
}

/* An untrained model of the saved configuration. */
static int create(Flow *flow, const char *described)
{
    const char *saved = json_member(described, "configuration");
    int64_t widths[MOST_LAYERS], *numbers = malloc(MOST_MASKS * sizeof *numbers);
    int32_t *masks = malloc(MOST_MASKS * sizeof *masks);
    int32_t hidden[MOST_LAYERS];
    isingrg_neuralrg_config config = {0};
    if (numbers == NULL || masks == NULL) abort();

    flow->size = config.rows = config.columns = (int64_t)json_unsigned(json_member(saved, "L"));
    flow->coupling = config.coupling = json_number(json_member(saved, "K"));
    config.structure = -1;
    for (int i = ISINGRG_NEURALRG_MERA; i <= ISINGRG_NEURALRG_TREE; ++i)
        if (json_is(json_member(saved, "structure"), STRUCTURES[i])) config.structure = i;
    config.block = 2; /* older files do not say */
    if (json_member(saved, "block") != NULL)
        config.block = (int32_t)json_unsigned(json_member(saved, "block"));
    config.neighbours = json_is(json_member(saved, "conditioner"), "\"neighbours\"");
    config.depth = (int32_t)json_unsigned(json_member(saved, "depth")); /* null: 0, all scales */
    config.repeats = (int32_t)json_unsigned(json_member(saved, "repeat"));
    if (json_is(json_member(saved, "bijector"), "\"linear\"")) /* older files do not say */
        config.bijector = ISINGRG_NEURALRG_LINEAR;
    config.layers = (int32_t)json_unsigned(json_member(saved, "layers"));
    config.n_hidden = (int32_t)flatten(json_member(saved, "hidden"), widths, MOST_LAYERS);
    for (int i = 0; i < config.n_hidden && i < MOST_LAYERS; ++i) hidden[i] = (int32_t)widths[i];
    config.hidden = hidden; /* the library refuses more layers before it reads them */
    config.symmetric = json_is(json_member(saved, "symmetric"), "true");
    config.masks_count = flatten(json_member(saved, "masks"), numbers, MOST_MASKS);
    for (int64_t i = 0; i < config.masks_count && i < MOST_MASKS; ++i)
        masks[i] = (int32_t)numbers[i];
    config.masks = config.masks_count > 0 ? masks : NULL;
    config.seed = json_unsigned(json_member(described, "network_seed"));

    isingrg_status status = isingrg_neuralrg_create(&config, &flow->model);
    if (status != ISINGRG_OK) fprintf(stderr, "%s\n", isingrg_last_error());
    free(numbers);
    free(masks);
    return status == ISINGRG_OK;
}

/* Every array of the model, from the array of the same name in the file. */
static int fill(isingrg_model *model, const Safetensors *file)
{
    int32_t count = 0;
    isingrg_status status = isingrg_model_array_count(model, &count);
    for (int32_t i = 0; status == ISINGRG_OK && i < count; ++i) {
        char name[NAME];
        int64_t shape[2], numbers;
        status = isingrg_model_array_info(model, i, name, NAME, shape);
        if (status != ISINGRG_OK) break;
        const double *values = safetensors_floats(file, name, &numbers);
        if (values == NULL || numbers != shape[0] * shape[1]) {
            fprintf(stderr, "the array %s is missing or has another size\n", name);
            return 0;
        }
        status = isingrg_model_write_array(model, i, values, numbers);
    }
    if (status != ISINGRG_OK) fprintf(stderr, "%s\n", isingrg_last_error());
    return status == ISINGRG_OK;
}

/* Whether the model learns something else than the dual Ising model; older files do not say. */
static int has(const char *described, const char *name)
{
    const char *found = json_member(json_member(described, "configuration"), name);
    return found != NULL && !json_is(found, "null");
}

int flow_load(Flow *flow, const char *path)
{
    Safetensors file;
    flow->model = NULL;
    if (!safetensors_open(&file, path)) return 0;
    char *format = safetensors_metadata(&file, "format");
    char *version = safetensors_metadata(&file, "format_version");
    char *described = safetensors_metadata(&file, "model");
    int good = 0;
    /* Version 2 tells the settings of the last training as well, 3 the target and 4 the symmetry. */
    if (format == NULL || version == NULL || strcmp(format, "isingrg.neuralrg") != 0
        || strlen(version) != 1 || *version < '1' || *version > '4')
        fprintf(stderr, "%s: no NeuralRG of format version 1 to 4\n", path);
    else if (has(described, "target") || has(described, "symmetry"))
        fprintf(stderr, "%s: its target or its symmetry is not that of the dual Ising model\n", path);
    else
        good = create(flow, described) && fill(flow->model, &file);
    if (!good && flow->model != NULL) isingrg_model_destroy(flow->model);
    free(format);
    free(version);
    free(described);
    safetensors_close(&file);
    return good;
}
