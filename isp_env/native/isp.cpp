// The ISP at full size on the CPU: the mathematics of `stages/`, fused. Torch stays the definition; this is held to it by test.
//
// One inline function per stage, with the stage's name. Two passes: `isp_prepare` makes a raw's samples into the mosaic
// that no parameter reaches, `isp_fold` makes that into a picture, tile by tile, so that everything between stays in cache.
//
// `build.py` writes `PointParameters`, `Constants` and `Parameters` before this text, from the ctypes structures of
// `parameters.py`: all constants come from the torch modules, and none is written here again.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>
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

// ---------------------------------------------------------------- pass 1: normalise, defects, highlights
// Rows of the four half-size planes. `stages/mosaic.py` says what the planes are.

enum Colour { RED, FIRST_GREEN, SECOND_GREEN, BLUE };

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
INLINE Rgb<float> restore_highlights(const float* wb, Rgb<float> camera, Rgb<float> clipped) {
  const Rgb<float> balanced{camera.red * wb[RED], camera.green * wb[FIRST_GREEN], camera.blue * wb[BLUE]};
  const Rgb<float> restored{risen(balanced.red, clipped.red, balanced.green, balanced.blue),
                            risen(balanced.green, clipped.green, balanced.red, balanced.blue),
                            risen(balanced.blue, clipped.blue, balanced.red, balanced.green)};
  const float all = clipped.red * clipped.green * clipped.blue;
  const Rgb<float> neutral = spread(highest(restored), 1.0f - all, restored);
  return {camera.red + (neutral.red - balanced.red) / wb[RED],
          camera.green + (neutral.green - balanced.green) / wb[FIRST_GREEN],
          camera.blue + (neutral.blue - balanced.blue) / wb[BLUE]};
}

INLINE void restore_highlights_row(const Parameters& p, PlaneRows planes, int width) {
  const float wb[4] = {p.wb_as_shot[0], p.wb_as_shot[1], p.wb_as_shot[2], p.wb_as_shot[3]};
  const float start = p.constants.clip_start, per_span = p.constants.per_clip_span;
  float *red = planes.of[RED], *first = planes.of[FIRST_GREEN], *second = planes.of[SECOND_GREEN], *blue = planes.of[BLUE];
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const float red_clipped = clamp((red[x] - start) * per_span, 0.0f, 1.0f);
    const float blue_clipped = clamp((blue[x] - start) * per_span, 0.0f, 1.0f);
    const float first_clipped = clamp((first[x] - start) * per_span, 0.0f, 1.0f);
    const float second_clipped = clamp((second[x] - start) * per_span, 0.0f, 1.0f);
    const Rgb<float> with_first =
        restore_highlights(wb, {red[x], first[x], blue[x]}, {red_clipped, first_clipped, blue_clipped});
    const Rgb<float> with_second =
        restore_highlights(wb, {red[x], second[x], blue[x]}, {red_clipped, second_clipped, blue_clipped});
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
  Plane planes[4], low, high, fixed, sums;
};

