// The ISP at full size on the CPU: the mathematics of `stages/`, fused. Torch stays the definition; this is held to it by test.
//
// One inline function per stage, with the stage's name. Three passes: `isp_prepare` makes a raw's samples into the mosaic that
// no parameter reaches, `isp_denoise` takes its noise away where that is wanted, and `isp_fold` makes it into a picture. The
// last two go by tiles, and inside a tile by rows, so that everything between stays in cache.
//
// `build.py` writes `PointParameters`, `Constants` and `Parameters` before this text, from the ctypes structures of
// `structures.py`: all constants come from the torch modules (`parameters.py`), and none is written here again.

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

// ---------------------------------------------------------------- operations of the point chain
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

// ---------------------------------------------------------------- point stages: camera, tone, clarity, tone_map, chroma, gamut

template <class V, class Weight> INLINE Rgb<V> map(const Weight* matrix, Rgb<V> c) {
  return {dot(matrix, c), dot(matrix + 3, c), dot(matrix + 6, c)};
}

template <class V> INLINE Rgb<V> to_working_space(const PointParameters<V>& p, Rgb<V> balanced, V& luminance) {
  luminance = dot(p.luminance_weights, balanced) + p.offset;
  return {dot(p.matrix, balanced) + p.offset, dot(p.matrix + 3, balanced) + p.offset, dot(p.matrix + 6, balanced) + p.offset};
}

template <class V> INLINE V to_stops(const Constants& k, V luminance) {
  return log2(maximum(luminance, V(k.smallest_luminance)) * k.per_mid_grey);
}

// `slope` and `offset` of the guided filter at this pixel.
template <class V> INLINE V base_stops(V stops, V slope, V offset) { return multiply_add(slope, stops, offset); }

template <class V> INLINE V smoothstep(V x) {
  const V held = clamp(x, 0.0f, 1.0f);
  return held * held * (3.0f - 2.0f * held);
}

template <class V> INLINE V tone_curve(const PointParameters<V>& p, const Constants& k, V stops) {
  const V bright = multiply_add(p.highlights_ev, smoothstep(stops * k.per_highlights_reach_ev), stops);
  const V curved = multiply_add(p.shadows_ev, smoothstep(stops * k.per_shadows_reach_ev), bright);
  const V start = clamp(curved, 0.0f, 1.0f);
  return multiply_add(p.whites_ev * k.per_white_ramp, start * (curved - 0.5f * start), curved);
}

template <class V> INLINE V added_detail(const PointParameters<V>& p, const Constants& k, V detail) {
  const V share = detail * k.per_largest_detail_ev;
  return p.clarity_gain * detail / square_root(1.0f + share * share);
}

template <class V> INLINE Rgb<V> apply_stops(Rgb<V> rgb, V before, V after) {
  const V gain = exp2(after - before);
  return {rgb.red * gain, rgb.green * gain, rgb.blue * gain};
}

template <class V> struct Oklab { V lightness, a, b; };

template <class V> INLINE Rgb<V> at_least(Rgb<V> c, float least) {
  return {maximum(c.red, V(least)), maximum(c.green, V(least)), maximum(c.blue, V(least))};
}

// Of light above 0.
template <class V> INLINE Oklab<V> oklab_from_rec2020(const Constants& k, Rgb<V> rgb) {
  const Rgb<V> lms = map(k.rec2020_to_lms, rgb);
  const Rgb<V> lab = map(k.roots_to_lab, Rgb<V>{cube_root(lms.red), cube_root(lms.green), cube_root(lms.blue)});
  return {lab.red, lab.green, lab.blue};
}

template <class V> INLINE Rgb<V> srgb_from_oklab(const Constants& k, Oklab<V> lab) {
  const Rgb<V> roots = map(k.lab_to_roots, Rgb<V>{lab.lightness, lab.a, lab.b});
  return map(k.lms_to_srgb, Rgb<V>{roots.red * roots.red * roots.red, roots.green * roots.green * roots.green,
                                   roots.blue * roots.blue * roots.blue});
}

template <class V> INLINE V display_curve(const PointParameters<V>& p, const Constants& k, V light) {
  const V log_odds = multiply_add(p.tone_map_exponent, log2(light), p.tone_map_offset);
  const V curved = k.display_peak / (1.0f + exp2(0.0f - log_odds));
  const V share = minimum(curved * p.per_display_white, V(1.0f)), square = share * share;
  return multiply_add(p.display_stretch, square * square, curved);
}

// Lightness and chroma of the display's colour, hue of the scene's.
template <class V> INLINE Oklab<V> tone_map(const PointParameters<V>& p, const Constants& k, Rgb<V> rgb) {
  const Rgb<V> light = at_least(rgb, k.smallest_light);
  const Oklab<V> shown = oklab_from_rec2020(
      k, Rgb<V>{display_curve(p, k, light.red), display_curve(p, k, light.green), display_curve(p, k, light.blue)});
  const Oklab<V> scene = oklab_from_rec2020(k, light);
  const V palest = k.palest * scene.lightness;
  const V scene_chroma2 = multiply_add(scene.a, scene.a, multiply_add(scene.b, scene.b, palest * palest));
  const V shown_chroma2 = multiply_add(shown.a, shown.a, multiply_add(shown.b, shown.b, V(k.palest_chroma2)));
  const V scale = square_root(shown_chroma2 / scene_chroma2);
  return {shown.lightness, scene.a * scale, scene.b * scale};
}

template <class V> INLINE Oklab<V> adjust_chroma(const PointParameters<V>& p, const Constants& k, Oklab<V> lab) {
  const V chroma2 = multiply_add(lab.a, lab.a, lab.b * lab.b);
  const V pale = maximum(lab.lightness, V(k.smallest_lightness)) * k.pale_chroma, pale2 = pale * pale;
  const V gain = p.saturation_gain * multiply_add(p.vibrance, pale2 / (pale2 + chroma2), V(1.0f));
  const V cosine = gain * p.hue_cosine, sine = gain * p.hue_sine;
  return {lab.lightness, lab.a * cosine - lab.b * sine, multiply_add(lab.a, sine, lab.b * cosine)};
}

template <class V> INLINE Oklab<V> with_chroma(Oklab<V> lab, V gain) { return {lab.lightness, lab.a * gain, lab.b * gain}; }

// How far each channel has gone from grey to its end, the farthest of them; `per_room` are 1 / grey and 1 / (1 - grey).
template <class V> INLINE V chord_distance(Rgb<V> srgb, V grey, V per_room_below, V per_room_above) {
  return maximum((grey - lowest(srgb)) * per_room_below, (highest(srgb) - grey) * per_room_above);
}

template <class V> INLINE V boundary_distance(const Constants& k, Oklab<V> lab) {
  const V grey = lab.lightness * lab.lightness * lab.lightness;
  const V below = 1.0f / maximum(grey, V(k.smallest_room)), above = 1.0f / maximum(1.0f - grey, V(k.smallest_room));
  const V nearest = maximum(chord_distance(srgb_from_oklab(k, lab), grey, below, above), V(k.nearest_distance));
  return chord_distance(srgb_from_oklab(k, with_chroma(lab, 1.0f / nearest)), grey, below, above) * nearest;
}

// `distance`: what `boundary_distance` returned.
template <class V> INLINE Rgb<V> compress_gamut(const Constants& k, Oklab<V> lab, V& distance) {
  distance = boundary_distance(k, lab);
  const V beyond = maximum(distance - k.gamut_threshold, V(0.0f));
  const V lost = beyond * beyond / ((k.gamut_strength + beyond) * maximum(distance, V(k.gamut_threshold)));
  return srgb_from_oklab(k, with_chroma(lab, 1.0f - lost));
}

// Without tone map and gamut: the matrix to sRGB, and what chroma's parameters change.
template <class V> INLINE Rgb<V> linear_look(const PointParameters<V>& p, const Constants& k, Rgb<V> rgb, V& distance) {
  const Oklab<V> lab = oklab_from_rec2020(k, at_least(rgb, k.smallest_light)), changed = adjust_chroma(p, k, lab);
  const Rgb<V> before = srgb_from_oklab(k, lab), after = srgb_from_oklab(k, changed);
  distance = boundary_distance(k, changed);
  const Rgb<V> srgb = map(k.rec2020_to_srgb, rgb);
  return {srgb.red + (after.red - before.red), srgb.green + (after.green - before.green), srgb.blue + (after.blue - before.blue)};
}

// White-balanced camera RGB to display-linear sRGB. The switches are template parameters: branches in it would keep it scalar.
// `tonal`: whether highlights, shadows, whites or clarity do anything; without them luma stays as it is.
// `distance`: how far the colour is from grey on its way to the boundary of sRGB; free for who does not read it.
template <bool camera_look, bool tonal, class V>
INLINE Rgb<V> point_chain(const PointParameters<V>& p, const Constants& k, Rgb<V> balanced, V slope, V offset, V& distance) {
  V luminance;
  Rgb<V> rgb = to_working_space(p, balanced, luminance);
  if constexpr (tonal) {
    const V stops = to_stops(k, luminance), base = base_stops(stops, slope, offset);
    const V moved = tone_curve(p, k, base) - base;
    rgb = apply_stops(rgb, stops, stops + moved + added_detail(p, k, stops - base));
  }
  if constexpr (camera_look)
    return compress_gamut(k, adjust_chroma(p, k, tone_map(p, k, rgb)), distance);
  else
    return linear_look(p, k, rgb, distance);
}

