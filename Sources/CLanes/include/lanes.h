/*
 * Vector operations that Swift 6 emits lane by lane: rotations (which then stay scalar), square
 * roots (scalar, with a test of errno per lane) and multiply-adds (put together again afterwards,
 * not always). Clang imports these vector types as SIMD8 and SIMD16, and the functions vanish
 * into their callers. See bytes.h for bytes, and codes.h for look-ups by them.
 */
#ifndef LANES_H
#define LANES_H

#include <stdint.h>

typedef uint64_t lanes_u64x8 __attribute__((ext_vector_type(8)));
typedef double lanes_f64x8 __attribute__((ext_vector_type(8)));
typedef float lanes_f32x8 __attribute__((ext_vector_type(8)));
typedef float lanes_f32x16 __attribute__((ext_vector_type(16)));

#define LANES_INLINE static inline __attribute__((always_inline))

/* x rotated left by 23 and by 45 bits, the rotations of xoshiro256++. */
LANES_INLINE lanes_u64x8 lanes_rotate_left_23(lanes_u64x8 x) { return x << 23 | x >> 41; }
LANES_INLINE lanes_u64x8 lanes_rotate_left_45(lanes_u64x8 x) { return x << 45 | x >> 19; }

LANES_INLINE lanes_f64x8 lanes_square_root_f64(lanes_f64x8 x) { return __builtin_elementwise_sqrt(x); }
LANES_INLINE lanes_f32x8 lanes_square_root_f32x8(lanes_f32x8 x) { return __builtin_elementwise_sqrt(x); }
LANES_INLINE lanes_f32x16 lanes_square_root_f32(lanes_f32x16 x) { return __builtin_elementwise_sqrt(x); }

/*
 * a * b + c, rounded once where that is an instruction. Elsewhere it would be a call per lane, fifty
 * times slower than what else there is to do, and is rounded twice.
 */
#if defined(__FMA__) || defined(__aarch64__)
#define LANES_MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define LANES_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif
LANES_INLINE lanes_f64x8 lanes_multiply_add_f64(lanes_f64x8 a, lanes_f64x8 b, lanes_f64x8 c) {
    return LANES_MULTIPLY_ADD(a, b, c);
}
LANES_INLINE lanes_f32x8 lanes_multiply_add_f32x8(lanes_f32x8 a, lanes_f32x8 b, lanes_f32x8 c) {
    return LANES_MULTIPLY_ADD(a, b, c);
}
LANES_INLINE lanes_f32x16 lanes_multiply_add_f32(lanes_f32x16 a, lanes_f32x16 b, lanes_f32x16 c) {
    return LANES_MULTIPLY_ADD(a, b, c);
}

#endif
