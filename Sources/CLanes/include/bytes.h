/*
 * Operations on 64 bytes at once, which Swift 6 emits byte by byte. They are passed as eight words,
 * for which its vectors are compiled well.
 */
#ifndef BYTES_H
#define BYTES_H

#include "lanes.h"
#if defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef int8_t lanes_i8x16 __attribute__((ext_vector_type(16)));
typedef int8_t lanes_i8x64 __attribute__((ext_vector_type(64)));

/* table[index] for 64 indices, on machines that look up one at a time. */
LANES_INLINE lanes_u64x8 lanes_lookup_each(const uint8_t *table, lanes_u64x8 index) {
    uint8_t bytes[64];
    __builtin_memcpy(bytes, &index, 64);
    for (int i = 0; i < 64; i++) bytes[i] = table[bytes[i]];
    __builtin_memcpy(&index, bytes, 64);
    return index;
}

/* table[index] for 64 indices, each from 0 to 15; AVX2 and AVX-512 ignore bits 4 to 6 of an index. */
LANES_INLINE lanes_u64x8 lanes_lookup_bytes(const uint8_t *table, lanes_u64x8 index) {
#if defined(__AVX2__)
    typedef uint64_t pair __attribute__((ext_vector_type(2), aligned(1)));
    pair row = *(const pair *)table;
#if defined(__AVX512BW__)
    typedef char all __attribute__((vector_size(64)));
    lanes_u64x8 rows = __builtin_shufflevector(row, row, 0, 1, 0, 1, 0, 1, 0, 1);
    return (lanes_u64x8)__builtin_ia32_pshufb512((all)rows, (all)index);
#else
    typedef char bytes __attribute__((vector_size(32)));
    typedef uint64_t words __attribute__((ext_vector_type(4)));
    words rows = __builtin_shufflevector(row, row, 0, 1, 0, 1);
    words low = (words)__builtin_ia32_pshufb256((bytes)rows, (bytes)index.lo);
    words high = (words)__builtin_ia32_pshufb256((bytes)rows, (bytes)index.hi);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#endif
#elif defined(__ARM_NEON) && defined(__aarch64__)
    uint8_t bytes[64];
    __builtin_memcpy(bytes, &index, 64);
    uint8x16_t row = vld1q_u8(table);
    for (int i = 0; i < 64; i += 16) vst1q_u8(bytes + i, vqtbl1q_u8(row, vld1q_u8(bytes + i)));
    __builtin_memcpy(&index, bytes, 64);
    return index;
#else
    return lanes_lookup_each(table, index);
#endif
}

/* table[index] for 64 indices, each from 0 to 63. */
LANES_INLINE lanes_u64x8 lanes_lookup_long(const uint8_t *table, lanes_u64x8 index) {
#if defined(__AVX512VBMI__)
    typedef char all __attribute__((vector_size(64)));
    typedef uint64_t row __attribute__((ext_vector_type(8), aligned(1)));
    return (lanes_u64x8)__builtin_ia32_permvarqi512((all) * (const row *)table, (all)index);
#elif defined(__AVX2__)
    /* Bits 4 and 5 choose one of four rows. */
    lanes_u64x8 odd = (lanes_u64x8)((lanes_i8x64)(index << 3) < 0);
    lanes_u64x8 high = (lanes_u64x8)((lanes_i8x64)(index << 2) < 0);
    lanes_u64x8 a = lanes_lookup_bytes(table, index), b = lanes_lookup_bytes(table + 16, index);
    lanes_u64x8 c = lanes_lookup_bytes(table + 32, index), d = lanes_lookup_bytes(table + 48, index);
    a ^= (a ^ b) & odd;
    c ^= (c ^ d) & odd;
    return a ^ ((a ^ c) & high);
#elif defined(__ARM_NEON) && defined(__aarch64__)
    uint8_t bytes[64];
    __builtin_memcpy(bytes, &index, 64);
    uint8x16x4_t rows = vld1q_u8_x4(table);
    for (int i = 0; i < 64; i += 16) vst1q_u8(bytes + i, vqtbl4q_u8(rows, vld1q_u8(bytes + i)));
    __builtin_memcpy(&index, bytes, 64);
    return index;
#else
    return lanes_lookup_each(table, index);
#endif
}

/* All bits of each byte set where a < b, as signed numbers, or where a = b. */
LANES_INLINE lanes_u64x8 lanes_bytes_less(lanes_u64x8 a, lanes_u64x8 b) {
    return (lanes_u64x8)((lanes_i8x64)a < (lanes_i8x64)b);
}
LANES_INLINE lanes_u64x8 lanes_bytes_equal(lanes_u64x8 a, lanes_u64x8 b) {
    return (lanes_u64x8)((lanes_i8x64)a == (lanes_i8x64)b);
}

LANES_INLINE int lanes_any_bit(lanes_u64x8 a) { return __builtin_reduce_or(a) != 0; }

/* Spins of 16 bytes: 1 where all bits are set, -1 where none is. */
LANES_INLINE lanes_f32x16 lanes_spins(const uint8_t *masks) {
    lanes_i8x16 bytes;
    __builtin_memcpy(&bytes, masks, 16);
    return -1 - 2 * __builtin_convertvector(bytes, lanes_f32x16);
}

#endif