// The display's linear luma, as its root, after the unsharp mask; less what it was: what all three channels gain.
template <class V> INLINE V sharpening_change(V amount, V root, V blurred) {
  const V sharpened = maximum(multiply_add(amount, root - blurred, root), V(0.0f));
  return sharpened * sharpened - root * root;
}

template <class V> INLINE V srgb_from_linear(const Constants& k, V linear) {
  const V power = exp2(log2(maximum(linear, V(k.srgb_linear_limit))) * k.per_srgb_power);
  const V straight = multiply_add(minimum(linear, V(k.srgb_linear_limit)), k.srgb_linear_slope, V(k.srgb_curve_offset));
  return multiply_add(power, k.srgb_curve_scale, straight);
}

// ---------------------------------------------------------------- places: windows of the picture and the planes that cover them

struct Window {
  int top, bottom, left, right;
  int height() const { return bottom - top; }
  int width() const { return right - left; }
};
INLINE Window grown(Window w, int by) { return {w.top - by, w.bottom + by, w.left - by, w.right + by}; }
INLINE Window inside(Window w, int height, int width) {
  return {std::max(w.top, 0), std::min(w.bottom, height), std::max(w.left, 0), std::min(w.right, width)};
}
INLINE Window halved(Window w) { return {w.top / 2, (w.bottom + 1) / 2, w.left / 2, (w.right + 1) / 2}; }

// Samples of one window; rows and columns are counted in the picture, so that all planes of a tile speak of the same places.
struct Plane {
  Window window{};
  std::vector<float> samples;
  void cover(Window w) {
    window = w;
    const size_t needed = (size_t)w.height() * w.width();
    if (samples.size() < needed) samples.resize(needed);
  }
  float* row(int y) { return samples.data() + (std::ptrdiff_t)(y - window.top) * window.width() - window.left; }
};

// The last rows of something, as they go by from top to bottom; `kept` is a power of two.
template <int kept> struct RowsOf {
  int left = 0, width = 0;
  std::vector<float> samples;
  void cover(int from, int to) {
    left = from, width = to - from;
    if (samples.size() < (size_t)kept * width) samples.resize((size_t)kept * width);
  }
  float* row(int y) { return samples.data() + (std::ptrdiff_t)(y & (kept - 1)) * width - left; }
};
using Rows = RowsOf<16>;

INLINE int mirrored(int place, int length) { return place < 0 ? -place : place < length ? place : 2 * length - 2 - place; }
INLINE int held(int place, int length) { return std::min(std::max(place, 0), length - 1); }

// Do `work(index, scratch)` for each index on so many threads. Return whether memory sufficed.
template <class Scratch, class Work> static bool in_parallel(int count, int threads, Work work) {
  std::atomic<int> next{0};
  std::atomic<bool> failed{false};
  auto worker = [&] {
    try {
      Scratch scratch;
      for (int index; !failed && (index = next++) < count;) work(index, scratch);
    } catch (...) {
      failed = true;
    }
  };
  std::vector<std::thread> others;
  try {
    for (int k = 1; k < std::min(threads, count); ++k) others.emplace_back(worker);
  } catch (...) {  // no more threads to be had: those there are do the work
  }
  worker();
  for (auto& each : others) each.join();
  return !failed;
}

// Of planes in the order R, G in red rows, G in blue rows, B.
enum Colour { RED, FIRST_GREEN, SECOND_GREEN, BLUE };

// ---------------------------------------------------------------- small grids of values, interpolated linearly between their knots

// Where row y and column x lie between the knots: y * row_step + first_row and so on.
struct Grid {
  const float* values;
  int rows, columns;
  float first_row, first_column, row_step, column_step;
};

// One row at columns left to right: first down to one row of knots, then across. Beyond the ends it is the end's.
INLINE void interpolated_row(const Grid& grid, int y, int left, int right, float* knots, float* __restrict out) {
  const float down = clamp(multiply_add((float)y, grid.row_step, grid.first_row), 0.0f, grid.rows - 1.0f);
  const int upper = (int)down, lower = std::min(upper + 1, grid.rows - 1), columns = grid.columns;
  const float *above = grid.values + (size_t)upper * columns, *below = grid.values + (size_t)lower * columns;
  const float share = down - upper, last = columns - 1.0f, first = grid.first_column, step = grid.column_step;
  for (int j = 0; j < columns; ++j) knots[j] = above[j] + share * (below[j] - above[j]);
  knots[columns] = knots[columns - 1];
  const auto across = [=](int x) { return clamp(multiply_add((float)x, step, first), 0.0f, last); };
  for (int start = left, end; start < right; start = end) {  // from knot to knot
    const int j = (int)across(start);
    const float next = (j + 1 - first) / step;
    end = next < right ? std::max((int)next - 1, start + 1) : right;
    while (end < right && (int)across(end) <= j) ++end;
    while ((int)across(end - 1) > j) --end;
    const float knot = knots[j], change = knots[j + 1] - knot, place = (float)j;
#pragma GCC ivdep
    for (int x = start; x < end; ++x) out[x] = knot + (across(x) - place) * change;
  }
}

// Slope (0) or offset (1) of the base, at the pixels of the picture.
INLINE Grid base_grid(const Parameters& p, const float* coefficients, int which) {
  const float step = 1.0f / p.cell_px, first = 0.5f * step - 0.5f;
  return {coefficients + (size_t)which * p.cell_rows * p.cell_columns, p.cell_rows, p.cell_columns, first, first, step, step};
}

// The lens's gain at the samples of one half-size plane.
INLINE Grid shading_grid(const Parameters& p, const float* shading, int plane) {
  const int site = p.site_of_plane[plane];
  const float down = p.shading_per_spacing[0], across = p.shading_per_spacing[1];
  return {shading + (size_t)plane * p.shading_rows * p.shading_columns, p.shading_rows, p.shading_columns,
          (site / 2 + 0.5f - p.shading_first_px[0]) * down, (site % 2 + 0.5f - p.shading_first_px[1]) * across,
          2.0f * down, 2.0f * across};
}

// The mean of the four planes' gains, at half-size row y.
INLINE void lens_row(const Parameters& p, const float* shading, int y, int left, int right, float* knots, float* one, float* mean) {
  for (int plane = 0; plane < 4; ++plane) {
    interpolated_row(shading_grid(p, shading, plane), y, left, right, knots, one);
    for (int x = left; x < right; ++x) mean[x] = (plane == 0 ? 0.0f : mean[x]) + 0.25f * one[x];
  }
}

// ---------------------------------------------------------------- pass 1: normalise, defects, highlights
// Rows of the four half-size planes. `stages/mosaic.py` says what the planes are.

struct PlaneRows {
  float* of[4];
};

INLINE void normalise_row(const Parameters& p, int plane, const uint16_t* raw_row, int half_width, float* __restrict out) {
  const int column = p.site_of_plane[plane] % 2, odd_end = p.shown_width;
  const float black = p.black_level_dn[plane], per_range = p.per_level_range[plane];
  const int whole = (odd_end - column + 1) / 2;
  for (int x = 0; x < whole; ++x) out[x] = ((float)raw_row[2 * x + column] - black) * per_range;
  for (int x = whole; x < half_width; ++x) out[x] = out[x - 1];  // a last column of its own is mirrored about itself
}

// Lowest and highest of the eight neighbours; the rows reach one sample beyond both ends.
INLINE void neighbour_range_row(const float* above, const float* here, const float* below, int width, float* __restrict low,
                                float* __restrict high) {
  for (int x = 0; x < width; ++x) {
    const Rgb<float> up{above[x - 1], above[x], above[x + 1]}, down{below[x - 1], below[x], below[x + 1]};
    low[x] = minimum(minimum(lowest(up), lowest(down)), minimum(here[x - 1], here[x + 1]));
    high[x] = maximum(maximum(highest(up), highest(down)), maximum(here[x - 1], here[x + 1]));
  }
}

INLINE float corrected(const Constants& k, float shot, float read, float sample, float low, float high, bool alone) {
  const float level = clamp(high, 0.0f, 1.0f);
  const float sigma = square_root(maximum(shot * level + read, 0.0f));
  const float margin = k.defect_sigmas * sigma + k.defect_relative_margin * level + k.defect_absolute_margin;
  const float capped = select(alone & (sample > high + margin), high, sample);
  return select(alone & (sample < low - margin), low, capped);
}

