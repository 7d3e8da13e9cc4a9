// Denoise: half-size planes of one tile, one opponent at a time.

namespace isp {

struct DenoiseTile {
  Plane root[4], light, lens, per_level, low[2], removed[SCALES][3], total[4], partial, taken, line;
  Bands bands[3];
  LensGains gains;
};

// Samples at the sensor's levels, white-balanced: their roots, and the mean of the four as light.
static void stabilise(const Parameters& p, const float* shading, const float* mosaic, Window wide, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window known = inside(wide, half_height, half_width);
  const float offset = p.stabilising_offset, knee = STRAIGHT_BELOW * offset, knee_root = sqrtf(knee);
  for (Plane* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3], &t.light}) each->cover(wide);
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
  for (Plane* each : {&t.root[0], &t.root[1], &t.root[2], &t.root[3], &t.light}) mirror_edges(*each, half_height, half_width);
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

// The noise of one opponent's roots in the window `w`.
static void remove_noise(const Parameters& p, int opponent, Window w, DenoiseTile& t, Plane& total) {
  mix<4>(t.root, p.constants.opponents + 4 * opponent, t.low[0]);
  t.line.cover({0, 2, 0, t.root[0].window.width()});
  const auto start = [&](int scale, Window taken) {
    for (Plane& removed : t.removed[scale]) removed.cover(taken);
  };
  for_each_band_row(t.low, t.bands, SCALES, w, start, [&](int scale, int band, int spacing, int y, Window taken) {
    const auto take = DENOISE_RADII[scale] == 2 ? take_noise_row<2> : take_noise_row<1>;
    const float constant = p.denoise_constant[opponent] * per_band(scale), per_level = p.denoise_per_level[opponent] * per_band(scale);
    take(constant, per_level, p.denoise_there[scale], t.bands[band], spacing, y, taken.left, taken.right, t.per_level.row(y), t.line.row(0),
         t.line.row(1) - taken.left, t.removed[scale][band].row(y));
  });
  synthesise_all(t.removed, SCALES, w, t.low, total, t.line);
}

// The part `w` of the half-size planes, from mosaic to mosaic.
static void denoise_tile(const Parameters& p, const float* shading, const float* mosaic, float* out, Window w, DenoiseTile& t) {
  const int half_height = p.height / 2, half_width = p.width / 2;
  const Window around = grown(w, LOST_RADIUS), known = inside(around, half_height, half_width), wide = grown(known, DENOISE_MARGIN);
  stabilise(p, shading, mosaic, wide, t);
  const Window levels = grown(known, (1 << SCALES) - 1), seen = inside(levels, half_height, half_width);
  t.per_level.cover(levels), t.line.cover({0, 2, 0, wide.width()});
  for (int y = seen.top; y < seen.bottom; ++y)
    per_level_row(t.light, p.stabilising_offset, y, seen.left, seen.right, t.line.row(0), t.per_level.row(y));
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
        const float change = light_change(knee_root, root[x], taken[x], lost[x]);
        to[2 * x] = in[2 * x] + lens[x] * (change * per_gain);
      }
    }
  }
}

}  // namespace isp
