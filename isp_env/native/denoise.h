// Denoise: half-size planes of one tile, one opponent at a time. Of an opponent rows go by from top to bottom through all scales, and
// only those are kept that are still looked at: they stay in the second cache.

namespace isp {

struct OpponentRows {
  Lines low[SCALES], bands[SCALES][3], upper[SCALES][2];  // low: from the second on; upper: what a row adds to the one `spacing` below
  Lines sums, removed[3], means[2], rest, minus, plus;    // a row of each
  void cover(Window w, int scales);
};

struct DenoiseTile {
  Lines root[4], mixed[4], light, lens, per_level, factor, total[4], taken[4], square[4], line[2];
  OpponentRows opponent;
  LensGains gains;
};

INLINE int spacing_at(int scale) { return 1 << scale; }
INLINE int lead_at(int scale) { return 2 * spacing_at(scale) - 1; }  // how far synthesis looks back from a scale's bands
INLINE int reach_at(int scale) { return DENOISE_RADII[scale] * spacing_at(scale); }

void OpponentRows::cover(Window w, int scales) {
  const int margin = DENOISE_MARGINS[scales];
  const Window wide = grown(w, margin);
  for (int scale = 0; scale < scales; ++scale) {
    const int reach = scale == COARSEST ? 0 : reach_at(scale);  // of the coarsest, what no band holds is looked at, too
    low[scale].cover(wide, margin - spacing_at(scale) - reach + 2);
    for (Lines& each : bands[scale]) each.cover(wide, 2 * reach_at(scale) + 1);
    for (Lines& each : upper[scale]) each.cover(wide, spacing_at(scale) + 1);
  }
  for (Lines* each : {&sums, &removed[0], &removed[1], &removed[2], &means[0], &means[1], &rest, &minus, &plus}) each->cover(wide, 1);
}

// White-balanced samples at the sensor's levels: what the lens gave is not noise.
INLINE float balanced_sample(float sample, float lens, float gain) { return sample / lens * gain; }

// Roots of rows 2 y and 2 y + 1 of the mosaic, plane by plane, and the mean of the four samples as light.
static void roots_row(const Parameters& p, const float* mosaic, const float* lens, int y, int left, int right, Lines* roots, float* light) {
  const float offset = p.stabilising_offset, knee = STRAIGHT_BELOW * offset, knee_root = sqrtf(knee);
  for (int below = 0; below < 2; ++below) {
    const int even_plane = p.site_of_plane[2 * below], odd_plane = p.site_of_plane[2 * below + 1];  // a row of sites is its own inverse
    const float even_gain = p.wb_as_shot[even_plane], odd_gain = p.wb_as_shot[odd_plane], *in = mosaic + (size_t)(2 * y + below) * p.width;
    float *even_root = roots[even_plane].row(y), *odd_root = roots[odd_plane].row(y);
#pragma GCC ivdep
    for (int x = left; x < right; ++x) {
      const float even = balanced_sample(in[2 * x], lens[x], even_gain), odd = balanced_sample(in[2 * x + 1], lens[x], odd_gain);
      even_root[x] = stabilised(offset, knee, knee_root, even), odd_root[x] = stabilised(offset, knee, knee_root, odd);
      light[x] = (below ? light[x] : 0.0f) + 0.25f * (even + odd);
    }
  }
}

// One opponent of the roots.
static void mix_row(const Parameters& p, int opponent, Lines* roots, int y, int left, int right, float* __restrict out) {
  const float* weights = p.constants.opponents + 4 * opponent;
  const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
  const float *in0 = roots[0].row(y), *in1 = roots[1].row(y), *in2 = roots[2].row(y), *in3 = roots[3].row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) out[x] = multiply_add(w3, in3[x], multiply_add(w2, in2[x], multiply_add(w1, in1[x], w0 * in0[x])));
}