INLINE void correct_defects_row(const Parameters& p, PlaneRows in, PlaneRows low, PlaneRows high, int width, PlaneRows out) {
  const Constants k = p.constants;
  const float shot = p.noise[0], read = p.noise[1];
  const float *in0 = in.of[0], *in1 = in.of[1], *in2 = in.of[2], *in3 = in.of[3];
  const float *low0 = low.of[0], *low1 = low.of[1], *low2 = low.of[2], *low3 = low.of[3];
  const float *high0 = high.of[0], *high1 = high.of[1], *high2 = high.of[2], *high3 = high.of[3];
  float *out0 = out.of[0], *out1 = out.of[1], *out2 = out.of[2], *out3 = out.of[3];
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const float deviation0 = absolute(in0[x] - (low0[x] + high0[x]) * 0.5f);
    const float deviation1 = absolute(in1[x] - (low1[x] + high1[x]) * 0.5f);
    const float deviation2 = absolute(in2[x] - (low2[x] + high2[x]) * 0.5f);
    const float deviation3 = absolute(in3[x] - (low3[x] + high3[x]) * 0.5f);
    const float sum = deviation0 + deviation1 + deviation2 + deviation3;
    out0[x] = corrected(k, shot, read, in0[x], low0[x], high0[x], sum <= k.defect_share * deviation0);
    out1[x] = corrected(k, shot, read, in1[x], low1[x], high1[x], sum <= k.defect_share * deviation1);
    out2[x] = corrected(k, shot, read, in2[x], low2[x], high2[x], sum <= k.defect_share * deviation2);
    out3[x] = corrected(k, shot, read, in3[x], low3[x], high3[x], sum <= k.defect_share * deviation3);
  }
}

INLINE float risen(float own, float clipped, float one, float other) {
  return own + clipped * maximum((one + other) * 0.5f - own, 0.0f);
}

// camera RGB with one of the two greens; `clipped` is how far each sample is disbelieved.
INLINE Rgb<float> restore_highlights(Rgb<float> gains, Rgb<float> camera, Rgb<float> clipped) {
  const Rgb<float> balanced{camera.red * gains.red, camera.green * gains.green, camera.blue * gains.blue};
  const Rgb<float> restored{risen(balanced.red, clipped.red, balanced.green, balanced.blue),
                            risen(balanced.green, clipped.green, balanced.red, balanced.blue),
                            risen(balanced.blue, clipped.blue, balanced.red, balanced.green)};
  const float all = clipped.red * clipped.green * clipped.blue;
  const Rgb<float> neutral = spread(highest(restored), 1.0f - all, restored);
  return {camera.red + (neutral.red - balanced.red) / gains.red, camera.green + (neutral.green - balanced.green) / gains.green,
          camera.blue + (neutral.blue - balanced.blue) / gains.blue};
}

// `lens`: the gains of each plane, which are not applied here, but will be.
template <bool shaded> INLINE void restore_highlights_row(const Parameters& p, PlaneRows planes, PlaneRows lens, int width) {
  const float wb[4] = {p.wb_as_shot[0], p.wb_as_shot[1], p.wb_as_shot[2], p.wb_as_shot[3]};
  const float start = p.constants.clip_start, per_span = p.constants.per_clip_span;
  float *red = planes.of[RED], *first = planes.of[FIRST_GREEN], *second = planes.of[SECOND_GREEN], *blue = planes.of[BLUE];
  const float *red_lens = lens.of[RED], *first_lens = lens.of[FIRST_GREEN], *second_lens = lens.of[SECOND_GREEN], *blue_lens = lens.of[BLUE];
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const Rgb<float> first_gains{wb[RED] * (shaded ? red_lens[x] : 1.0f), wb[FIRST_GREEN] * (shaded ? first_lens[x] : 1.0f),
                                 wb[BLUE] * (shaded ? blue_lens[x] : 1.0f)};
    const Rgb<float> second_gains{first_gains.red, wb[SECOND_GREEN] * (shaded ? second_lens[x] : 1.0f), first_gains.blue};
    const float red_clipped = clamp((red[x] - start) * per_span, 0.0f, 1.0f);
    const float blue_clipped = clamp((blue[x] - start) * per_span, 0.0f, 1.0f);
    const float first_clipped = clamp((first[x] - start) * per_span, 0.0f, 1.0f);
    const float second_clipped = clamp((second[x] - start) * per_span, 0.0f, 1.0f);
    const Rgb<float> with_first =
        restore_highlights(first_gains, {red[x], first[x], blue[x]}, {red_clipped, first_clipped, blue_clipped});
    const Rgb<float> with_second =
        restore_highlights(second_gains, {red[x], second[x], blue[x]}, {red_clipped, second_clipped, blue_clipped});
    red[x] = (with_first.red + with_second.red) * 0.5f;
    first[x] = with_first.green;
    second[x] = with_second.green;
    blue[x] = (with_first.blue + with_second.blue) * 0.5f;
  }
}

// Columns of two planes side by side as one row of the mosaic.
INLINE void unpack_row(const float* even, const float* odd, int half_width, float* __restrict out) {
#pragma GCC ivdep
  for (int x = 0; x < half_width; ++x) {
    out[2 * x] = even[x];
    out[2 * x + 1] = odd[x];
  }
}

struct Strip {
  Plane planes[4], low, high, fixed, sums, lens, knots;
};

// One row of cells: their part of the mosaic, and the mean of each plane in each cell.
static void prepare_strip(const Parameters& p, const float* shading, const uint16_t* raw, float* mosaic, float* cell_means, int cell_row, Strip& s) {
  const int half_height = p.height / 2, half_width = p.width / 2, cell = p.cell_px / 2;
  const int top = cell_row * cell, bottom = std::min(half_height, top + cell);
  for (int plane = 0; plane < 4; ++plane) {
    s.planes[plane].cover({top - 1, bottom + 1, -1, half_width + 1});
    for (int y = top - 1; y <= bottom; ++y) {
      const int raw_y = 2 * mirrored(y, half_height) + p.site_of_plane[plane] / 2;
      float* row = s.planes[plane].row(y);
      normalise_row(p, plane, raw + (size_t)mirrored(raw_y, p.shown_height) * p.shown_width, half_width, row);
      row[-1] = row[1];
      row[half_width] = row[half_width - 2];
    }
  }
  for (Plane* each : {&s.low, &s.high, &s.fixed, &s.sums, &s.lens}) each->cover({0, 4, 0, half_width});
  s.knots.cover({0, 1, 0, p.shading_columns + 1});
  std::fill_n(s.sums.row(0), 4 * half_width, 0.0f);
  const PlaneRows low{{s.low.row(0), s.low.row(1), s.low.row(2), s.low.row(3)}};
  const PlaneRows high{{s.high.row(0), s.high.row(1), s.high.row(2), s.high.row(3)}};
  const PlaneRows fixed{{s.fixed.row(0), s.fixed.row(1), s.fixed.row(2), s.fixed.row(3)}};
  const PlaneRows lens{{s.lens.row(0), s.lens.row(1), s.lens.row(2), s.lens.row(3)}};
  for (int y = top; y < bottom; ++y) {
    const PlaneRows here{{s.planes[0].row(y), s.planes[1].row(y), s.planes[2].row(y), s.planes[3].row(y)}};
    for (int plane = 0; plane < 4; ++plane)
      neighbour_range_row(s.planes[plane].row(y - 1), here.of[plane], s.planes[plane].row(y + 1), half_width, low.of[plane],
                          high.of[plane]);
    correct_defects_row(p, here, low, high, half_width, fixed);
    if (shading == nullptr) {
      restore_highlights_row<false>(p, fixed, lens, half_width);
    } else {
      for (int plane = 0; plane < 4; ++plane)
        interpolated_row(shading_grid(p, shading, plane), y, 0, half_width, s.knots.row(0), lens.of[plane]);
      restore_highlights_row<true>(p, fixed, lens, half_width);
      float *values = s.fixed.row(0), *gains = s.lens.row(0);
      for (int x = 0; x < 4 * half_width; ++x) values[x] *= gains[x];
    }
    for (int dy = 0; dy < 2; ++dy)
      unpack_row(fixed.of[p.site_of_plane[2 * dy]], fixed.of[p.site_of_plane[2 * dy + 1]], half_width,
                 mosaic + (size_t)(2 * y + dy) * p.width);
    float *sums = s.sums.row(0), *values = s.fixed.row(0);
    for (int x = 0; x < 4 * half_width; ++x) sums[x] += values[x];
  }
  for (int plane = 0; plane < 4; ++plane)
    for (int column = 0; column < p.cell_columns; ++column) {
      const int left = column * cell, right = std::min(half_width, left + cell);
      const float* sums = s.sums.row(plane);
      const float sum = std::accumulate(sums + left, sums + right, 0.0f);
      cell_means[((size_t)plane * p.cell_rows + cell_row) * p.cell_columns + column] = sum / ((right - left) * (bottom - top));
    }
}

// ---------------------------------------------------------------- denoise: half-size planes of one tile, one opponent at a time

