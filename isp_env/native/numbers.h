// Numbers of the point chain: what the compiler makes into vectors, and vectors of three.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>
#include <type_traits>
#include <vector>

#define INLINE static inline __attribute__((always_inline))

namespace isp {

// The chain below is a template over its number: float runs it over rows, which the compiler makes into vectors. A type that
// records what is done to it can run the same chain for gradients: it needs + - * / > and overloads of these, no branches.

INLINE float minimum(float a, float b) { return a < b ? a : b; }
INLINE float maximum(float a, float b) { return a > b ? a : b; }
INLINE float select(bool condition, float yes, float no) { return condition ? yes : no; }
INLINE float absolute(float x) { return fabsf(x); }
INLINE float square_root(float x) { return sqrtf(x); }

// a b + c. Fused only where it is written so (-ffp-contract=off): a compiler that fuses as it likes does it otherwise at the end
// of a row than in its middle, and where a row ends depends on the tile.
INLINE float multiply_add(float a, float b, float c) {
#if defined(FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE float from_bits(int32_t bits) { float x; memcpy(&x, &bits, sizeof x); return x; }
INLINE int32_t to_bits(float x) { int32_t bits; memcpy(&bits, &x, sizeof bits); return bits; }

// 2^x = 2^round(x) 2^f with |f| <= 1/2; minimax polynomial, relative error 2e-9 before rounding.
INLINE float exp2(float x) {
  const float held = minimum(maximum(x, -126.0f), 126.0f);
  const float whole = rintf(held);
  const float f = held - whole;
  float q = 1.53533619e-4f;
  q = multiply_add(q, f, 1.33988744e-3f);
  q = multiply_add(q, f, 9.61843736e-3f);
  q = multiply_add(q, f, 5.55033247e-2f);
  q = multiply_add(q, f, 0.240226479f);
  q = multiply_add(q, f, 0.693147203f);
  return multiply_add(f, q, 1.0f) * from_bits(((int32_t)whole + 127) << 23);
}

// log2 of x > 0 = exponent + log2(m), m in [sqrt(1/2), sqrt(2)); log2(m) = t q(t^2), t = (m - 1) / (m + 1), error 2e-9.
INLINE float log2(float x) {
  const int32_t bits = to_bits(x), exponent = (bits - 0x3f3504f3) >> 23;
  const float m = from_bits(bits - exponent * (1 << 23));
  const float t = (m - 1.0f) / (m + 1.0f), t2 = t * t;
  float q = 0.43174826f;
  q = multiply_add(q, t2, 0.576713838f);
  q = multiply_add(q, t2, 0.961798854f);
  q = multiply_add(q, t2, 2.88539008f);
  return multiply_add(t, q, (float)exponent);
}

// The cube root of x > 0. Its bits over three are the logarithm's third: 1/cbrt(x) to 3.5 %; a quartic step in the residual
// makes that 2e-5 and one of Newton's on the root itself leaves rounding.
INLINE float cube_root(float x) {
  const float y = from_bits(0x54a21d2a - (int32_t)((float)to_bits(x) * (1.0f / 3.0f)));
  const float residual = multiply_add(x * (y * y), 0.0f - y, 1.0f);
  const float series = multiply_add(multiply_add(14.0f / 81.0f, residual, 2.0f / 9.0f), residual, 1.0f / 3.0f);
  const float inverse = multiply_add(y * residual, series, y), squared = inverse * inverse, root = x * squared;
  return multiply_add(multiply_add(root * root, 0.0f - root, x), squared * (1.0f / 3.0f), root);
}

template <class V> INLINE V clamp(V x, float low, float high) { return minimum(maximum(x, V(low)), V(high)); }

template <class V> struct Rgb { V red, green, blue; };
template <class V> INLINE V highest(Rgb<V> c) { return maximum(maximum(c.red, c.green), c.blue); }
template <class V> INLINE V lowest(Rgb<V> c) { return minimum(minimum(c.red, c.green), c.blue); }

template <class V, class Weight> INLINE V dot(const Weight* row, Rgb<V> c) {
  return multiply_add(c.blue, row[2], multiply_add(c.green, row[1], c.red * row[0]));
}

// `about` + gain (c - about)
template <class V> INLINE Rgb<V> spread(V about, V gain, Rgb<V> c) {
  return {multiply_add(gain, c.red - about, about), multiply_add(gain, c.green - about, about),
          multiply_add(gain, c.blue - about, about)};
}

}  // namespace isp
