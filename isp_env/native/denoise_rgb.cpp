// `stages/denoise.py` of whole RGB proxies, and its adjoint in the strengths alone: the samples are data, not learned.
//
// Its Haar bands are those of `bands.h`. An opponent's removed noise depends on its own strength only, so
// going forward its slope in that is found beside it; going back is then a sum over pixels.

namespace isp {

// Of one image, as `denoising.py` lays it out. At strength 1 the noise's energy in each opponent is `constant + per_level /
// (level + offset)`, times what `dark` adds; `there` is the share of each scale that the pixels can show.
struct RgbNumbers {
  float gains[3], opponents[3][3], constant[3], per_level[3], there[SCALES], offset, dark[2], strength[3];
};

struct RgbDenoise : RgbNumbers {
  int height, width;
  float knee() const { return STRAIGHT_BELOW * offset; }
};

struct RgbDenoiseScratch {
  Plane root[3], light, per_level, factor, low[2], removed[SCALES][3], slopes[SCALES][3], partial, sums, line;
  Bands bands[3];
};

// What is taken of a row of a band, and its slope in the strength: 0 where all is taken.
template <int radius>
static void take_rgb_noise_row(float constant, float per_level, float strength, float there, Bands& band, int spacing, int y, int left,
                               int right, const float* level, const float* factor, float* line, float* energies, float* out,
                               float* slope) {
  constexpr float per_window = 1.0f / ((2 * radius + 1) * (2 * radius + 1));
  box_sum_row<radius, true>(band, spacing, y, left, right, line, energies);
  const float* in = band.row(y);
  const auto taken = [=](int x, float& of_strength) {
    const float full = maximum(multiply_add(per_level, level[x], constant), 0.0f) * factor[x], noise = strength * full;
    const float own = energies[x] * per_window, all = in[x] * there / maximum(maximum(own, noise), SMALLEST_ENERGY);
    of_strength = select(own > noise, all * full, 0.0f);
    return all * noise;
  };
  float none;
  if (slope)
#pragma GCC ivdep
    for (int x = left; x < right; ++x) out[x] = taken(x, slope[x]);
  else
#pragma GCC ivdep
    for (int x = left; x < right; ++x) out[x] = taken(x, none);
}

static void stabilise_rgb(const RgbDenoise& d, const float* samples, int margin, RgbDenoiseScratch& s) {
  const Window whole{0, d.height, 0, d.width}, wide = grown(whole, margin);
  const float offset = d.offset, knee = d.knee(), knee_root = sqrtf(knee);
  for (Plane& each : s.root) each.cover(wide);
  s.light.cover(grown(whole, LEVEL_RADIUS));
  for (int channel = 0; channel < 3; ++channel)
    for (int y = 0; y < d.height; ++y) {
      const float *in = samples + ((size_t)channel * d.height + y) * d.width, gain = d.gains[channel];
      float *root = s.root[channel].row(y), *light = s.light.row(y);
#pragma GCC ivdep
      for (int x = 0; x < d.width; ++x) {
        const float balanced = in[x] * gain;
        root[x] = stabilised(offset, knee, knee_root, balanced);
        light[x] = (channel == 0 ? 0.0f : light[x]) + balanced * (1.0f / 3.0f);
      }
    }
  for (Plane& each : s.root) mirror_edges(each, d.height, d.width);
  mirror_edges(s.light, d.height, d.width);
  s.per_level.cover(wide), s.factor.cover(wide);
  for (int y = 0; y < d.height; ++y) light_row(s.light, offset, d.dark, y, 0, d.width, s.line.row(0), s.per_level.row(y), s.factor.row(y));
  for (Plane* each : {&s.per_level, &s.factor}) mirror_edges(*each, d.height, d.width);
}

static void synthesise_whole(const RgbDenoise& d, Plane (*bands)[3], int scales, RgbDenoiseScratch& s, float* to) {
  synthesise_all(bands, scales, {0, d.height, 0, d.width}, s.low, s.low[0], s.line);
  for (int y = 0; y < d.height; ++y) std::copy_n(s.low[0].row(y), d.width, to + (size_t)y * d.width);
}

// The noise of one opponent's roots, and its slope in the strength where that is asked for.
static void remove_rgb_noise(const RgbDenoise& d, int opponent, int scales, RgbDenoiseScratch& s, float* removed, float* slope) {
  mix(s.root, d.opponents[opponent], s.low[0]);
  const auto start = [&](int scale, Window taken) {
    for (Plane& each : s.removed[scale]) each.cover(taken);
    if (slope) for (Plane& each : s.slopes[scale]) each.cover(taken);
  };
  for_each_band_row(s.low, s.bands, scales, {0, d.height, 0, d.width}, start, [&](int scale, int band, int spacing, int y, Window taken) {
    const auto take = DENOISE_RADII[scale] == 2 ? take_rgb_noise_row<2> : take_rgb_noise_row<1>;
    const float constant = d.constant[opponent] * per_band(scale), per_level = d.per_level[opponent] * per_band(scale);
    take(constant, per_level, d.strength[opponent], d.there[scale], s.bands[band], spacing, y, taken.left, taken.right, s.per_level.row(y),
         s.factor.row(y), s.line.row(0), s.line.row(1) - taken.left, s.removed[scale][band].row(y), slope ? s.slopes[scale][band].row(y) : nullptr);
  });
  synthesise_whole(d, s.removed, scales, s, removed);
  if (slope) synthesise_whole(d, s.slopes, scales, s, slope);
}

static void cover_lines(const RgbDenoise& d, int margin, RgbDenoiseScratch& s) { s.line.cover({0, 2, 0, d.width + 2 * margin + 16}); }

// `removed`: the noise in the roots' opponents, which strengths of 0 need not be asked for unless their `slopes` are; `out` may be
// `samples`.
static void denoise_rgb(const RgbDenoise& d, const float* samples, float* out, float* removed, float* slopes, RgbDenoiseScratch& s) {
  const size_t pixels = (size_t)d.height * d.width;
  const int scales = scales_seen(d.there), margin = DENOISE_MARGINS[scales];
  cover_lines(d, margin, s);
  stabilise_rgb(d, samples, margin, s);
  for (int opponent = 0; opponent < 3; ++opponent) {
    float *of_opponent = removed + opponent * pixels, *slope = slopes ? slopes + opponent * pixels : nullptr;
    if (scales > 0 && (slope || d.strength[opponent] > 0.0f))
      remove_rgb_noise(d, opponent, scales, s, of_opponent, slope);
    else
      for (float* each : {of_opponent, slope})
        if (each) std::fill_n(each, pixels, 0.0f);
  }
  const Window whole{0, d.height, 0, d.width};
  const float knee_root = sqrtf(d.knee());
  s.partial.cover(grown(whole, LOST_RADIUS));
  for (int channel = 0; channel < 3; ++channel) {
    const float m0 = d.opponents[0][channel], m1 = d.opponents[1][channel], m2 = d.opponents[2][channel];
    const auto taken = [=](size_t i) { return multiply_add(m2, removed[2 * pixels + i], multiply_add(m1, removed[pixels + i], m0 * removed[i])); };
    for (int y = 0; y < d.height; ++y) {
      float* square = s.partial.row(y);
      const size_t place = (size_t)y * d.width;
#pragma GCC ivdep
      for (int x = 0; x < d.width; ++x) square[x] = taken(place + x) * taken(place + x);
    }
    mirror_edges(s.partial, d.height, d.width);
    const float per_gain = 1.0f / d.gains[channel];
    for (int y = 0; y < d.height; ++y) {
      float* lost = s.line.row(0);
      box_sum_row<LOST_RADIUS, false>(s.partial, 1, y, 0, d.width, s.line.row(1), lost);
      const float *root = s.root[channel].row(y), *in = samples + channel * pixels + (size_t)y * d.width;
      float* to = out + channel * pixels + (size_t)y * d.width;
      const size_t place = (size_t)y * d.width;
#pragma GCC ivdep
      for (int x = 0; x < d.width; ++x) {
        const float change = light_change(knee_root, root[x], taken(place + x), lost[x]);
        to[x] = in[x] + change * per_gain;
      }
    }
  }
}

// The adjoint of the three strengths from that of what `denoise_rgb` returned.
static void denoise_rgb_backward(const RgbDenoise& d, const float* samples, const float* removed, const float* slopes,
                                 const float* of_out, float* of_strength, RgbDenoiseScratch& s) {
  const size_t pixels = (size_t)d.height * d.width;
  const Window whole{0, d.height, 0, d.width};
  const float offset = d.offset, knee = d.knee(), knee_root = sqrtf(knee);
  cover_lines(d, LEVEL_RADIUS, s);
  s.partial.cover(grown(whole, LOST_RADIUS)), s.sums.cover({0, 3, 0, d.width});
  std::fill_n(s.sums.row(0), 3 * (size_t)d.width, 0.0f);
  for (int channel = 0; channel < 3; ++channel) {
    const float m0 = d.opponents[0][channel], m1 = d.opponents[1][channel], m2 = d.opponents[2][channel];
    const float gain = d.gains[channel], per_gain = 1.0f / gain;
    for (int y = 0; y < d.height; ++y) {
      const float* of_row = of_out + channel * pixels + (size_t)y * d.width;
      float* of_change = s.partial.row(y);
#pragma GCC ivdep
      for (int x = 0; x < d.width; ++x) of_change[x] = of_row[x] * per_gain;
    }
    mirror_edges(s.partial, d.height, d.width);  // a box about mirrored edges is its own transpose
    for (int y = 0; y < d.height; ++y) {
      float* of_lost = s.line.row(0);
      box_sum_row<LOST_RADIUS, false>(s.partial, 1, y, 0, d.width, s.line.row(1), of_lost);
      const size_t place = (size_t)y * d.width;
      const float *of_change = s.partial.row(y), *in = samples + channel * pixels + place;
      const float *removed0 = removed + place, *removed1 = removed0 + pixels, *removed2 = removed1 + pixels;
      const float *slope0 = slopes + place, *slope1 = slope0 + pixels, *slope2 = slope1 + pixels;
      float *sum0 = s.sums.row(0), *sum1 = s.sums.row(1), *sum2 = s.sums.row(2);
#pragma GCC ivdep
      for (int x = 0; x < d.width; ++x) {
        const float taken = multiply_add(m2, removed2[x], multiply_add(m1, removed1[x], m0 * removed0[x]));
        const float kept = stabilised(offset, knee, knee_root, in[x] * gain) - taken;
        const float of_taken = 2.0f * (taken * of_lost[x] * (1.0f / FULL_LOST) - maximum(kept, knee_root) * of_change[x]);
        sum0[x] += m0 * of_taken * slope0[x];
        sum1[x] += m1 * of_taken * slope1[x];
        sum2[x] += m2 * of_taken * slope2[x];
      }
    }
  }
  for (int opponent = 0; opponent < 3; ++opponent) {
    const float* sums = s.sums.row(opponent);
    of_strength[opponent] = (float)std::accumulate(sums, sums + d.width, 0.0);
  }
}

}  // namespace isp

