/* One input of the fuzzer: a program of at most 32 calls, which leaves the library as it was. */
#include "abi.h"

void call_any(void)
{
#define NAME_OF_CALL(NUMBER, NAME) call_##NAME,
    static void (*const calls[])(void) = {
        METHODS(NAME_OF_CALL) call_models, call_ising, call_machines,
        call_tensorrg, call_states, call_lattice, call_mcrg};
    calls[pick(sizeof calls / sizeof *calls)]();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin_input(data, size);
    isingrg_set_num_threads(1);
    for (int call = 0; call < 32 && input_left(); ++call) call_any();
    clear_shelf();
    return 0;
}
