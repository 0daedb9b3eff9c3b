/* Executes inputs of the fuzzer, each a file, with an ordinary build of the library. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **paths)
{
    static uint8_t data[1 << 16];
    for (int i = 1; i < count; ++i) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL) return perror(paths[i]), EXIT_FAILURE;
        size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        fprintf(stderr, "%s\n", paths[i]); /* the last one printed is the one that crashed */
        LLVMFuzzerTestOneInput(data, size);
    }
    return EXIT_SUCCESS;
}