// One row of cells: their part of the mosaic, and the mean of each plane in each cell.
static void prepare_strip(const Parameters& p, const uint16_t* raw, float* mosaic, float* cell_means, int cell_row, Strip& s) {
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
  for (Plane* each : {&s.low, &s.high, &s.fixed, &s.sums}) each->cover({0, 4, 0, half_width});
  std::fill_n(s.sums.row(0), 4 * half_width, 0.0f);
  const PlaneRows low{{s.low.row(0), s.low.row(1), s.low.row(2), s.low.row(3)}};
  const PlaneRows high{{s.high.row(0), s.high.row(1), s.high.row(2), s.high.row(3)}};
  const PlaneRows fixed{{s.fixed.row(0), s.fixed.row(1), s.fixed.row(2), s.fixed.row(3)}};
  for (int y = top; y < bottom; ++y) {
    const PlaneRows here{{s.planes[0].row(y), s.planes[1].row(y), s.planes[2].row(y), s.planes[3].row(y)}};
    for (int plane = 0; plane < 4; ++plane)
      neighbour_range_row(s.planes[plane].row(y - 1), here.of[plane], s.planes[plane].row(y + 1), half_width, low.of[plane],
                          high.of[plane]);
    correct_defects_row(p, here, low, high, half_width, fixed);
    restore_highlights_row(p, fixed, half_width);
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

// ---------------------------------------------------------------- denoise: on balanced planes of one tile

constexpr int DENOISE_REACH = sizeof(Parameters::denoise_kernel) / sizeof(float) - 1;  // samples of a half-size plane
constexpr int SHARPEN_REACH = sizeof(Parameters::sharpen_kernel) / sizeof(float) - 1;
constexpr int DEMOSAIC_REACH = 2;

// One row of a separable symmetric filter over the rows y - reach to y + reach of `in`, for columns left to right.
template <int reach> INLINE void blur_row(const float* half_kernel, Plane& in, int y, int left, int right, float* line, float* out) {
  float weights[reach + 1];
  std::copy_n(half_kernel, reach + 1, weights);
  const float *middle = in.row(y), *above[reach], *below[reach];
  for (int tap = 0; tap < reach; ++tap) above[tap] = in.row(y - tap - 1), below[tap] = in.row(y + tap + 1);
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

INLINE float noise_share(float energy, float threshold) {
  return threshold / maximum(energy + threshold, std::numeric_limits<float>::min());
}

// `blurred` becomes what is left of `balanced`: detail that the noise profile explains is shrunk, luma and chroma apart.
INLINE void denoise_row(const Parameters& p, PlaneRows balanced, PlaneRows blurred, int left, int right) {
  const float shot = p.denoise_shot, read = p.denoise_read;
  const float luma_threshold = p.denoise_luma_threshold, chroma_threshold = p.denoise_chroma_threshold;
  const float *in0 = balanced.of[0], *in1 = balanced.of[1], *in2 = balanced.of[2], *in3 = balanced.of[3];
  float *out0 = blurred.of[0], *out1 = blurred.of[1], *out2 = blurred.of[2], *out3 = blurred.of[3];
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float detail0 = in0[x] - out0[x], detail1 = in1[x] - out1[x], detail2 = in2[x] - out2[x], detail3 = in3[x] - out3[x];
    const float luma = (detail0 + detail1 + detail2 + detail3) * 0.25f, step = (detail1 - detail2) * 0.5f;
    const float chroma0 = detail0 - luma, chroma1 = detail1 - luma - step, chroma2 = detail2 - luma + step;
    const float chroma3 = detail3 - luma;
    const float level = maximum((in0[x] + in1[x] + in2[x] + in3[x]) * 0.25f, 0.0f), variance = shot * level + read;
    const float chroma_energy = chroma0 * chroma0 + chroma1 * chroma1 + chroma2 * chroma2 + chroma3 * chroma3;
    const float luma_removed = luma * noise_share(luma * luma, luma_threshold * variance * 0.25f);
    const float step_removed = step * noise_share(step * step, luma_threshold * variance * 0.5f);
    const float chroma_share = noise_share(chroma_energy, chroma_threshold * variance * 2.0f);
    out0[x] = in0[x] - luma_removed - chroma0 * chroma_share;
    out1[x] = in1[x] - luma_removed - step_removed - chroma1 * chroma_share;
    out2[x] = in2[x] - luma_removed + step_removed - chroma2 * chroma_share;
    out3[x] = in3[x] - luma_removed - chroma3 * chroma_share;
  }
}

// ---------------------------------------------------------------- demosaic: one row of RGB from five rows of the mosaic

struct RgbRow {
  float *red, *green, *blue;
};

INLINE float weighted(const float* w, float centre, float first, float second, float third, float fourth) {
  const float near = multiply_add(w[2], second, multiply_add(w[1], first, w[0] * centre));
  return multiply_add(w[4], fourth, multiply_add(w[3], third, near));
}

INLINE void demosaic_row(const Parameters& p, Plane& mosaic, int y, int left, int right, RgbRow out) {
  const bool red_row = (y & 1) == p.site_of_plane[RED] / 2;
  const int own_column = red_row ? p.site_of_plane[RED] % 2 : p.site_of_plane[BLUE] % 2;
  const float *m0 = mosaic.row(y - 2), *m1 = mosaic.row(y - 1), *m2 = mosaic.row(y), *m3 = mosaic.row(y + 1), *m4 = mosaic.row(y + 2);
  float *own = red_row ? out.red : out.blue, *other = red_row ? out.blue : out.red, *green = out.green;
  float g[6], r[6], d[6];  // centre, beside, above and below, two beside, two above and below, diagonal
  std::copy_n(p.malvar_green, 6, g), std::copy_n(p.malvar_in_row, 6, r), std::copy_n(p.malvar_diagonal, 6, d);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float centre = m2[x], beside = m2[x - 1] + m2[x + 1], upright = m1[x] + m3[x];
    const float far_beside = m2[x - 2] + m2[x + 2], far_upright = m0[x] + m4[x];
    const float diagonal = m1[x - 1] + m1[x + 1] + m3[x - 1] + m3[x + 1];
    const float as_green = weighted(g, centre, beside, upright, far_beside, far_upright);
    const float in_row = multiply_add(r[5], diagonal, weighted(r, centre, beside, 0.0f, far_beside, far_upright));
    const float in_column = multiply_add(r[5], diagonal, weighted(r, centre, upright, 0.0f, far_upright, far_beside));
    const float across = multiply_add(d[5], diagonal, weighted(d, centre, 0.0f, 0.0f, far_beside, far_upright));
    const bool at_own = (x & 1) == own_column;
    green[x] = select(at_own, as_green, centre);
    own[x] = select(at_own, centre, in_row);
    other[x] = select(at_own, across, in_column);
  }
}

// ---------------------------------------------------------------- clarity's base at the pixels of one row

// Linear between the centres of the cells: first down to one row of cells, then across.
INLINE void interpolation_row(const Parameters& p, const float* coefficients, int y, int left, int right, float* cells,
                              float* __restrict out) {
  const float per_cell = 1.0f / p.cell_px;
  const float down = clamp((y + 0.5f) * per_cell - 0.5f, 0.0f, p.cell_rows - 1.0f);
  const int upper = std::min((int)down, p.cell_rows - 2), columns = p.cell_columns;
  const float *above = coefficients + (size_t)upper * columns, *below = above + columns, share = down - upper;
  for (int j = 0; j < columns; ++j) cells[j] = above[j] + share * (below[j] - above[j]);
  const float last = columns - 1.0f;
  const int last_pair = columns - 2;
  const float* row = cells;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float across = clamp((x + 0.5f) * per_cell - 0.5f, 0.0f, last);
    const int j = std::min((int)across, last_pair);
    out[x] = row[j] + (across - j) * (row[j + 1] - row[j]);
  }
}

