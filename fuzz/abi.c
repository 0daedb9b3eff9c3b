/* One input of the fuzzer: a program of at most 32 calls, which leaves the library as it was. */
#include "abi.h"

void call_any(void)
{
    static void (*const calls[])(void) = {
        call_mlrg, call_neuralrg, call_graphvae, call_ising, call_machines};
    calls[pick(5)]();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin_input(data, size);
    isingrg_set_num_threads(1);
    for (int call = 0; call < 32 && input_left(); ++call) call_any();
    clear_mlrg();
    clear_neuralrg();
    clear_graphvae();
    return 0;
}