// ---------------------------------------------------------------- what Python calls: batches, one image per thread at a time

// `slopes` may be null.
extern "C" int denoise_rgb_forward(const isp::RgbNumbers* numbers, int count, int height, int width, int threads, const float* samples,
                                   float* out, float* removed, float* slopes) {
  const size_t values = 3 * (size_t)height * width;
  return !isp::in_parallel<isp::RgbDenoiseScratch>(count, threads, [=](int i, isp::RgbDenoiseScratch& scratch) {
    const size_t place = values * i;
    isp::denoise_rgb({numbers[i], height, width}, samples + place, out + place, removed + place, slopes ? slopes + place : nullptr, scratch);
  });
}

extern "C" int denoise_rgb_backward(const isp::RgbNumbers* numbers, int count, int height, int width, int threads, const float* samples,
                                    const float* removed, const float* slopes, const float* of_out, float* of_strength) {
  const size_t values = 3 * (size_t)height * width;
  return !isp::in_parallel<isp::RgbDenoiseScratch>(count, threads, [=](int i, isp::RgbDenoiseScratch& scratch) {
    const size_t place = values * i;
    isp::denoise_rgb_backward({numbers[i], height, width}, samples + place, removed + place, slopes + place, of_out + place,
                              of_strength + 3 * i, scratch);
  });
}