// ---------------------------------------------------------------- sharpen and output

INLINE void luma_root_row(const Constants& k, RgbRow linear, int left, int right, float* __restrict root) {
  const float weights[3] = {k.luminance[0], k.luminance[1], k.luminance[2]}, smallest = k.sharpen_smallest_luma;
  for (int x = left; x < right; ++x)
    root[x] = square_root(maximum(dot(weights, Rgb<float>{linear.red[x], linear.green[x], linear.blue[x]}), smallest));
}

// Adds the change of luma to all three channels, in place.
INLINE void sharpen_luma_row(const Parameters& p, Plane& root, int y, int left, int right, float* line, float* blurred, RgbRow linear) {
  blur_row<SHARPEN_REACH>(p.sharpen_kernel, root, y, left, right, line, blurred);
  const float *roots = root.row(y), amount = p.sharpen;
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

struct Tile {
  Plane balanced[4], denoised[4], mosaic, rgb[3], linear[3], root, base[2], line;
};

struct Picture {
  const float *mosaic, *coefficients;  // prepared; clarity's base, slope and offset
  void* out;
};

INLINE RgbRow rgb_row(Plane* planes, int y) { return {planes[0].row(y), planes[1].row(y), planes[2].row(y)}; }

// The prepared mosaic times a gain per colour.
INLINE void balance(const Parameters& p, const float* prepared, Window w, Plane& out) {
  for (int y = w.top; y < w.bottom; ++y) {
    const int* plane = p.site_of_plane + 2 * (y & 1);
    const float even = p.gains[plane[0]], odd = p.gains[plane[1]];
    const float* in = prepared + (size_t)y * p.width;
    float* __restrict row = out.row(y);
    for (int x = w.left; x < w.right; ++x) row[x] = in[x] * select(x & 1, odd, even);
  }
}

// The same with noise taken away before: as-shot balance, then the change to the chosen one.
static void denoise(const Parameters& p, const float* prepared, Window mosaic_window, Tile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window w = halved(mosaic_window), wide = grown(w, DENOISE_REACH), known = inside(wide, half_height, half_width);
  t.line.cover({0, 1, 0, wide.width()});
  for (int plane = 0; plane < 4; ++plane) {
    Plane &in = t.balanced[plane], &out = t.denoised[plane];
    in.cover(wide), out.cover(w);
    const int site = p.site_of_plane[plane];
    const float gain = p.wb_as_shot[plane];
    for (int y = wide.top; y < wide.bottom; ++y) {  // borders repeat the edge sample
      const float* samples = prepared + (size_t)(2 * held(y, half_height) + site / 2) * p.width + site % 2;
      float* row = in.row(y);
      for (int x = known.left; x < known.right; ++x) row[x] = samples[2 * x] * gain;
      std::fill(row + wide.left, row + known.left, row[known.left]);
      std::fill(row + known.right, row + wide.right, row[known.right - 1]);
    }
    for (int y = w.top; y < w.bottom; ++y)
      blur_row<DENOISE_REACH>(p.denoise_kernel, in, y, w.left, w.right, t.line.row(0), out.row(y));
  }
  for (int y = w.top; y < w.bottom; ++y) {
    PlaneRows in, out;
    for (int plane = 0; plane < 4; ++plane) in.of[plane] = t.balanced[plane].row(y), out.of[plane] = t.denoised[plane].row(y);
    denoise_row(p, in, out, w.left, w.right);
    for (int dy = 0; dy < 2; ++dy) {
      const int *plane = p.site_of_plane + 2 * dy, full_y = 2 * y + dy;
      if (full_y < mosaic_window.top || full_y >= mosaic_window.bottom) continue;
      const float even_gain = p.gains[plane[0]] / p.wb_as_shot[plane[0]], odd_gain = p.gains[plane[1]] / p.wb_as_shot[plane[1]];
      const float *even = out.of[plane[0]], *odd = out.of[plane[1]];
      float* row = t.mosaic.row(full_y);
#pragma GCC ivdep
      for (int x = w.left; x < w.right; ++x) row[2 * x] = even[x] * even_gain, row[2 * x + 1] = odd[x] * odd_gain;
    }
  }
}

// What lies beyond the picture is its mirror, so that colours stay in their places.
INLINE void mirror_border(Plane& mosaic, int height, int width) {
  const Window w = mosaic.window, known = inside(w, height, width);
  for (int y = known.top; y < known.bottom; ++y) {
    float* row = mosaic.row(y);
    for (int x = w.left; x < 0; ++x) row[x] = row[-x];
    for (int x = width; x < w.right; ++x) row[x] = row[mirrored(x, width)];
  }
  for (int y = w.top; y < w.bottom; ++y)
    if (y < 0 || y >= height) std::copy_n(mosaic.row(mirrored(y, height)) + w.left, w.width(), mosaic.row(y) + w.left);
}

// Borders repeat the edge sample.
INLINE void extend_border(Plane& plane, Window known) {
  const Window w = plane.window;
  for (int y = known.top; y < known.bottom; ++y) {
    float* row = plane.row(y);
    std::fill(row + w.left, row + known.left, row[known.left]);
    std::fill(row + known.right, row + w.right, row[known.right - 1]);
  }
  for (int y = w.top; y < w.bottom; ++y)
    if (y < known.top || y >= known.bottom)
      std::copy_n(plane.row(y < known.top ? known.top : known.bottom - 1) + w.left, w.width(), plane.row(y) + w.left);
}

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

static void fold_tile(const Parameters& p, const Picture& picture, Window tile, Tile& t) {
  const bool sharpening = p.sharpen != 0.0f, tonal = p.tonal;
  const Window lit = sharpening ? inside(grown(tile, SHARPEN_REACH), p.height, p.width) : tile;
  t.mosaic.cover(grown(lit, DEMOSAIC_REACH + 1));  // one more, so that whole 2x2 blocks fit
  const Window known = inside(grown(lit, DEMOSAIC_REACH), p.height, p.width);
  if (p.denoise_luma_threshold > 0.0f || p.denoise_chroma_threshold > 0.0f)
    denoise(p, picture.mosaic, known, t);
  else
    balance(p, picture.mosaic, known, t.mosaic);
  mirror_border(t.mosaic, p.height, p.width);
  for (Plane* planes : {t.rgb, t.linear})
    for (int channel = 0; channel < 3; ++channel) planes[channel].cover(planes == t.rgb ? Window{0, 1, lit.left, lit.right} : lit);
  for (Plane& each : t.base) each.cover({0, 1, lit.left, lit.right});
  t.root.cover(grown(tile, SHARPEN_REACH));
  t.line.cover({0, 1, 0, std::max(lit.width() + 2 * SHARPEN_REACH, p.cell_columns)});
  const auto chain = p.camera_look ? (tonal ? point_chain_row<true, true> : point_chain_row<true, false>)
                                   : (tonal ? point_chain_row<false, true> : point_chain_row<false, false>);
  for (int y = lit.top; y < lit.bottom; ++y) {
    const RgbRow balanced = rgb_row(t.rgb, 0), linear = rgb_row(t.linear, y);
    demosaic_row(p, t.mosaic, y, lit.left, lit.right, balanced);
    for (int which = 0; tonal && which < 2; ++which)
      interpolation_row(p, picture.coefficients + (size_t)which * p.cell_rows * p.cell_columns, y, lit.left, lit.right,
                        t.line.row(0), t.base[which].row(0));
    chain(p, balanced, t.base[0].row(0), t.base[1].row(0), lit.left, lit.right, linear);
    if (sharpening) luma_root_row(p.constants, linear, lit.left, lit.right, t.root.row(y));
  }
  if (sharpening) extend_border(t.root, lit);
  for (int y = tile.top; y < tile.bottom; ++y) {
    const RgbRow linear = rgb_row(t.linear, y);
    if (sharpening) sharpen_luma_row(p, t.root, y, tile.left, tile.right, t.line.row(0), t.rgb[0].row(0), linear);
    for (float* row : {linear.red, linear.green, linear.blue}) encode_row(p.constants, tile.left, tile.right, row);
    store(p, picture.out, linear, y, tile.left, tile.right);
  }
}

}  // namespace isp

