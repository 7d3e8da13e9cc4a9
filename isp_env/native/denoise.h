// Denoise: half-size planes of one tile, one opponent at a time.

namespace isp {

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

}  // namespace isp
