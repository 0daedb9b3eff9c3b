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

int main(void)
{
    test_library();
    test_ising();
    test_lattice();
    test_machines();
    test_states();
    test_models();
    test_mlrg();
    test_neuralrg();
    test_graphvae();
    test_tensorrg();
    test_mcrg();
    test_multilevel();
    test_threads();
    return EXIT_SUCCESS;
}
