// Denoise: half-size planes of one tile, one opponent at a time. Of an opponent rows go by from top to bottom through all scales, and
// only those are kept that are still looked at: they stay in the second cache.

namespace isp {

struct OpponentRows {
  Lines low[SCALES], bands[SCALES][3], upper[SCALES][2];  // upper: what a row adds to the one `spacing` below
  Lines sums, removed[3], means[2], minus, plus;          // a row of each
  void cover(Window w);
};

struct DenoiseTile {
  Lines root[4], light, lens, per_level, total[4], taken[4], square[4], line;
  OpponentRows opponent;
  LensGains gains;
};

INLINE int spacing_at(int scale) { return 1 << scale; }
INLINE int lead_at(int scale) { return 2 * spacing_at(scale) - 1; }  // how far synthesis looks back from a scale's bands
INLINE int reach_at(int scale) { return DENOISE_RADII[scale] * spacing_at(scale); }

void OpponentRows::cover(Window w) {
  const Window wide = grown(w, DENOISE_MARGIN);
  for (int scale = 0; scale < SCALES; ++scale) {
    low[scale].cover(wide, DENOISE_MARGIN - spacing_at(scale) - reach_at(scale) + 2);
    for (Lines& each : bands[scale]) each.cover(wide, 2 * reach_at(scale) + 1);
    for (Lines& each : upper[scale]) each.cover(wide, spacing_at(scale) + 1);
  }
  for (Lines* each : {&sums, &removed[0], &removed[1], &removed[2], &means[0], &means[1], &minus, &plus}) each->cover(wide, 1);
}

// Samples at the sensor's levels, white-balanced: their roots, and the mean of the four as light.
static void stabilise(const Parameters& p, const float* shading, const float* mosaic, Window wide, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window known = inside(wide, half_height, half_width);
  const float offset = p.stabilising_offset, knee = STRAIGHT_BELOW * offset, knee_root = sqrtf(knee);
  for (Lines* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3], &t.light}) each->cover(wide);
  t.lens.cover(known);
  if (shading != nullptr) t.gains.cover(p, shading, known.top, known.bottom, known.left, known.right);
  for (int y = known.top; y < known.bottom; ++y) {
    float *light = t.light.row(y), *lens = t.lens.row(y);
    if (shading == nullptr) std::fill(lens + known.left, lens + known.right, 1.0f);
    for (int plane = 0; shading != nullptr && plane < 4; ++plane) {  // their mean; `light` is not yet there
      t.gains.planes[plane].row(y, known.left, known.right, light);
      for (int x = known.left; x < known.right; ++x) lens[x] = (plane == 0 ? 0.0f : lens[x]) + 0.25f * light[x];
    }
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
  for (Lines* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3], &t.light}) mirror_edges(*each, half_height, half_width);
}

