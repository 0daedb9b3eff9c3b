#include "driver.h"

int32_t count_calls(void *context, uint64_t done, uint64_t total)
{
    ++*(int *)context;
    return done > total;
}

int32_t stop(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return -1; /* anything but zero */
}

void test_library(void)
{
    REQUIRE(isingrg_abi_version() == ISINGRG_ABI_VERSION);
    REQUIRE(strchr(isingrg_version(), '.') != NULL);
    REQUIRE(strlen(isingrg_instruction_set()) > 0);
    REQUIRE(strcmp(isingrg_last_error(), "") == 0);
    ACCEPT(isingrg_set_num_threads(2));
    REQUIRE(isingrg_get_num_threads() == 2);
    REFUSE("count", isingrg_set_num_threads(0));
    REFUSE("count", isingrg_set_num_threads(1025));
    REFUSE("count", isingrg_set_num_threads(INT32_MIN));
    REQUIRE(isingrg_get_num_threads() == 2);
}

/* The first models of the process: their handles are different, and unknown to other methods. */
static void test_handles(void)
{
    int32_t hidden[1] = {4};
    isingrg_mlrg_config mlrg_config = {.representation = "A1", .n_hidden = 1, .hidden = hidden};
    isingrg_neuralrg_config flow_config = {
        .size = 4, .coupling = 0.3, .repeats = 1, .couplings = 2, .n_hidden = 1, .hidden = hidden};
    isingrg_mlrg *mlrg;
    isingrg_neuralrg *flow;
    uint64_t step;
    ACCEPT(isingrg_mlrg_create(&mlrg_config, &mlrg));
    ACCEPT(isingrg_neuralrg_create(&flow_config, &flow));
    CLOSED(isingrg_neuralrg_step((isingrg_neuralrg *)mlrg, &step));
    CLOSED(isingrg_mlrg_destroy((isingrg_mlrg *)flow));
    CLOSED(isingrg_graphvae_step((isingrg_graphvae *)flow, &step));
    ACCEPT(isingrg_mlrg_destroy(mlrg));
    ACCEPT(isingrg_neuralrg_destroy(flow));
}

int main(void)
{
    test_library();
    test_handles();
    test_ising();
    test_machines();
    test_mlrg();
    test_neuralrg();
    test_graphvae();
    test_threads();
    return EXIT_SUCCESS;
}