// Opponents of the samples' roots, and light, mirrored about the picture's edges.
static void stabilise(const Parameters& p, const float* shading, const float* mosaic, Window wide, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window known = inside(wide, half_height, half_width);
  for (Lines* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3]}) each->cover(known, 1);
  for (Lines* each : {&t.mixed[0], &t.mixed[1], &t.mixed[2], &t.mixed[3], &t.light}) each->cover(wide);
  t.lens.cover(known);
  if (shading != nullptr) t.gains.cover(p, shading, known.top, known.bottom, known.left, known.right);
  for (int y = known.top; y < known.bottom; ++y) {
    float *light = t.light.row(y), *lens = t.lens.row(y);
    if (shading == nullptr) std::fill(lens + known.left, lens + known.right, 1.0f);
    for (int plane = 0; shading != nullptr && plane < 4; ++plane) {  // their mean; `light` is not yet there
      t.gains.planes[plane].row(y, known.left, known.right, light);
      for (int x = known.left; x < known.right; ++x) lens[x] = (plane == 0 ? 0.0f : lens[x]) + 0.25f * light[x];
    }
    roots_row(p, mosaic, lens, y, known.left, known.right, t.root, light);
    for (int opponent = 0; opponent < 4; ++opponent) mix_row(p, opponent, t.root, y, known.left, known.right, t.mixed[opponent].row(y));
  }
  for (Lines* each : {&t.mixed[0], &t.mixed[1], &t.mixed[2], &t.mixed[3], &t.light}) mirror_edges(*each, half_height, half_width);
}

// The mean of pixels `spacing` apart.
static void mean_row(Lines& low, int spacing, int y, int left, int right, float* __restrict mean) {
  const float *upper = low.row(y), *lower = low.row(y + spacing);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) mean[x] = ((upper[x] + upper[x + spacing]) + (lower[x] + lower[x + spacing])) * 0.25f;
}

static void bands_row(Lines& low, int spacing, int y, int left, int right, Lines* bands) {
  const float *upper = low.row(y), *lower = low.row(y + spacing);
  float *across = bands[0].row(y), *down = bands[1].row(y), *both = bands[2].row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float upper_mean = upper[x] + upper[x + spacing], upper_step = upper[x] - upper[x + spacing];
    const float lower_mean = lower[x] + lower[x + spacing], lower_step = lower[x] - lower[x + spacing];
    across[x] = (upper_step + lower_step) * 0.25f;
    down[x] = (upper_mean - lower_mean) * 0.25f;
    both[x] = (upper_step - lower_step) * 0.25f;
  }
}

// What is noise in a row of a band: all where its energy is the noise's or less, then in inverse proportion to it.
template <int radius>
static void take_noise_row(float constant, float per_level, float there, Lines& band, int spacing, int y, int left, int right,
                           const float* level, const float* factor, float* __restrict sums, float* __restrict out) {
  constexpr float per_window = 1.0f / ((2 * radius + 1) * (2 * radius + 1));
  column_sums_row<radius, true>(band, spacing, y, line_start(left - radius * spacing), line_end(right + radius * spacing), sums);
  const float* in = band.row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float noise = maximum(multiply_add(per_level, level[x], constant), 0.0f) * factor[x];
    const float most = maximum(maximum(window_sum<radius>(sums, spacing, x) * per_window, noise), SMALLEST_ENERGY);
    out[x] = in[x] * (noise * there / most);
  }
}

// What is noise in a row of what no band of the greens' step holds, in place: all where its energy is the noise's or less.
static void take_rest_row(float constant, float per_level, float there, int left, int right, const float* level, const float* factor, float* rest) {
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float noise = maximum(multiply_add(per_level, level[x], constant), 0.0f) * factor[x];
    rest[x] = rest[x] * (noise * there / maximum(maximum(rest[x] * rest[x], noise), SMALLEST_ENERGY));
  }
}

// What lies `spacing` away from the top and left of the bands and mean (none: 0), where it is `wanted`.
static void synthesise_row(OpponentRows& t, int scale, const float* mean, int y, bool wanted, int left, int right, float* __restrict out) {
  const int spacing = spacing_at(scale), from = line_start(left - spacing), to = line_end(right);
  const float *across = t.removed[0].row(y), *down = t.removed[1].row(y), *both = t.removed[2].row(y);
  const float *middle_above = t.upper[scale][0].row(y - spacing), *step_above = t.upper[scale][1].row(y - spacing);
  float *upper_middle = t.upper[scale][0].row(y), *upper_step = t.upper[scale][1].row(y);
  float *minus = t.minus.row(y), *plus = t.plus.row(y);
  const bool coarsest = mean == nullptr;
#pragma GCC ivdep
  for (int x = from; x < to; ++x) {
    const float own = coarsest ? 0.0f : mean[x];
    const float middle = middle_above[x] + (own + down[x]), step = step_above[x] + (across[x] + both[x]);
    minus[x] = middle - step, plus[x] = middle + step;
    upper_middle[x] = own - down[x], upper_step[x] = across[x] - both[x];
  }
  if (!wanted) return;
#pragma GCC ivdep
  for (int x = line_start(left); x < to; ++x) out[x] = (minus[x - spacing] + plus[x]) * 0.25f;
}

