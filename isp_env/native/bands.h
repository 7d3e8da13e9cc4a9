// Haar bands: what denoising of mosaics and of RGB proxies have in common. Planes of roots go in, opponent by opponent; what of their
// bands is noise, each says for itself.

namespace isp {

constexpr int SCALES = sizeof(DENOISE_RADII) / sizeof(int), COARSEST = SCALES - 1;
constexpr int FULL_LEVEL = (2 * LEVEL_RADIUS + 1) * (2 * LEVEL_RADIUS + 1), FULL_LOST = (2 * LOST_RADIUS + 1) * (2 * LOST_RADIUS + 1);

// The last rows of a band: as many as a window of local energy spans, and the next power of two.
struct Bands {
  int left = 0, width = 0, mask = 0;
  std::vector<float> samples;
  void cover(int from, int to, int window) {
    left = from, width = to - from, mask = 1;
    while (mask < window) mask *= 2;
    if (samples.size() < (size_t)mask * width) samples.resize((size_t)mask * width);
    --mask;
  }
  float* row(int y) { return samples.data() + (std::ptrdiff_t)(y & mask) * width - left; }
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

template <class Rows> static void mirror_edges(Rows& plane, int height, int width) {
  const Window w = plane.window, known = inside(w, height, width);
  for (int y = known.top; y < known.bottom; ++y) {
    float* row = plane.row(y);
    for (int x = w.left; x < known.left; ++x) row[x] = row[folded(x, width)];
    for (int x = known.right; x < w.right; ++x) row[x] = row[folded(x, width)];
  }
  for (int y = w.top; y < w.bottom; ++y)
    if (y < known.top || y >= known.bottom) std::copy_n(plane.row(folded(y, height)) + w.left, w.width(), plane.row(y) + w.left);
}

// Sums over 2 r + 1 rows `spacing` apart, of the samples or of their squares.
template <int radius, bool squares, class Source>
INLINE void column_sums_row(Source& in, int spacing, int y, int left, int right, float* __restrict sums) {
  const float* rows[2 * radius + 1];
  for (int tap = 0; tap <= 2 * radius; ++tap) rows[tap] = in.row(y + (tap - radius) * spacing);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    float sum = squares ? rows[0][x] * rows[0][x] : rows[0][x];
    for (int tap = 1; tap <= 2 * radius; ++tap) sum = squares ? multiply_add(rows[tap][x], rows[tap][x], sum) : sum + rows[tap][x];
    sums[x] = sum;
  }
}

// Of 2 r + 1 sums of columns `spacing` apart.
template <int radius> INLINE float window_sum(const float* sums, int spacing, int x) {
  float sum = sums[x - radius * spacing];
  for (int tap = 1 - radius; tap <= radius; ++tap) sum += sums[x + tap * spacing];
  return sum;
}

// Sums over (2 r + 1)^2 samples `spacing` apart, of the samples or of their squares.
template <int radius, bool squares, class Source>
static void box_sum_row(Source& in, int spacing, int y, int left, int right, float* column, float* __restrict out) {
  float* __restrict sums = column - left + radius * spacing;
  column_sums_row<radius, squares>(in, spacing, y, left - radius * spacing, right + radius * spacing, sums);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) out[x] = window_sum<radius>(sums, spacing, x);
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

// From the bands of all scales to the picture, in the window `w` of `out`; `low` are for what lies between.
static void synthesise_all(Plane (*bands)[3], int scales, Window w, Plane (&low)[2], Plane& out, Plane& lines) {
  Plane* mean = nullptr;
  for (int scale = scales - 1; scale >= 0; --scale) {
    const int spacing = 1 << scale;
    Plane& to = scale == 0 ? out : low[scale % 2];
    to.cover({w.top - spacing + 1, w.bottom, w.left - spacing + 1, w.right});
    synthesise(bands[scale], mean, spacing, to, lines.row(0), lines.row(1));
    mean = &to;
  }
}

// One opponent of the roots of red, green and blue.
static void mix(Plane (&roots)[3], const float* mixing, Plane& out) {
  const Window w = roots[0].window;
  out.cover(w);
  const float of_red = mixing[0], of_green = mixing[1], of_blue = mixing[2];
  for (int y = w.top; y < w.bottom; ++y) {
    const float *red = roots[0].row(y), *green = roots[1].row(y), *blue = roots[2].row(y);
    float* to = out.row(y);
#pragma GCC ivdep
    for (int x = w.left; x < w.right; ++x) to[x] = multiply_add(of_blue, blue[x], multiply_add(of_green, green[x], of_red * red[x]));
  }
}

// Analyse low[0], scale by scale, as far as the window `w` of the picture asks for. `start(scale, taken)` makes room for a scale;
// `take(scale, band, spacing, y, taken)` is given each row of a band once the window of local energy about it is there.
template <class Start, class Take>
static void for_each_band_row(Plane (&lows)[2], Bands* bands, int scales, Window w, Start start, Take take) {
  Plane *low = &lows[0], *next = &lows[1];
  for (int scale = 0; scale < scales; ++scale, std::swap(low, next)) {
    const int spacing = 1 << scale, lead = 2 * spacing - 1, reach = DENOISE_RADII[scale] * spacing;
    const Window window = low->window, taken{w.top - lead, w.bottom, w.left - lead, w.right};
    next->cover({window.top, window.bottom - spacing, window.left, window.right - spacing});
    for (int band = 0; band < 3; ++band) bands[band].cover(next->window.left, next->window.right, 2 * reach + 1);
    start(scale, taken);
    for (int y = next->window.top; y < next->window.bottom; ++y) {
      analyse_row(*low, spacing, y, y >= taken.top - reach && y < taken.bottom + reach, *next, bands);
      const int seen = y - reach;
      for (int band = 0; band < 3 && seen >= taken.top && seen < taken.bottom; ++band) take(scale, band, spacing, seen, taken);
    }
  }
}

// A band's share of a noise energy: it falls to a quarter from scale to scale.
INLINE float per_band(int scale) { return ldexpf(1.0f, -2 * (scale + 1)); }

// What noise is reckoned by along a row: 1 / (mean light + offset), and by how much more is taken where light is no more than noise.
template <class Source>
INLINE void light_row(Source& light, float offset, const float* dark_terms, int y, int left, int right, float* line, float* per_level,
                      float* factor) {
  const float dark_shot = dark_terms[0], dark_read = dark_terms[1];
  box_sum_row<LEVEL_RADIUS, false>(light, 1, y, left, right, line, per_level);
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const float level = maximum(per_level[x] * (1.0f / FULL_LEVEL), 0.0f), variance = multiply_add(dark_shot, level, dark_read);
    per_level[x] = 1.0f / (level + offset);
    const float share = variance / maximum(multiply_add(level, level, variance), SMALLEST_ENERGY);
    factor[x] = multiply_add(share, share, 1.0f);
  }
}

// How many scales any of the picture is to be looked at in.
INLINE int scales_seen(const float* there) {
  int scales = 0;
  for (int scale = 0; scale < SCALES; ++scale)
    if (there[scale] > 0.0f) scales = scale + 1;
  return scales;
}

// How light changes when so much is taken of its root; `lost`: the sum of the squares of that around.
INLINE float light_change(float knee_root, float root, float taken, float lost) {
  return unstabilised(knee_root, root - taken) - unstabilised(knee_root, root) + lost * (1.0f / FULL_LOST);
}

}  // namespace isp