constexpr int SCALES = sizeof(DENOISE_RADII) / sizeof(int);
constexpr int FULL_LEVEL = (2 * LEVEL_RADIUS + 1) * (2 * LEVEL_RADIUS + 1), FULL_LOST = (2 * LOST_RADIUS + 1) * (2 * LOST_RADIUS + 1);

using Bands = RowsOf<32>;  // more than a window of local energy at the coarsest scale

struct DenoiseTile {
  Plane root[4], light, lens, per_level, low[2], removed[SCALES][3], total[4], partial, taken, line;
  Bands bands[3];
};

INLINE float stabilised(float offset, float knee, float knee_root, float balanced) {
  const float above = balanced + offset;
  return select(above > knee, square_root(maximum(above, knee)), (above + knee) / (2.0f * knee_root));
}

INLINE float unstabilised(float knee_root, float root) {  // but for the offset
  return select(root > knee_root, root * root, knee_root * (2.0f * root - knee_root));
}

// A picture mirrored about its edge, and again where it is small.
INLINE int folded(int place, int length) {
  const int within = ((place % (2 * length)) + 2 * length) % (2 * length);
  return std::min(within, 2 * length - 1 - within);
}

static void mirror_edges(Plane& plane, int height, int width) {
  const Window w = plane.window, known = inside(w, height, width);
  for (int y = known.top; y < known.bottom; ++y) {
    float* row = plane.row(y);
    for (int x = w.left; x < known.left; ++x) row[x] = row[folded(x, width)];
    for (int x = known.right; x < w.right; ++x) row[x] = row[folded(x, width)];
  }
  for (int y = w.top; y < w.bottom; ++y)
    if (y < known.top || y >= known.bottom) std::copy_n(plane.row(folded(y, height)) + w.left, w.width(), plane.row(y) + w.left);
}

// Sums over (2 r + 1)^2 samples `spacing` apart, of the samples or of their squares.
template <int radius, bool squares, class Source>
static void box_sum_row(Source& in, int spacing, int y, int left, int right, float* column, float* __restrict out) {
  const float* rows[2 * radius + 1];
  for (int tap = 0; tap <= 2 * radius; ++tap) rows[tap] = in.row(y + (tap - radius) * spacing);
  float* __restrict sums = column - left + radius * spacing;
#pragma GCC ivdep
  for (int x = left - radius * spacing; x < right + radius * spacing; ++x) {
    float sum = squares ? rows[0][x] * rows[0][x] : rows[0][x];
    for (int tap = 1; tap <= 2 * radius; ++tap) sum = squares ? multiply_add(rows[tap][x], rows[tap][x], sum) : sum + rows[tap][x];
    sums[x] = sum;
  }
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    float sum = sums[x - radius * spacing];
    for (int tap = 1 - radius; tap <= radius; ++tap) sum += sums[x + tap * spacing];
    out[x] = sum;
  }
}

// Samples at the sensor's levels, white-balanced: their roots, and the mean of the four as light.
static void stabilise(const Parameters& p, const float* shading, const float* mosaic, Window wide, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window known = inside(wide, half_height, half_width);
  const float offset = p.stabilising_offset, knee = STRAIGHT_BELOW * offset, knee_root = sqrtf(knee);
  for (Plane* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3], &t.light}) each->cover(wide);
  t.lens.cover(known), t.line.cover({0, 1, 0, p.shading_columns + 1});
  for (int y = known.top; y < known.bottom; ++y) {
    float *light = t.light.row(y), *lens = t.lens.row(y);
    std::fill(lens + known.left, lens + known.right, 1.0f);
    if (shading != nullptr) lens_row(p, shading, y, known.left, known.right, t.line.row(0), light, lens);
    for (int plane = 0; plane < 4; ++plane) {
      const int site = p.site_of_plane[plane];
      const float *samples = mosaic + (size_t)(2 * y + site / 2) * p.width + site % 2, gain = p.wb_as_shot[plane];
      float* root = t.root[plane].row(y);
#pragma GCC ivdep
      for (int x = known.left; x < known.right; ++x) {
        const float balanced = samples[2 * x] / lens[x] * gain;
        root[x] = stabilised(offset, knee, knee_root, balanced);
        light[x] = (plane == 0 ? 0.0f : light[x]) + 0.25f * balanced;
      }
    }
  }
  for (Plane* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3], &t.light}) mirror_edges(*each, half_height, half_width);
}

// Row y of the bands, if wanted, and of the mean of pixels `spacing` apart.
INLINE void analyse_row(Plane& low, int spacing, int y, bool banded, Plane& mean, Bands* bands) {
  const float *upper = low.row(y), *lower = low.row(y + spacing);
  float *means = mean.row(y), *across = bands[0].row(y), *down = bands[1].row(y), *both = bands[2].row(y);
  const int left = mean.window.left, right = mean.window.right;
  if (banded) {
#pragma GCC ivdep
    for (int x = left; x < right; ++x) {
      const float upper_mean = upper[x] + upper[x + spacing], upper_step = upper[x] - upper[x + spacing];
      const float lower_mean = lower[x] + lower[x + spacing], lower_step = lower[x] - lower[x + spacing];
      means[x] = (upper_mean + lower_mean) * 0.25f;
      across[x] = (upper_step + lower_step) * 0.25f;
      down[x] = (upper_mean - lower_mean) * 0.25f;
      both[x] = (upper_step - lower_step) * 0.25f;
    }
  } else {
#pragma GCC ivdep
    for (int x = left; x < right; ++x) means[x] = ((upper[x] + upper[x + spacing]) + (lower[x] + lower[x + spacing])) * 0.25f;
  }
}

// What is noise in a row of a band: all where its energy is the noise's or less, then in inverse proportion to it.
template <int radius>
static void take_noise_row(float constant, float per_level, float there, Bands& band, int spacing, int y, int left, int right,
                           const float* level, float* line, float* energies, float* out) {
  constexpr float per_window = 1.0f / ((2 * radius + 1) * (2 * radius + 1));
  box_sum_row<radius, true>(band, spacing, y, left, right, line, energies);
  const float* in = band.row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float noise = maximum(multiply_add(per_level, level[x], constant), 0.0f);
    const float most = maximum(maximum(energies[x] * per_window, noise), SMALLEST_ENERGY);
    out[x] = in[x] * (noise * there / most);
  }
}

// What lies `spacing` away from the top and left of the bands and mean (none: 0), into `out`, whose window says what is wanted.
static void synthesise(Plane* bands, Plane* mean, int spacing, Plane& out, float* minus, float* plus) {
  const Window w = out.window;
  for (int y = w.top; y < w.bottom; ++y) {
    const float *across0 = bands[0].row(y - spacing), *down0 = bands[1].row(y - spacing), *both0 = bands[2].row(y - spacing);
    const float *across1 = bands[0].row(y), *down1 = bands[1].row(y), *both1 = bands[2].row(y);
    const float *mean0 = mean ? mean->row(y - spacing) : nullptr, *mean1 = mean ? mean->row(y) : nullptr;
    float *left = minus - w.left + spacing, *right = plus - w.left + spacing, *to = out.row(y);
    if (mean) {
#pragma GCC ivdep
      for (int x = w.left - spacing; x < w.right; ++x) {
        const float middle = (mean0[x] - down0[x]) + (mean1[x] + down1[x]);
        const float step = (across0[x] - both0[x]) + (across1[x] + both1[x]);
        left[x] = middle - step, right[x] = middle + step;
      }
    } else {
#pragma GCC ivdep
      for (int x = w.left - spacing; x < w.right; ++x) {
        const float middle = down1[x] - down0[x], step = (across0[x] - both0[x]) + (across1[x] + both1[x]);
        left[x] = middle - step, right[x] = middle + step;
      }
    }
#pragma GCC ivdep
    for (int x = w.left; x < w.right; ++x) to[x] = (left[x - spacing] + right[x]) * 0.25f;
  }
}