// ---------------------------------------------------------------- what Python calls; 0 is success, 1 too little memory

extern "C" int isp_prepare(const Parameters* p, const uint16_t* raw, float* mosaic, float* cell_means) {
  return !isp::in_parallel<isp::Strip>(p->cell_rows, p->threads, [=](int cell_row, isp::Strip& scratch) {
    isp::prepare_strip(*p, raw, mosaic, cell_means, cell_row, scratch);
  });
}

extern "C" int isp_fold(const Parameters* p, const float* mosaic, const float* coefficients, void* out) {
  const isp::Picture picture{mosaic, coefficients, out};
  const int across = (p->shown_width + p->tile_width - 1) / p->tile_width;
  const int down = (p->shown_height + p->tile_height - 1) / p->tile_height;
  return !isp::in_parallel<isp::Tile>(across * down, p->threads, [=](int index, isp::Tile& scratch) {
    const int top = index / across * p->tile_height, left = index % across * p->tile_width;
    const isp::Window tile{top, top + p->tile_height, left, left + p->tile_width};
    isp::fold_tile(*p, picture, isp::inside(tile, p->shown_height, p->shown_width), scratch);
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

extern "C" void stage_restore_highlights(const Parameters* p, float* planes) {
  const int pixels = p->height / 2 * (p->width / 2);
  isp::restore_highlights_row(*p, {{planes, planes + pixels, planes + 2 * pixels, planes + 3 * pixels}}, pixels);
}

// Also white-balanced, as the mosaic that is demosaiced.
extern "C" void stage_denoise(const Parameters* p, const float* mosaic, float* out) {
  isp::Tile tile;
  tile.mosaic.cover({0, p->height, 0, p->width});
  isp::denoise(*p, mosaic, tile.mosaic.window, tile);
  std::copy_n(tile.mosaic.row(0), p->height * p->width, out);
}

extern "C" void stage_demosaic(const Parameters* p, const float* mosaic, float* out) {
  isp::Plane wide;
  wide.cover({-isp::DEMOSAIC_REACH, p->height + isp::DEMOSAIC_REACH, -isp::DEMOSAIC_REACH, p->width + isp::DEMOSAIC_REACH});
  for (int y = 0; y < p->height; ++y) std::copy_n(mosaic + (size_t)y * p->width, p->width, wide.row(y));
  isp::mirror_border(wide, p->height, p->width);
  const size_t pixels = (size_t)p->height * p->width;
  for (int y = 0; y < p->height; ++y) {
    float* row = out + (size_t)y * p->width;
    isp::demosaic_row(*p, wide, y, 0, p->width, {row, row + pixels, row + 2 * pixels});
  }
}

extern "C" void stage_sharpen_luma(const Parameters* p, float* rgb) {
  const isp::Window whole{0, p->height, 0, p->width};
  const size_t pixels = (size_t)p->height * p->width;
  isp::Plane root, line;
  root.cover(isp::grown(whole, isp::SHARPEN_REACH)), line.cover({0, 2, 0, p->width + 2 * isp::SHARPEN_REACH});
  const auto at = [=](int y) { return isp::RgbRow{rgb + y * p->width, rgb + pixels + y * p->width, rgb + 2 * pixels + y * p->width}; };
  for (int y = 0; y < p->height; ++y) isp::luma_root_row(p->constants, at(y), 0, p->width, root.row(y));
  isp::extend_border(root, whole);
  for (int y = 0; y < p->height; ++y) isp::sharpen_luma_row(*p, root, y, 0, p->width, line.row(0), line.row(1), at(y));
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
  const size_t cells = (size_t)p->cell_rows * p->cell_columns;
  isp::Plane line;
  line.cover({0, 3, 0, std::max(p->width, p->cell_columns)});
  for (int y = 0; y < p->height; ++y) {
    float *row = stops + (size_t)y * p->width, *slope = line.row(1), *offset = line.row(2);
    isp::interpolation_row(*p, coefficients, y, 0, p->width, line.row(0), slope);
    isp::interpolation_row(*p, coefficients + cells, y, 0, p->width, line.row(0), offset);
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
