/* The instruction set this compilation is for, known to the preprocessor only. Private. */
#ifndef ISINGRG_TARGET_H
#define ISINGRG_TARGET_H

static inline const char *isingrg_compiled_for(void) {
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
    return "avx512";
#elif defined(__AVX2__) && defined(__FMA__)
    return "avx2";
#elif defined(__x86_64__)
    return "x86-64";
#elif defined(__aarch64__)
    return "neon";
#else
    return "portable";
#endif
}

#endif