// The noise of one opponent's roots in the window `w`.
static void remove_noise(const Parameters& p, int opponent, Window w, DenoiseTile& t, Plane& total) {
  const Window wide = t.root[0].window;
  const float* mixing = p.constants.opponents + 4 * opponent;
  Plane *low = &t.low[0], *next = &t.low[1];
  low->cover(wide);
  for (int y = wide.top; y < wide.bottom; ++y) {
    const float *first = t.root[0].row(y), *second = t.root[1].row(y), *third = t.root[2].row(y), *fourth = t.root[3].row(y);
    const float m0 = mixing[0], m1 = mixing[1], m2 = mixing[2], m3 = mixing[3];
    float* to = low->row(y);
#pragma GCC ivdep
    for (int x = wide.left; x < wide.right; ++x)
      to[x] = multiply_add(m3, fourth[x], multiply_add(m2, third[x], multiply_add(m1, second[x], m0 * first[x])));
  }
  t.line.cover({0, 2, 0, wide.width()});
  for (int scale = 0; scale < SCALES; ++scale, std::swap(low, next)) {
    const int spacing = 1 << scale, lead = 2 * spacing - 1, reach = DENOISE_RADII[scale] * spacing;
    const Window window = low->window, taken{w.top - lead, w.bottom, w.left - lead, w.right};
    next->cover({window.top, window.bottom - spacing, window.left, window.right - spacing});
    for (Bands& band : t.bands) band.cover(next->window.left, next->window.right);
    for (Plane& removed : t.removed[scale]) removed.cover(taken);
    const auto take = DENOISE_RADII[scale] == 2 ? take_noise_row<2> : take_noise_row<1>;
    const float per_band = ldexpf(1.0f, -2 * (scale + 1));
    const float constant = p.denoise_constant[opponent] * per_band, per_level = p.denoise_per_level[opponent] * per_band;
    for (int y = next->window.top; y < next->window.bottom; ++y) {
      analyse_row(*low, spacing, y, y >= taken.top - reach && y < taken.bottom + reach, *next, t.bands);
      const int seen = y - reach;  // its window of local energy is there
      for (int band = 0; band < 3 && seen >= taken.top && seen < taken.bottom; ++band)
        take(constant, per_level, p.denoise_there[scale], t.bands[band], spacing, seen, taken.left, taken.right, t.per_level.row(seen),
             t.line.row(0), t.line.row(1) - taken.left, t.removed[scale][band].row(seen));
    }
  }
  Plane* mean = nullptr;
  for (int scale = SCALES - 1; scale >= 0; --scale) {
    const int spacing = 1 << scale;
    Plane& out = scale == 0 ? total : t.low[scale % 2];
    out.cover({w.top - spacing + 1, w.bottom, w.left - spacing + 1, w.right});
    synthesise(t.removed[scale], mean, spacing, out, t.line.row(0), t.line.row(1));
    mean = &out;
  }
}

// The part `w` of the half-size planes, from mosaic to mosaic.
static void denoise_tile(const Parameters& p, const float* shading, const float* mosaic, float* out, Window w, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window around = grown(w, LOST_RADIUS), known = inside(around, half_height, half_width), wide = grown(known, DENOISE_MARGIN);
  stabilise(p, shading, mosaic, wide, t);
  const Window levels = grown(known, (1 << SCALES) - 1), seen = inside(levels, half_height, half_width);
  t.per_level.cover(levels), t.line.cover({0, 2, 0, wide.width()});
  for (int y = seen.top; y < seen.bottom; ++y) {
    float *row = t.per_level.row(y), offset = p.stabilising_offset;
    box_sum_row<LEVEL_RADIUS, false>(t.light, 1, y, seen.left, seen.right, t.line.row(0), row);
#pragma GCC ivdep
    for (int x = seen.left; x < seen.right; ++x) row[x] = 1.0f / (maximum(row[x] * (1.0f / FULL_LEVEL), 0.0f) + offset);
  }
  mirror_edges(t.per_level, half_height, half_width);
  for (int opponent = 0; opponent < 4; ++opponent) {
    if (p.denoise_active[opponent])
      remove_noise(p, opponent, known, t, t.total[opponent]);
    else
      t.total[opponent].cover(known), std::fill_n(t.total[opponent].row(known.top) + known.left, known.width() * known.height(), 0.0f);
  }
  const float offset = p.stabilising_offset, knee_root = sqrtf(STRAIGHT_BELOW * offset);
  t.partial.cover(around), t.taken.cover(known);
  for (int plane = 0; plane < 4; ++plane) {
    float weights[4];
    for (int opponent = 0; opponent < 4; ++opponent) weights[opponent] = p.constants.opponents[4 * opponent + plane];
    for (int y = known.top; y < known.bottom; ++y) {
      const float *first = t.total[0].row(y), *second = t.total[1].row(y), *third = t.total[2].row(y), *fourth = t.total[3].row(y);
      float *taken = t.taken.row(y), *square = t.partial.row(y);
#pragma GCC ivdep
      for (int x = known.left; x < known.right; ++x) {
        const float removed = multiply_add(
            weights[3], fourth[x], multiply_add(weights[2], third[x], multiply_add(weights[1], second[x], weights[0] * first[x])));
        taken[x] = removed, square[x] = removed * removed;
      }
    }
    mirror_edges(t.partial, half_height, half_width);
    const int site = p.site_of_plane[plane];
    for (int y = w.top; y < w.bottom; ++y) {
      float* lost = t.line.row(0) - w.left;
      box_sum_row<LOST_RADIUS, false>(t.partial, 1, y, w.left, w.right, t.line.row(1), lost);
      const float *root = t.root[plane].row(y), *lens = t.lens.row(y), *taken = t.taken.row(y), per_gain = 1.0f / p.wb_as_shot[plane];
      const size_t place = (size_t)(2 * y + site / 2) * p.width + site % 2;
      const float* in = mosaic + place;
      float* to = out + place;
#pragma GCC ivdep
      for (int x = w.left; x < w.right; ++x) {
        const float change = unstabilised(knee_root, root[x] - taken[x]) - unstabilised(knee_root, root[x]) + lost[x] * (1.0f / FULL_LOST);
        to[2 * x] = in[2 * x] + lens[x] * (change * per_gain);
      }
    }
  }
}

// ---------------------------------------------------------------- demosaic: rows go by from top to bottom
// Samples at red and blue sites, coloured, and at green sites are held apart, so that what is done at one kind is a run of
// neighbours: in row y the coloured ones lie at columns 2 i + r and the green ones at 2 i + 1 - r, r = first_coloured(y). Beside
// a coloured site are the greens i + r - 1 and i + r, beside a green one the coloured i - r and i + 1 - r; above and below is i.

static_assert(DEMOSAIC_REACH == 9, "the stages below are as many rows behind one another as they reach");
constexpr int DEMOSAIC_MARGIN = 7;  // the same in half columns, rounded up from stage to stage

struct RgbRow {
  float *red, *green, *blue;
};

struct Demosaic {
  Rows coloured, green;                                       // samples on the root scale
  Rows from_row, from_column, row_change, column_change;      // coloured - green interpolated, and how it changes
  Rows row_share, own, beside, above, turn;                   // `_differences`; turn: above - beside
  Rows kept, refined, refined_beside, refined_above, refined_turn;  // `_refined`; kept: the other colour less the own
  Rows red, blue, whole_green;                                // colour - green, and green, at every pixel
  Rows low[2], middle[2], high[2], out[3];                    // columns of three sorted; linear RGB
  void cover(int left, int right) {
    for (Rows* each : {&coloured, &green, &from_row, &from_column, &row_change, &column_change, &row_share, &own, &beside, &above,
                       &turn, &kept, &refined, &refined_beside, &refined_above, &refined_turn})
      each->cover(left - DEMOSAIC_MARGIN, right + DEMOSAIC_MARGIN);
    for (Rows* each : {&red, &blue, &whole_green, &low[0], &low[1], &middle[0], &middle[1], &high[0], &high[1], &out[0], &out[1], &out[2]})
      each->cover(2 * left - 2, 2 * right + 2);
  }
};

INLINE int first_coloured(const Parameters& p, int y) {
  return (y & 1) == p.site_of_plane[RED] / 2 ? p.site_of_plane[RED] % 2 : p.site_of_plane[BLUE] % 2;
}
INLINE bool is_red_row(const Parameters& p, int y) { return (y & 1) == p.site_of_plane[RED] / 2; }

INLINE float root_of_linear(const Constants& k, float linear) {
  const float light = maximum(linear, 0.0f);
  return square_root(light + k.root_offset) - k.root_at_black + (linear - light) * k.per_root_tangent;
}

INLINE float linear_of_root(const Constants& k, float root) {
  const float light = maximum(root, 0.0f);
  return multiply_add(light, light, k.root_tangent * root);
}

// Row y of the mosaic, which beyond its border is its mirror, balanced and on the root scale.
INLINE void split_row(const Parameters& p, const float* gains, const float* mosaic, int y, int left, int right, Demosaic& d) {
  const Constants k = p.constants;
  const int half_width = p.width / 2, r = first_coloured(p, y), from = std::max(left, 0), to = std::min(right, half_width);
  const int* plane = p.site_of_plane + 2 * (y & 1);  // each row of sites is its own inverse
  const float even_gain = gains[plane[0]], odd_gain = gains[plane[1]];
  const float* in = mosaic + (size_t)mirrored(y, p.height) * p.width;
  float *coloured = d.coloured.row(y), *green = d.green.row(y), *even = r ? green : coloured, *odd = r ? coloured : green;
#pragma GCC ivdep
  for (int i = from; i < to; ++i) {
    even[i] = root_of_linear(k, in[2 * i] * even_gain);
    odd[i] = root_of_linear(k, in[2 * i + 1] * odd_gain);
  }
  for (int i = left; i < from; ++i) coloured[i] = coloured[-i - r], green[i] = green[-i - 1 + r];
  for (int i = to; i < right; ++i) coloured[i] = coloured[2 * half_width - 1 - i - r], green[i] = green[2 * half_width - 2 - i + r];
}

