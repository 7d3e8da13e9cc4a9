// Sharpening, the display's encoding and the integers of files, row by row.

namespace isp {

constexpr int SHARPEN_REACH = sizeof(Parameters::sharpen_kernel) / sizeof(float) - 1;

// One row of a separable symmetric filter over the rows `row_at(y - reach)` to `row_at(y + reach)`, for columns left to right.
template <int reach, class RowAt>
INLINE void blur_row(const float* half_kernel, RowAt row_at, int y, int left, int right, float* line, float* out) {
  float weights[reach + 1];
  std::copy_n(half_kernel, reach + 1, weights);
  const float *middle = row_at(y), *above[reach], *below[reach];
  for (int tap = 0; tap < reach; ++tap) above[tap] = row_at(y - tap - 1), below[tap] = row_at(y + tap + 1);
  float* __restrict column = line - left + reach;
#pragma GCC ivdep
  for (int x = left - reach; x < right + reach; ++x) {
    float sum = weights[0] * middle[x];
    for (int tap = 0; tap < reach; ++tap) sum = multiply_add(weights[tap + 1], above[tap][x] + below[tap][x], sum);
    column[x] = sum;
  }
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    float sum = weights[0] * column[x];
    for (int tap = 1; tap <= reach; ++tap) sum = multiply_add(weights[tap], column[x - tap] + column[x + tap], sum);
    out[x] = sum;
  }
}

INLINE void luma_root_row(const Constants& k, RgbRow linear, int left, int right, float* __restrict root) {
  const float weights[3] = {k.luminance[0], k.luminance[1], k.luminance[2]}, smallest = k.sharpen_smallest_luma;
  for (int x = left; x < right; ++x)
    root[x] = square_root(maximum(dot(weights, Rgb<float>{linear.red[x], linear.green[x], linear.blue[x]}), smallest));
}

// Adds the change of luma to all three channels, in place.
template <class RootAt>
INLINE void sharpen_luma_row(const Parameters& p, RootAt root_at, int y, int left, int right, float* line, float* blurred, RgbRow linear) {
  blur_row<SHARPEN_REACH>(p.sharpen_kernel, root_at, y, left, right, line, blurred);
  const float *roots = root_at(y), amount = p.sharpen;
  float *red = linear.red, *green = linear.green, *blue = linear.blue;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float change = sharpening_change(amount, roots[x], blurred[x]);
    red[x] += change;
    green[x] += change;
    blue[x] += change;
  }
}

INLINE void encode_row(const Constants& constants, int left, int right, float* row) {
  const Constants k = constants;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) row[x] = clamp(srgb_from_linear(k, row[x]), 0.0f, 1.0f);
}

template <class Integer> INLINE void store_row(const RgbRow display, int left, int right, Integer* __restrict out) {
  constexpr float steps = (Integer)~0u;
  for (int x = left; x < right; ++x, out += 3) {
    out[0] = (Integer)(int32_t)(display.red[x] * steps + 0.5f);
    out[1] = (Integer)(int32_t)(display.green[x] * steps + 0.5f);
    out[2] = (Integer)(int32_t)(display.blue[x] * steps + 0.5f);
  }
}

constexpr int FOUR_FLOATS = 0;  // in place of bits: red, green, blue and nothing together, for `geometry.h`

INLINE void store_fours(const RgbRow display, int left, int right, float* __restrict out) {
  for (int x = left; x < right; ++x, out += 4) {
    out[0] = display.red[x];
    out[1] = display.green[x];
    out[2] = display.blue[x];
    out[3] = 0.0f;
  }
}

}  // namespace isp