// One opponent of the roots.
static void mix_row(const Parameters& p, int opponent, Lines* roots, int y, int left, int right, float* __restrict out) {
  const float* weights = p.constants.opponents + 4 * opponent;
  const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
  const float *in0 = roots[0].row(y), *in1 = roots[1].row(y), *in2 = roots[2].row(y), *in3 = roots[3].row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) out[x] = multiply_add(w3, in3[x], multiply_add(w2, in2[x], multiply_add(w1, in1[x], w0 * in0[x])));
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
                           const float* level, float* __restrict sums, float* __restrict out) {
  constexpr float per_window = 1.0f / ((2 * radius + 1) * (2 * radius + 1));
  column_sums_row<radius, true>(band, spacing, y, line_start(left - radius * spacing), line_end(right + radius * spacing), sums);
  const float* in = band.row(y);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float noise = maximum(multiply_add(per_level, level[x], constant), 0.0f);
    const float most = maximum(maximum(window_sum<radius>(sums, spacing, x) * per_window, noise), SMALLEST_ENERGY);
    out[x] = in[x] * (noise * there / most);
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
static void remove_noise_row(const Parameters& p, int opponent, Window w, DenoiseTile& t, int y, float* out) {
  OpponentRows& rows = t.opponent;
  const float* mean = nullptr;
  for (int scale = SCALES - 1; scale >= 0; --scale) {
    const int spacing = spacing_at(scale), reach = reach_at(scale), first = w.top - lead_at(scale);
    const int left = w.left - lead_at(scale), right = w.right;
    if (y + reach >= first - reach)
      bands_row(rows.low[scale], spacing, y + reach, line_start(left - reach), line_end(right + reach), rows.bands[scale]);
    if (y < first) continue;
    const auto take = DENOISE_RADII[scale] == 2 ? take_noise_row<2> : take_noise_row<1>;
    const float constant = p.denoise_constant[opponent] * per_band(scale), per_level = p.denoise_per_level[opponent] * per_band(scale);
    for (int band = 0; band < 3; ++band)
      take(constant, per_level, p.denoise_there[scale], rows.bands[scale][band], spacing, y, line_start(left), line_end(right),
           t.per_level.row(y), rows.sums.row(y), rows.removed[band].row(y));
    float* to = scale == 0 ? out : rows.means[scale % 2].row(y);
    synthesise_row(rows, scale, mean, y, y >= w.top + 1 - spacing, w.left + 1 - spacing, right, to);
    mean = to;
  }
}

// The noise of one opponent's roots in the window `w`.
static void remove_noise(const Parameters& p, int opponent, Window w, DenoiseTile& t, Lines& total) {
  const int left = line_start(w.left - DENOISE_MARGIN), right = line_end(w.right + DENOISE_MARGIN), first = w.top - DENOISE_MARGIN;
  Lines* low = t.opponent.low;
  t.opponent.cover(w), total.cover(w);
  for (int newest = first; newest < w.bottom + DENOISE_MARGIN; ++newest) {
    mix_row(p, opponent, t.root, newest, left, right, low[0].row(newest));
    for (int scale = 0; scale + 1 < SCALES; ++scale) {
      const int y = newest - lead_at(scale);
      if (y >= first) mean_row(low[scale], spacing_at(scale), y, left, right, low[scale + 1].row(y));
    }
    const int y = newest - DENOISE_MARGIN;
    remove_noise_row(p, opponent, w, t, y, y < w.top ? nullptr : total.row(y));
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
  const float knee_root = sqrtf(STRAIGHT_BELOW * p.stabilising_offset), *lens = t.lens.row(y);
  for (int plane = 0; plane < 4; ++plane) {
    const int site = p.site_of_plane[plane];
    const float *root = t.root[plane].row(y), *taken = t.taken[plane].row(y), per_gain = 1.0f / p.wb_as_shot[plane];
    Mirrored squares{t.square[plane], p.height / 2};
    float* sums = t.line.row(y);
    column_sums_row<LOST_RADIUS, false>(squares, 1, y, w.left - LOST_RADIUS, w.right + LOST_RADIUS, sums);
    const size_t place = (size_t)(2 * y + site / 2) * p.width + site % 2;
    const float* in = mosaic + place;
    float* to = out + place;
#pragma GCC ivdep
    for (int x = w.left; x < w.right; ++x) {
      const float change = light_change(knee_root, root[x], taken[x], window_sum<LOST_RADIUS>(sums, 1, x));
      to[2 * x] = in[2 * x] + lens[x] * (change * per_gain);
    }
  }
}

// The part `w` of the half-size planes, from mosaic to mosaic.
static void denoise_tile(const Parameters& p, const float* shading, const float* mosaic, float* out, Window w, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window around = grown(w, LOST_RADIUS), known = inside(around, half_height, half_width), wide = grown(known, DENOISE_MARGIN);
  stabilise(p, shading, mosaic, wide, t);
  const Window levels = grown(known, (1 << SCALES) - 1), seen = inside(levels, half_height, half_width);
  t.per_level.cover(levels), t.line.cover(wide, 1);
  for (int y = seen.top; y < seen.bottom; ++y)
    per_level_row(t.light, p.stabilising_offset, y, seen.left, seen.right, t.line.row(y) + wide.left, t.per_level.row(y));
  mirror_edges(t.per_level, half_height, half_width);
  for (int opponent = 0; opponent < 4; ++opponent) {
    if (p.denoise_active[opponent])
      remove_noise(p, opponent, known, t, t.total[opponent]);
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