INLINE float without_green(const Constants& k, float centre, float near, float far) {
  return centre - multiply_add(k.green_near, near, multiply_add(k.green_far, far, k.green_centre * centre));
}

INLINE void differences_along_row(const Parameters& p, int y, int left, int right, Demosaic& d) {
  const Constants k = p.constants;
  const int r = first_coloured(p, y);
  const float *c = d.coloured.row(y), *g = d.green.row(y) + r;
  float *difference = d.from_row.row(y), *change = d.row_change.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) difference[i] = without_green(k, c[i], g[i - 1] + g[i], c[i - 1] + c[i + 1]);
#pragma GCC ivdep
  for (int i = left; i < right - 1; ++i) change[i] = absolute(difference[i + 1] - difference[i]);
}

INLINE void differences_along_column(const Parameters& p, int y, int left, int right, Demosaic& d) {
  const Constants k = p.constants;
  const float *c0 = d.coloured.row(y - 2), *g1 = d.green.row(y - 1), *c2 = d.coloured.row(y), *g3 = d.green.row(y + 1);
  const float *c4 = d.coloured.row(y + 2), *before = d.from_column.row(y - 2);
  float *difference = d.from_column.row(y), *change = d.column_change.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) {
    difference[i] = without_green(k, c2[i], g1[i] + g3[i], c0[i] + c4[i]);
    change[i] = absolute(difference[i] - before[i]);
  }
}

// How far the row's interpolation is believed, and colour - green by that.
INLINE void decide_row(const Parameters& p, int y, int left, int right, Demosaic& d) {
  const float same = p.constants.activity_same_line, other = p.constants.activity_other_lines, floor2 = p.constants.activity_floor2;
  const int r = first_coloured(p, y);
  const float *h0 = d.row_change.row(y - 2), *h1 = d.row_change.row(y - 1) + r, *h2 = d.row_change.row(y);
  const float *h3 = d.row_change.row(y + 1) + r, *h4 = d.row_change.row(y + 2);
  const float *v0 = d.column_change.row(y), *v1 = d.column_change.row(y + 1) + r, *v2 = d.column_change.row(y + 2);
  const float *row = d.from_row.row(y), *column = d.from_column.row(y);
  float *share = d.row_share.row(y), *own = d.own.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) {
    const float in_row = same * (h2[i - 1] + h2[i]) + other * (((h0[i - 1] + h0[i]) + (h4[i - 1] + h4[i])) + (h1[i - 1] + h3[i - 1]));
    const float in_column =
        same * (v0[i] + v2[i]) + other * (((v0[i - 1] + v2[i - 1]) + (v0[i + 1] + v2[i + 1])) + (v1[i - 1] + v1[i]));
    const float rows = multiply_add(in_row, in_row, floor2), columns = multiply_add(in_column, in_column, floor2);
    share[i] = columns / (rows + columns);
    own[i] = multiply_add(share[i], row[i] - column[i], column[i]);
  }
}

// At green sites: the mean of the coloured ones beside.
INLINE void mean_beside_row(const Parameters& p, Rows& coloured, Rows& out, int y, int left, int right) {
  const float* in = coloured.row(y) - first_coloured(p, y);
  float* beside = out.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) beside[i] = (in[i] + in[i + 1]) * 0.5f;
}

// At green sites: the mean of the coloured ones above and below, and how much more it is than beside.
INLINE void mean_above_row(Rows& coloured, Rows& beside, Rows& out, Rows& turn, int y, int left, int right) {
  const float *up = coloured.row(y - 1), *down = coloured.row(y + 1), *level = beside.row(y);
  float *above = out.row(y), *more = turn.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) {
    above[i] = (up[i] + down[i]) * 0.5f;
    more[i] = above[i] - level[i];
  }
}

INLINE void refine_row(const Parameters& p, int y, int left, int right, Demosaic& d) {
  const int r = first_coloured(p, y);
  const float *own = d.own.row(y), *share = d.row_share.row(y), *beside = d.beside.row(y) + r, *turn = d.turn.row(y) + r;
  const float *up = d.above.row(y - 1), *down = d.above.row(y + 1), *turn_up = d.turn.row(y - 1), *turn_down = d.turn.row(y + 1);
  float *refined = d.refined.row(y), *kept = d.kept.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) {
    const float above = (up[i] + down[i]) * 0.5f, along = (beside[i - 1] + beside[i]) * 0.5f;
    refined[i] = (own[i] + 2.0f * multiply_add(share[i], along - above, above)) * (1.0f / 3.0f);
    const float turn_above = (turn_up[i] + turn_down[i]) * 0.5f, turn_along = (turn[i - 1] + turn[i]) * 0.5f;
    kept[i] = multiply_add(share[i], turn_along + turn_above, 0.0f - turn_above);
  }
}

// Both colours less green, and green, at every pixel.
INLINE void join_row(const Parameters& p, int y, int left, int right, Demosaic& d) {
  const int r = first_coloured(p, y);
  const float *coloured = d.coloured.row(y), *green = d.green.row(y), *share = d.row_share.row(y), *kept = d.kept.row(y);
  const float *own = d.refined.row(y), *turn_up = d.refined_turn.row(y - 1), *turn_down = d.refined_turn.row(y + 1);
  const float *turn = d.refined_turn.row(y) + r, *beside = d.refined_beside.row(y), *above = d.refined_above.row(y);
  float *in_row = (is_red_row(p, y) ? d.red : d.blue).row(y), *in_column = (is_red_row(p, y) ? d.blue : d.red).row(y);
  float* whole = d.whole_green.row(y);
  const auto join = [=](auto first) {
    constexpr int at = decltype(first)::value;  // a constant, so that the two kinds become whole vectors
#pragma GCC ivdep
    for (int i = left; i < right; ++i) {
      const float turn_above = (turn_up[i] + turn_down[i]) * 0.5f, turn_along = (turn[i - 1] + turn[i]) * 0.5f;
      const float lag = multiply_add(share[i], turn_along + turn_above, 0.0f - turn_above);
      in_row[2 * i + at] = own[i], in_row[2 * i + 1 - at] = beside[i];
      in_column[2 * i + at] = own[i] + (kept[i] + 2.0f * lag) * (1.0f / 3.0f), in_column[2 * i + 1 - at] = above[i];
      whole[2 * i + at] = coloured[i] - own[i], whole[2 * i + 1 - at] = green[i];
    }
  };
  if (r == 0)
    join(std::integral_constant<int, 0>());
  else
    join(std::integral_constant<int, 1>());
}

INLINE void sorted_columns_row(Rows& in, int y, int left, int right, Rows& lows, Rows& middles, Rows& highs) {
  const float *above = in.row(y - 1), *here = in.row(y), *below = in.row(y + 1);
  float *low = lows.row(y), *middle = middles.row(y), *high = highs.row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float lower = minimum(above[x], here[x]), upper = maximum(above[x], here[x]);
    low[x] = minimum(lower, below[x]), high[x] = maximum(upper, below[x]);
    middle[x] = maximum(lower, minimum(upper, below[x]));
  }
}

INLINE float middle_of(float first, float second, float third) {
  return maximum(minimum(first, second), minimum(maximum(first, second), third));
}

INLINE float median(const float* low, const float* middle, const float* high, int x) {
  const float most = maximum(maximum(low[x - 1], low[x]), low[x + 1]);
  const float least = minimum(minimum(high[x - 1], high[x]), high[x + 1]);
  return middle_of(most, middle_of(middle[x - 1], middle[x], middle[x + 1]), least);
}

// The medians of 3x3 colour differences; samples stay. Linear light again.
INLINE RgbRow suppress_false_colour_row(const Parameters& p, int y, int left, int right, Demosaic& d) {
  const Constants k = p.constants;
  const int r = first_coloured(p, y), is_red = is_red_row(p, y);
  Rows *own = is_red ? &d.red : &d.blue, *other = is_red ? &d.blue : &d.red;
  sorted_columns_row(*own, y, left - 1, right + 1, d.low[0], d.middle[0], d.high[0]);
  sorted_columns_row(*other, y, left - 1, right + 1, d.low[1], d.middle[1], d.high[1]);
  const float *low0 = d.low[0].row(y), *middle0 = d.middle[0].row(y), *high0 = d.high[0].row(y);
  const float *low1 = d.low[1].row(y), *middle1 = d.middle[1].row(y), *high1 = d.high[1].row(y);
  const float *difference = own->row(y), *green = d.whole_green.row(y);
  const RgbRow out{d.out[0].row(y), d.out[1].row(y), d.out[2].row(y)};
  float *own_out = is_red ? out.red : out.blue, *other_out = is_red ? out.blue : out.red, *green_out = out.green;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const bool coloured = (x & 1) == r;
    const float smooth = median(low0, middle0, high0, x), other_smooth = median(low1, middle1, high1, x);
    const float excess = select(coloured, difference[x] - smooth, 0.0f);
    const float shared = multiply_add(k.green_share, excess, green[x]);
    own_out[x] = linear_of_root(k, select(coloured, green[x] + difference[x], shared + smooth));
    green_out[x] = linear_of_root(k, shared);
    other_out[x] = linear_of_root(k, shared + other_smooth);
  }
  return out;
}