// Row y of what is noise in one opponent's roots, once all rows that it comes from are there, into `out`; rows before the window `w`
// begin the scales.
static void remove_noise_row(const Parameters& p, int opponent, int scales, Window w, DenoiseTile& t, int y, float* out) {
  OpponentRows& rows = t.opponent;
  const float* mean = nullptr;
  for (int scale = scales - 1; scale >= 0; --scale) {
    const int spacing = spacing_at(scale), reach = reach_at(scale), first = w.top - lead_at(scale);
    const int left = w.left - lead_at(scale), right = w.right;
    if (y + reach >= first - reach)
      bands_row(scale == 0 ? t.mixed[opponent] : rows.low[scale], spacing, y + reach, line_start(left - reach), line_end(right + reach), rows.bands[scale]);
    if (y < first) continue;
    const auto take = DENOISE_RADII[scale] == 2 ? take_noise_row<2> : take_noise_row<1>;
    const float constant = p.denoise_constant[opponent] * per_band(scale), per_level = p.denoise_per_level[opponent] * per_band(scale);
    for (int band = 0; band < 3; ++band)
      take(constant, per_level, p.denoise_there[scale], rows.bands[scale][band], spacing, y, line_start(left), line_end(right),
           t.per_level.row(y), t.factor.row(y), rows.sums.row(y), rows.removed[band].row(y));
    if (scale == COARSEST && opponent == STEP_OF_GREENS) {
      mean_row(rows.low[scale], spacing, y, line_start(left), line_end(right), rows.rest.row(y));
      take_rest_row(constant, per_level, p.denoise_there[scale], line_start(left), line_end(right), t.per_level.row(y), t.factor.row(y), rows.rest.row(y));
      mean = rows.rest.row(y);
    }
    float* to = scale == 0 ? out : rows.means[scale % 2].row(y);
    synthesise_row(rows, scale, mean, y, y >= w.top + 1 - spacing, w.left + 1 - spacing, right, to);
    mean = to;
  }
}

// The noise of one opponent's roots in the window `w`.
static void remove_noise(const Parameters& p, int opponent, int scales, Window w, DenoiseTile& t, Lines& total) {
  const int margin = DENOISE_MARGINS[scales];
  const int left = line_start(w.left - margin), right = line_end(w.right + margin), first = w.top - margin;
  OpponentRows& rows = t.opponent;
  rows.cover(w, scales), total.cover(w);
  for (int newest = first; newest < w.bottom + margin; ++newest) {
    for (int scale = 0; scale + 1 < scales; ++scale) {
      const int y = newest - lead_at(scale);
      if (y >= first) mean_row(scale == 0 ? t.mixed[opponent] : rows.low[scale], spacing_at(scale), y, left, right, rows.low[scale + 1].row(y));
    }
    const int y = newest - margin;
    remove_noise_row(p, opponent, scales, w, t, y, y < w.top ? nullptr : total.row(y));
  }
}

// What is taken of a row of the planes' roots, and its squares, mirrored about the picture's edges.
static void taken_row(const Parameters& p, int y, Window known, Window around, DenoiseTile& t) {
  const float *first = t.total[0].row(y), *second = t.total[1].row(y), *third = t.total[2].row(y), *fourth = t.total[3].row(y);
  for (int plane = 0; plane < 4; ++plane) {
    const float* of_opponents = p.constants.opponents + plane;
    const float w0 = of_opponents[0], w1 = of_opponents[4], w2 = of_opponents[8], w3 = of_opponents[12];
    float *taken = t.taken[plane].row(y), *square = t.square[plane].row(y);
#pragma GCC ivdep
    for (int x = known.left; x < known.right; ++x) {
      const float removed = multiply_add(w3, fourth[x], multiply_add(w2, third[x], multiply_add(w1, second[x], w0 * first[x])));
      taken[x] = removed, square[x] = removed * removed;
    }
    for (int x = around.left; x < known.left; ++x) square[x] = square[folded(x, p.width / 2)];
    for (int x = known.right; x < around.right; ++x) square[x] = square[folded(x, p.width / 2)];
  }
}

