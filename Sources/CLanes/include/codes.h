/*
 * Look-ups by codes that are put together from bytes, sixteen lanes at a time: what Swift 6 emits lane
 * by lane. A spin is a byte, 0 for +1 and all bits set for -1; such bytes are called masks.
 */
#ifndef CODES_H
#define CODES_H

#include "bytes.h"

typedef int32_t lanes_i32x16 __attribute__((ext_vector_type(16)));
typedef int32_t lanes_i32x8 __attribute__((ext_vector_type(8)));
typedef uint8_t lanes_u8x16 __attribute__((ext_vector_type(16)));

/* The sums of 64 bytes, modulo 256. */
LANES_INLINE lanes_u64x8 lanes_bytes_add(lanes_u64x8 a, lanes_u64x8 b) {
    return (lanes_u64x8)((lanes_i8x64)a + (lanes_i8x64)b);
}

/* Sixteen codes from their lower and their upper bytes. */
LANES_INLINE lanes_i32x16 lanes_codes(const uint8_t *low, const uint8_t *high) {
    lanes_u8x16 a, b;
    __builtin_memcpy(&a, low, 16);
    __builtin_memcpy(&b, high, 16);
    return __builtin_convertvector(a, lanes_i32x16) | __builtin_convertvector(b, lanes_i32x16) << 8;
}

/* table[index] for sixteen indices. */
LANES_INLINE lanes_i32x16 lanes_gather(const int32_t *table, lanes_i32x16 index) {
#if defined(__AVX512F__)
    typedef int words __attribute__((vector_size(64)));
    return (lanes_i32x16)__builtin_ia32_gathersiv16si((words){0}, table, (words)index, (uint16_t)~0u, 4);
#elif defined(__AVX2__)
    typedef int words __attribute__((vector_size(32)));
    words all = {-1, -1, -1, -1, -1, -1, -1, -1};
    lanes_i32x8 low = (lanes_i32x8)__builtin_ia32_gatherd_d256(all, table, (words)index.lo, all, 4);
    lanes_i32x8 high = (lanes_i32x8)__builtin_ia32_gatherd_d256(all, table, (words)index.hi, all, 4);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    for (int i = 0; i < 16; i++) index[i] = table[index[i]];
    return index;
#endif
}

/* Sixteen bytes as signed numbers. */
LANES_INLINE lanes_f32x16 lanes_numbers(const uint8_t *bytes) {
    lanes_i8x16 numbers;
    __builtin_memcpy(&numbers, bytes, 16);
    return __builtin_convertvector(numbers, lanes_f32x16);
}

/* Sixteen masks as words of 32 bits, and back. */
LANES_INLINE lanes_i32x16 lanes_load_masks(const uint8_t *masks) {
    lanes_i8x16 bytes;
    __builtin_memcpy(&bytes, masks, 16);
    return __builtin_convertvector(bytes, lanes_i32x16);
}
LANES_INLINE void lanes_store_masks(uint8_t *masks, lanes_i32x16 words) {
    lanes_i8x16 bytes = __builtin_convertvector(words, lanes_i8x16);
    __builtin_memcpy(masks, &bytes, 16);
}

/* All bits set where a < b. */
LANES_INLINE lanes_i32x16 lanes_words_less(lanes_i32x16 a, lanes_i32x16 b) {
    return (lanes_i32x16)(a < b);
}

/* The integer part of numbers within the range of 32 bits. */
LANES_INLINE lanes_i32x16 lanes_truncate(lanes_f32x16 x) {
    return __builtin_convertvector(x, lanes_i32x16);
}

/* The lower and the upper eight words as numbers of double precision. */
LANES_INLINE lanes_f64x8 lanes_low_f64(lanes_i32x16 x) {
    return __builtin_convertvector(x.lo, lanes_f64x8);
}
LANES_INLINE lanes_f64x8 lanes_high_f64(lanes_i32x16 x) {
    return __builtin_convertvector(x.hi, lanes_f64x8);
}

#define LANES_ROWS(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/*
 * lines[codes[i]] += columns[0...7][i] for i from 0 to 7, one after the other.
 * lines: of `stride` numbers each; columns: eight rows, 16 numbers apart.
 */
LANES_INLINE void lanes_add_lines(
    double *lines, int64_t stride, const int32_t *codes, const float *columns) {
    lanes_f32x8 r[8], s[8];
    for (int i = 0; i < 8; i++) __builtin_memcpy(&r[i], columns + 16 * i, 32);
    for (int i = 0; i < 8; i += 2) {
        s[i] = LANES_ROWS(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        s[i + 1] = LANES_ROWS(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = i; j < i + 2; j++) {
            r[j] = LANES_ROWS(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[j + 2] = LANES_ROWS(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int j = 0; j < 4; j++) {
        s[j] = LANES_ROWS(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        s[j + 4] = LANES_ROWS(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (int i = 0; i < 8; i++) {
        double *line = lines + codes[i] * stride;
        lanes_f64x8 sum;
        __builtin_memcpy(&sum, line, 64);
        sum += __builtin_convertvector(s[i], lanes_f64x8);
        __builtin_memcpy(line, &sum, 64);
    }
}

#undef LANES_ROWS

#endif