// Give each row of a window, from top to bottom, to `use(y, rgb)`; `gains` balance the four planes.
template <class Use>
static void demosaic(const Parameters& p, const float* gains, const float* mosaic, Window w, Demosaic& d, Use use) {
  const int left = w.left / 2, right = (w.right + 1) / 2, first = w.top - DEMOSAIC_REACH;
  d.cover(left, right);
  for (int y = first; y < w.bottom + DEMOSAIC_REACH; ++y) {  // no row of a stage before those that it looks at
    split_row(p, gains, mosaic, y, left - 7, right + 7, d);
    differences_along_row(p, y, left - 6, right + 6, d);
    if (y < first + 4) continue;
    differences_along_column(p, y - 2, left - 6, right + 6, d);
    if (y < first + 8) continue;
    decide_row(p, y - 4, left - 5, right + 5, d);
    mean_beside_row(p, d.own, d.beside, y - 4, left - 4, right + 4);
    if (y < first + 10) continue;
    mean_above_row(d.own, d.beside, d.above, d.turn, y - 5, left - 4, right + 4);
    if (y < first + 12) continue;
    refine_row(p, y - 6, left - 3, right + 3, d);
    mean_beside_row(p, d.refined, d.refined_beside, y - 6, left - 2, right + 2);
    if (y < first + 14) continue;
    mean_above_row(d.refined, d.refined_beside, d.refined_above, d.refined_turn, y - 7, left - 2, right + 2);
    if (y < first + 16) continue;
    join_row(p, y - 8, left - 1, right + 1, d);
    if (y >= first + 18) use(y - 9, suppress_false_colour_row(p, y - 9, w.left, w.right, d));
  }
}

// ---------------------------------------------------------------- sharpen and output

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

// ---------------------------------------------------------------- pass 2: the fold of one tile

struct Fold {
  Demosaic demosaic;
  Rows linear[3], root;
  Plane base[2], line;
};

struct Picture {
  const float *mosaic, *coefficients;  // prepared and denoised; the base's slope and offset
  void* out;
};

template <bool camera_look, bool tonal>
static void point_chain_row(const Parameters& p, RgbRow in, const float* slope, const float* offset, int left, int right, RgbRow out) {
  const PointParameters<float> point = p.point;
  const Constants k = p.constants;
  const float *red_in = in.red, *green_in = in.green, *blue_in = in.blue;
  float *red = out.red, *green = out.green, *blue = out.blue;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const Rgb<float> balanced{red_in[x], green_in[x], blue_in[x]};
    float distance;
    const Rgb<float> rgb =
        point_chain<camera_look, tonal>(point, k, balanced, tonal ? slope[x] : 1.0f, tonal ? offset[x] : 0.0f, distance);
    red[x] = rgb.red;
    green[x] = rgb.green;
    blue[x] = rgb.blue;
  }
}

INLINE void store(const Parameters& p, void* out, RgbRow display, int y, int left, int right) {
  const size_t place = (size_t)y * p.shown_width + left, pixels = (size_t)p.shown_height * p.shown_width;
  if (p.bits == 8) return store_row(display, left, right, (uint8_t*)out + 3 * place);
  if (p.bits == 16) return store_row(display, left, right, (uint16_t*)out + 3 * place);
  float* planes = (float*)out + place;
  for (const float* row : {display.red, display.green, display.blue}) std::copy(row + left, row + right, planes), planes += pixels;
}

// Luma's roots of one row; borders repeat the edge sample.
INLINE void root_row(const Parameters& p, RgbRow linear, Window lit, Window tile, float* root) {
  luma_root_row(p.constants, linear, lit.left, lit.right, root);
  for (int x = tile.left - SHARPEN_REACH; x < lit.left; ++x) root[x] = root[lit.left];
  for (int x = lit.right; x < tile.right + SHARPEN_REACH; ++x) root[x] = root[lit.right - 1];
}

static void fold_tile(const Parameters& p, const Picture& picture, Window tile, Fold& t) {
  const bool sharpening = p.sharpen != 0.0f;
  const Window lit = sharpening ? inside(grown(tile, SHARPEN_REACH), p.height, p.width) : tile;
  for (Rows* each : {&t.linear[0], &t.linear[1], &t.linear[2]}) each->cover(lit.left, lit.right);
  t.root.cover(tile.left - SHARPEN_REACH, tile.right + SHARPEN_REACH);
  for (Plane& each : t.base) each.cover({0, 1, lit.left, lit.right});
  t.line.cover({0, 2, 0, std::max(lit.width() + 2 * SHARPEN_REACH, p.cell_columns + 1)});
  const auto chain = p.camera_look ? (p.tonal ? point_chain_row<true, true> : point_chain_row<true, false>)
                                   : (p.tonal ? point_chain_row<false, true> : point_chain_row<false, false>);
  const auto linear_at = [&](int y) { return RgbRow{t.linear[0].row(y), t.linear[1].row(y), t.linear[2].row(y)}; };
  int done = tile.top;  // rows of the picture before this one are written
  demosaic(p, p.gains, picture.mosaic, lit, t.demosaic, [&](int y, RgbRow balanced) {
    for (int which = 0; p.tonal && which < 2; ++which)
      interpolated_row(base_grid(p, picture.coefficients, which), y, lit.left, lit.right, t.line.row(0), t.base[which].row(0));
    chain(p, balanced, t.base[0].row(0), t.base[1].row(0), lit.left, lit.right, linear_at(y));
    if (sharpening) root_row(p, linear_at(y), lit, tile, t.root.row(y));
    const int ready = !sharpening ? y + 1 : y == lit.bottom - 1 ? tile.bottom : y + 1 - SHARPEN_REACH;
    for (; done < std::min(ready, tile.bottom); ++done) {
      const RgbRow linear = linear_at(done);
      const auto root_at = [&](int row) { return t.root.row(held(row, p.height)); };
      if (sharpening) sharpen_luma_row(p, root_at, done, tile.left, tile.right, t.line.row(0), t.line.row(1) - tile.left, linear);
      for (float* row : {linear.red, linear.green, linear.blue}) encode_row(p.constants, tile.left, tile.right, row);
      store(p, picture.out, linear, done, tile.left, tile.right);
    }
  });
}

}  // namespace isp

// ---------------------------------------------------------------- what Python calls; 0 is success, 1 too little memory

// They work at some rows of the picture. `mosaic` and the like hold some rows too, from the one called `..._top` on.
// `shading`: the lens's gains on knots, or null.
extern "C" int isp_prepare(const Parameters* p, const float* shading, const uint16_t* raw, int first_cell_row, int last_cell_row,
                           float* mosaic, int mosaic_top, float* cell_means) {
  float* const at_row_0 = mosaic - (std::ptrdiff_t)mosaic_top * p->width;
  return !isp::in_parallel<isp::Strip>(last_cell_row - first_cell_row, p->threads, [=](int index, isp::Strip& scratch) {
    isp::prepare_strip(*p, shading, raw, at_row_0, cell_means, first_cell_row + index, scratch);
  });
}

namespace isp {

// Do `work(window, scratch)` for each tile of the rows `first` to `last` of a picture.
template <class Scratch, class Work>
static bool for_each_tile(int first, int last, int width, int tile_height, int tile_width, int threads, Work work) {
  const int across = (width + tile_width - 1) / tile_width, down = (last - first + tile_height - 1) / tile_height;
  return in_parallel<Scratch>(across * down, threads, [=](int index, Scratch& scratch) {
    const int top = first + index / across * tile_height, left = index % across * tile_width;
    work(inside({top, top + tile_height, left, left + tile_width}, last, width), scratch);
  });
}

}  // namespace isp

// From even row to even row.
extern "C" int isp_denoise(const Parameters* p, const float* shading, int first_row, int last_row, const float* mosaic, int mosaic_top,
                           float* out, int out_top) {
  const int tile_height = std::max(p->tile_height / 2, 1), tile_width = std::max(p->tile_width / 2, 1);
  const float* const in_row_0 = mosaic - (std::ptrdiff_t)mosaic_top * p->width;
  float* const out_row_0 = out - (std::ptrdiff_t)out_top * p->width;
  return !isp::for_each_tile<isp::DenoiseTile>(
      first_row / 2, last_row / 2, p->width / 2, tile_height, tile_width, p->threads,
      [=](isp::Window tile, isp::DenoiseTile& scratch) { isp::denoise_tile(*p, shading, in_row_0, out_row_0, tile, scratch); });
}