// Rows of a picture that its edges mirror.
struct Mirrored {
  Lines& rows;
  int height;
  float* row(int y) { return rows.row(folded(y, height)); }
};

static void change_row(const Parameters& p, int y, Window w, const float* mosaic, float* out, DenoiseTile& t) {
  const float offset = p.stabilising_offset, knee = STRAIGHT_BELOW * offset, knee_root = sqrtf(knee), *lens = t.lens.row(y);
  for (int below = 0; below < 2; ++below) {
    const int planes[2] = {p.site_of_plane[2 * below], p.site_of_plane[2 * below + 1]};
    const float even_gain = p.wb_as_shot[planes[0]], odd_gain = p.wb_as_shot[planes[1]];
    const float even_per_gain = 1.0f / even_gain, odd_per_gain = 1.0f / odd_gain;
    const float *even_taken = t.taken[planes[0]].row(y), *odd_taken = t.taken[planes[1]].row(y);
    float *even_sums = t.line[0].row(y), *odd_sums = t.line[1].row(y);
    Mirrored even_squares{t.square[planes[0]], p.height / 2}, odd_squares{t.square[planes[1]], p.height / 2};
    column_sums_row<LOST_RADIUS, false>(even_squares, 1, y, w.left - LOST_RADIUS, w.right + LOST_RADIUS, even_sums);
    column_sums_row<LOST_RADIUS, false>(odd_squares, 1, y, w.left - LOST_RADIUS, w.right + LOST_RADIUS, odd_sums);
    const size_t place = (size_t)(2 * y + below) * p.width;
    const float* in = mosaic + place;
    float* to = out + place;
    const auto changed = [=](float sample, float gain, float per_gain, float taken, float lost, float lens) {
      const float root = stabilised(offset, knee, knee_root, balanced_sample(sample, lens, gain));
      return sample + lens * (light_change(knee_root, root, taken, lost) * per_gain);
    };
#pragma GCC ivdep
    for (int x = w.left; x < w.right; ++x) {
      to[2 * x] = changed(in[2 * x], even_gain, even_per_gain, even_taken[x], window_sum<LOST_RADIUS>(even_sums, 1, x), lens[x]);
      to[2 * x + 1] = changed(in[2 * x + 1], odd_gain, odd_per_gain, odd_taken[x], window_sum<LOST_RADIUS>(odd_sums, 1, x), lens[x]);
    }
  }
}

// The part `w` of the half-size planes, from mosaic to mosaic.
static void denoise_tile(const Parameters& p, const float* shading, const float* mosaic, float* out, Window w, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const int scales = scales_seen(p.denoise_there);
  const Window around = grown(w, LOST_RADIUS), known = inside(around, half_height, half_width), wide = grown(known, DENOISE_MARGINS[scales]);
  stabilise(p, shading, mosaic, wide, t);
  const Window levels = grown(known, (1 << scales) - 1), seen = inside(levels, half_height, half_width);
  t.per_level.cover(levels), t.factor.cover(levels), t.line[0].cover(wide, 1), t.line[1].cover(wide, 1);
  for (int y = seen.top; y < seen.bottom; ++y)
    light_row(t.light, p.stabilising_offset, p.dark_terms, y, seen.left, seen.right, t.line[0].row(y) + wide.left, t.per_level.row(y), t.factor.row(y));
  for (Lines* each : {&t.per_level, &t.factor}) mirror_edges(*each, half_height, half_width);
  for (int opponent = 0; opponent < 4; ++opponent) {
    if (p.denoise_active[opponent] && scales > 0)
      remove_noise(p, opponent, scales, known, t, t.total[opponent]);
    else
      t.total[opponent].cover(known), std::fill_n(t.total[opponent].row(known.top) + known.left, known.height() * t.total[opponent].stride, 0.0f);
  }
  for (int plane = 0; plane < 4; ++plane) t.taken[plane].cover(known, 2 * LOST_RADIUS + 1), t.square[plane].cover({known.top, known.bottom, around.left, around.right}, 2 * LOST_RADIUS + 1);
  int done = w.top;
  for (int y = known.top; y < known.bottom; ++y) {
    taken_row(p, y, known, around, t);
    const int ready = y == known.bottom - 1 ? w.bottom : y + 1 - LOST_RADIUS;
    for (; done < std::min(ready, w.bottom); ++done) change_row(p, done, w, mosaic, out, t);
  }
}

}  // namespace isp
