// Pass 1: normalise, defects, highlights, lens shading. Rows of the four half-size planes; `stages/mosaic.py` says what these are.

namespace isp {

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
  Plane planes[4], low, high, fixed, sums, lens;
  LensGains gains;
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
  if (shading != nullptr) s.gains.cover(p, shading, top, bottom, 0, half_width);
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
      for (int plane = 0; plane < 4; ++plane) s.gains.planes[plane].row(y, 0, half_width, lens.of[plane]);
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

}  // namespace isp