extern "C" int isp_fold(const Parameters* p, int first_row, int last_row, const float* mosaic, int mosaic_top, const float* coefficients,
                        void* out) {
  const isp::Picture picture{mosaic - (std::ptrdiff_t)mosaic_top * p->width, coefficients, out};
  return !isp::for_each_tile<isp::Fold>(first_row, last_row, p->shown_width, p->tile_height, p->tile_width, p->threads,
                                        [=](isp::Window tile, isp::Fold& scratch) { isp::fold_tile(*p, picture, tile, scratch); });
}

// Linear RGB (3, height, width) of a prepared mosaic, demosaiced under the as-shot balance, which is taken out again.
extern "C" int isp_demosaic(const Parameters* p, const float* mosaic, float* out) {
  const size_t pixels = (size_t)p->shown_height * p->shown_width;
  return !isp::for_each_tile<isp::Demosaic>(
      0, p->shown_height, p->shown_width, p->tile_height, p->tile_width, p->threads, [=](isp::Window tile, isp::Demosaic& scratch) {
        isp::demosaic(*p, p->wb_as_shot, mosaic, tile, scratch, [=](int y, isp::RgbRow rgb) {
          float *to = out + (size_t)y * p->shown_width, per_gain[3];
          for (int plane : {isp::RED, isp::FIRST_GREEN, isp::BLUE}) per_gain[(plane + 1) / 2] = 1.0f / p->wb_as_shot[plane];
          for (int x = tile.left; x < tile.right; ++x) {
            to[x] = rgb.red[x] * per_gain[0];
            to[pixels + x] = rgb.green[x] * per_gain[1];
            to[2 * pixels + x] = rgb.blue[x] * per_gain[2];
          }
        });
      });
}

// ---------------------------------------------------------------- single stages over whole pictures, for the tests against torch

namespace {

using isp::Rgb;

template <class Stage> void each_value(int count, const float* in, float* out, Stage stage) {
  for (int i = 0; i < count; ++i) out[i] = stage(in[i]);
}

Rgb<float> as_rgb(isp::Oklab<float> lab) { return {lab.lightness, lab.a, lab.b}; }
isp::Oklab<float> as_lab(Rgb<float> planes) { return {planes.red, planes.green, planes.blue}; }

// Three planes to three planes.
template <class Stage> void each_pixel(int count, const float* in, float* out, Stage stage) {
  for (int i = 0; i < count; ++i) {
    const Rgb<float> rgb = stage(Rgb<float>{in[i], in[count + i], in[2 * count + i]});
    out[i] = rgb.red, out[count + i] = rgb.green, out[2 * count + i] = rgb.blue;
  }
}

}  // namespace

extern "C" void stage_correct_defects(const Parameters* p, const float* planes, float* out) {
  const int height = p->height / 2, width = p->width / 2;
  isp::Plane wide[4], low, high;
  low.cover({0, 4, 0, width}), high.cover({0, 4, 0, width});
  for (int plane = 0; plane < 4; ++plane) {
    wide[plane].cover({-1, height + 1, -1, width + 1});
    for (int y = -1; y <= height; ++y)
      for (int x = -1; x <= width; ++x)
        wide[plane].row(y)[x] = planes[((size_t)plane * height + isp::mirrored(y, height)) * width + isp::mirrored(x, width)];
  }
  for (int y = 0; y < height; ++y) {
    isp::PlaneRows here, lows, highs, to;
    for (int plane = 0; plane < 4; ++plane) {
      here.of[plane] = wide[plane].row(y), lows.of[plane] = low.row(plane), highs.of[plane] = high.row(plane);
      to.of[plane] = out + ((size_t)plane * height + y) * width;
      isp::neighbour_range_row(wide[plane].row(y - 1), here.of[plane], wide[plane].row(y + 1), width, low.row(plane), high.row(plane));
    }
    isp::correct_defects_row(*p, here, lows, highs, width, to);
  }
}

// With the planes' gains, and those applied, where `lens` is not null.
extern "C" void stage_restore_highlights(const Parameters* p, const float* lens, float* planes) {
  const int pixels = p->height / 2 * (p->width / 2);
  const isp::PlaneRows rows{{planes, planes + pixels, planes + 2 * pixels, planes + 3 * pixels}};
  if (lens == nullptr) return isp::restore_highlights_row<false>(*p, rows, rows, pixels);
  float* gains = const_cast<float*>(lens);
  isp::restore_highlights_row<true>(*p, rows, {{gains, gains + pixels, gains + 2 * pixels, gains + 3 * pixels}}, pixels);
  for (int x = 0; x < 4 * pixels; ++x) planes[x] *= gains[x];
}

extern "C" void stage_plane_gains(const Parameters* p, const float* shading, float* out) {
  std::vector<float> knots(p->shading_columns + 1);
  for (int plane = 0; plane < 4; ++plane)
    for (int y = 0; y < p->height / 2; ++y, out += p->width / 2)
      isp::interpolated_row(isp::shading_grid(*p, shading, plane), y, 0, p->width / 2, knots.data(), out);
}

extern "C" void stage_sharpen_luma(const Parameters* p, float* rgb) {
  const isp::Window whole{0, p->height, 0, p->width};
  const size_t pixels = (size_t)p->height * p->width;
  isp::Plane root, line;
  root.cover(isp::grown(whole, isp::SHARPEN_REACH)), line.cover({0, 2, 0, p->width + 2 * isp::SHARPEN_REACH});
  const auto at = [=](int y) { return isp::RgbRow{rgb + y * p->width, rgb + pixels + y * p->width, rgb + 2 * pixels + y * p->width}; };
  for (int y = 0; y < p->height; ++y) isp::root_row(*p, at(y), whole, whole, root.row(y));
  const auto root_at = [&](int y) { return root.row(isp::held(y, p->height)); };
  for (int y = 0; y < p->height; ++y) isp::sharpen_luma_row(*p, root_at, y, 0, p->width, line.row(0), line.row(1), at(y));
}

// The fourth plane is the luminance.
extern "C" void stage_to_working_space(const Parameters* p, int count, const float* rgb, float* out) {
  float* luminance = out + 3 * (size_t)count;
  each_pixel(count, rgb, out, [&](Rgb<float> c) { return isp::to_working_space(p->point, c, *luminance++); });
}

extern "C" void stage_to_stops(const Parameters* p, int count, const float* luminance, float* out) {
  each_value(count, luminance, out, [=](float y) { return isp::to_stops(p->constants, y); });
}

extern "C" void stage_tone_curve(const Parameters* p, int count, const float* stops, float* out) {
  each_value(count, stops, out, [=](float t) { return isp::tone_curve(p->point, p->constants, t); });
}

extern "C" void stage_base_stops(const Parameters* p, const float* coefficients, float* stops) {
  isp::Plane line;
  line.cover({0, 3, 0, std::max(p->width, p->cell_columns + 1)});
  for (int y = 0; y < p->height; ++y) {
    float *row = stops + (size_t)y * p->width, *slope = line.row(1), *offset = line.row(2);
    isp::interpolated_row(isp::base_grid(*p, coefficients, 0), y, 0, p->width, line.row(0), slope);
    isp::interpolated_row(isp::base_grid(*p, coefficients, 1), y, 0, p->width, line.row(0), offset);
    for (int x = 0; x < p->width; ++x) row[x] = isp::base_stops(row[x], slope[x], offset[x]);
  }
}

extern "C" void stage_added_detail(const Parameters* p, int count, const float* detail, float* out) {
  each_value(count, detail, out, [=](float d) { return isp::added_detail(p->point, p->constants, d); });
}

extern "C" void stage_apply_stops(const Parameters*, int count, float before, float after, const float* rgb, float* out) {
  each_pixel(count, rgb, out, [=](Rgb<float> c) { return isp::apply_stops(c, before, after); });
}

extern "C" void stage_tone_map(const Parameters* p, int count, const float* rgb, float* out) {
  each_pixel(count, rgb, out, [=](Rgb<float> c) { return as_rgb(isp::tone_map(p->point, p->constants, c)); });
}

extern "C" void stage_adjust_chroma(const Parameters* p, int count, const float* lab, float* out) {
  each_pixel(count, lab, out, [=](Rgb<float> c) { return as_rgb(isp::adjust_chroma(p->point, p->constants, as_lab(c))); });
}

extern "C" void stage_compress_gamut(const Parameters* p, int count, const float* lab, float* out) {
  float distance;
  each_pixel(count, lab, out, [=, &distance](Rgb<float> c) { return isp::compress_gamut(p->constants, as_lab(c), distance); });
}

extern "C" void stage_linear_look(const Parameters* p, int count, const float* rgb, float* out) {
  float distance;
  each_pixel(count, rgb, out, [=, &distance](Rgb<float> c) { return isp::linear_look(p->point, p->constants, c, distance); });
}

extern "C" void stage_cube_root(const Parameters*, int count, const float* x, float* out) {
  each_value(count, x, out, [](float each) { return isp::cube_root(each); });
}

extern "C" void stage_srgb_from_linear(const Parameters* p, int count, const float* linear, float* out) {
  each_value(count, linear, out, [=](float x) { return isp::srgb_from_linear(p->constants, x); });
}
