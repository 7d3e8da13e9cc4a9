// The finished picture with its lens's distortion undone: `stages/geometry.py` and `lens/resample.py`, row by row.
//
// Four floats lie together for each pixel, red, green, blue and nothing, so that a tap is one load for all three.

namespace isp {

constexpr int CUBIC_TAPS = 6;  // of cubic convolution: the samples at -2 to 3
typedef float Four __attribute__((vector_size(16)));
typedef float Eight __attribute__((vector_size(32)));

struct Moves {
  std::vector<float> down, across, of_rows[CUBIC_TAPS], of_columns[CUBIC_TAPS];
  std::vector<int32_t> row, column;
  void cover(int width) {
    for (auto* each : {&down, &across}) each->resize(width);
    for (int tap = 0; tap < CUBIC_TAPS; ++tap) of_rows[tap].resize(width), of_columns[tap].resize(width);
    for (auto* each : {&row, &column}) each->resize(width);
  }
};

// How far down and across from each pixel of row y the lens drew it.
static void moves_row(const Geometry& geometry, int y, int width, float* __restrict down_out, float* __restrict across_out) {
  const Geometry g = geometry;
  const float down = ((float)y - g.drawn_centre_px[0]) / g.radius_px[0];
  const float first = g.tangential[0], second = g.tangential[1], tall = g.radius_px[0], wide = g.radius_px[1];
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const float across = ((float)x - g.drawn_centre_px[1]) / wide, squared = multiply_add(down, down, across * across);
    const float radius = clamp(square_root(squared), g.held[0], g.held[1]);
    float ratio = g.radial[WARP_TERMS - 1];
#pragma GCC unroll 16
    for (int term = WARP_TERMS - 2; term >= 0; --term) ratio = multiply_add(ratio, radius, g.radial[term]);
    const float twice = 2.0f * down * across;
    const float moved_down = ratio * down + second * twice + first * (squared + 2.0f * down * down);
    const float moved_across = ratio * across + first * twice + second * (squared + 2.0f * across * across);
    down_out[x] = tall * moved_down + g.drawn_to_px[0];
    across_out[x] = wide * moved_across + g.drawn_to_px[1];
  }
}

// Whole pixels and the weights of what is left of them.
static void weights_row(int width, const float* move, int32_t* __restrict whole, std::vector<float>* weights) {
  float *far0 = weights[0].data(), *middle0 = weights[1].data(), *near0 = weights[2].data();
  float *near1 = weights[3].data(), *middle1 = weights[4].data(), *far1 = weights[5].data();
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const float floor = floorf(move[x]), t = move[x] - floor, u = 1.0f - t;
    whole[x] = (int32_t)floor;
    far0[x] = t * u * u * (1.0f / 12.0f);
    middle0[x] = t * u * (t * (7.0f / 12.0f) - 2.0f / 3.0f);
    near0[x] = u * (1.0f + t * (1.0f - t * (4.0f / 3.0f)));
    near1[x] = t * (1.0f + u * (1.0f - u * (4.0f / 3.0f)));
    middle1[x] = t * u * (u * (7.0f / 12.0f) - 2.0f / 3.0f);
    far1[x] = t * t * u * (1.0f / 12.0f);
  }
}

// Rows `top` to `bottom` of a picture of `height` rows, four floats a pixel; `samples` points at row 0.
struct Finished {
  const float* samples;
  int height, width;
};

INLINE Eight two_pixels(const float* samples) {
  Eight eight;
  memcpy(&eight, samples, sizeof eight);
  return eight;
}

INLINE Eight two_weights(float one, float other) { return Eight{one, one, one, one, other, other, other, other}; }

// The value at a place; `row_at(dy)` are the six rows' samples from the first column that is weighed on.
template <class RowAt> INLINE Four weighed(const Moves& moves, int x, RowAt row_at) {
  Eight across[CUBIC_TAPS / 2], total = {0, 0, 0, 0, 0, 0, 0, 0};
  for (int pair = 0; pair < CUBIC_TAPS / 2; ++pair)
    across[pair] = two_weights(moves.of_columns[2 * pair][x], moves.of_columns[2 * pair + 1][x]);
  for (int dy = 0; dy < CUBIC_TAPS; ++dy) {
    const float* const samples = row_at(dy);
    const Eight sum = across[0] * two_pixels(samples) + across[1] * two_pixels(samples + 8) + across[2] * two_pixels(samples + 16);
    total += moves.of_rows[dy][x] * sum;
  }
  return Four{total[0] + total[4], total[1] + total[5], total[2] + total[6], 0.0f};
}

INLINE Four resampled(const Finished& picture, const Moves& moves, int y, int x) {
  const int row = y + moves.row[x] - 2, column = x + moves.column[x] - 2, width = picture.width, height = picture.height;
  if (row >= 0 && row + CUBIC_TAPS <= height && column >= 0 && column + CUBIC_TAPS <= width) {
    const float* const first = picture.samples + 4 * ((std::ptrdiff_t)row * width + column);
    return weighed(moves, x, [=](int dy) { return first + 4 * (std::ptrdiff_t)dy * width; });
  }
  const float down = y + moves.down[x], across = x + moves.across[x];
  if (!(down >= -1.0f && down <= height && across >= -1.0f && across <= width)) return Four{0, 0, 0, 0};
  float edge[CUBIC_TAPS][4 * CUBIC_TAPS];
  for (int dy = 0; dy < CUBIC_TAPS; ++dy)
    for (int dx = 0; dx < CUBIC_TAPS; ++dx)
      std::copy_n(picture.samples + 4 * ((std::ptrdiff_t)held(row + dy, height) * width + held(column + dx, width)), 4, edge[dy] + 4 * dx);
  return weighed(moves, x, [&](int dy) { return edge[dy]; });
}

// One colour's samples of a mosaic, every second row and column; `samples` points at the mosaic's row 0.
INLINE float resampled_site(const float* samples, int height, int width, int stride, const Moves& moves, int y, int x) {
  const int row = y + moves.row[x] - 2, column = x + moves.column[x] - 2;
  const bool inner = column >= 0 && column + CUBIC_TAPS <= width;
  float total = 0.0f;
  for (int dy = 0; dy < CUBIC_TAPS; ++dy) {
    const float* const line = samples + 2 * (std::ptrdiff_t)held(row + dy, height) * stride;
    float sum = 0.0f;
    if (inner) {
      for (int dx = 0; dx < CUBIC_TAPS; ++dx) sum += moves.of_columns[dx][x] * line[2 * (column + dx)];
    } else {
      for (int dx = 0; dx < CUBIC_TAPS; ++dx) sum += moves.of_columns[dx][x] * line[2 * held(column + dx, width)];
    }
    total += moves.of_rows[dy][x] * sum;
  }
  return total;
}

// The geometry of every second row and column from a site's on.
static Geometry of_site(Geometry g, int site) {
  g.drawn_centre_px[0] -= site / 2, g.drawn_centre_px[1] -= site % 2;
  for (float* pair : {g.drawn_centre_px, g.drawn_to_px, g.radius_px}) pair[0] *= 0.5f, pair[1] *= 0.5f;
  return g;
}

struct Undistorted {
  Moves moves;
  std::vector<float> rows[3];
};

}  // namespace isp

// Rows first to last of the corrected picture from those of the finished one, of which `samples` holds some, from `samples_top` on.
extern "C" int isp_undistort(const Parameters* p, const Geometry* g, int first_row, int last_row, const float* samples,
                             int samples_top, void* out) {
  const int width = p->shown_width;
  const isp::Finished picture{samples - 4 * (std::ptrdiff_t)samples_top * width, p->shown_height, width};
  return !isp::in_parallel<isp::Undistorted>(last_row - first_row, p->threads, [=](int index, isp::Undistorted& scratch) {
    const int y = first_row + index;
    isp::Moves& moves = scratch.moves;
    moves.cover(width);
    for (auto& row : scratch.rows) row.resize(width);
    isp::moves_row(*g, y, width, moves.down.data(), moves.across.data());
    isp::weights_row(width, moves.down.data(), moves.row.data(), moves.of_rows);
    isp::weights_row(width, moves.across.data(), moves.column.data(), moves.of_columns);
    const isp::RgbRow display{scratch.rows[0].data(), scratch.rows[1].data(), scratch.rows[2].data()};
    for (int x = 0; x < width; ++x) {
      const isp::Four four = isp::resampled(picture, moves, y, x);
      display.red[x] = isp::clamp(four[0], 0.0f, 1.0f);
      display.green[x] = isp::clamp(four[1], 0.0f, 1.0f);
      display.blue[x] = isp::clamp(four[2], 0.0f, 1.0f);
    }
    isp::store(*p, p->bits, out, display, y, 0, width);
  });
}

namespace isp {

// Rows 2 y and 2 y + 1 with red and blue where green is; both mosaics begin with row 0.
static void lateral_rows(const Parameters& p, const Geometry& red, const Geometry& blue, int y, const float* mosaic, float* out, Moves& moves) {
  const int width = p.width, half = width / 2;
  const std::ptrdiff_t place = 2 * (std::ptrdiff_t)y * width;
  std::copy_n(mosaic + place, 2 * width, out + place);
  moves.cover(half);
  for (int plane : {RED, BLUE}) {
    const int site = p.site_of_plane[plane];
    const std::ptrdiff_t corner = (std::ptrdiff_t)(site / 2) * width + site % 2;
    moves_row(of_site(plane == RED ? red : blue, site), y, half, moves.down.data(), moves.across.data());
    weights_row(half, moves.down.data(), moves.row.data(), moves.of_rows);
    weights_row(half, moves.across.data(), moves.column.data(), moves.of_columns);
    for (int x = 0; x < half; ++x) out[place + corner + 2 * x] = resampled_site(mosaic + corner, p.height / 2, half, width, moves, y, x);
  }
}

}  // namespace isp

// Rows first to last, both even.
extern "C" int isp_lateral(const Parameters* p, const Geometry* red, const Geometry* blue, int first_row, int last_row,
                           const float* mosaic, int mosaic_top, float* out, int out_top) {
  const float* const in_row_0 = mosaic - (std::ptrdiff_t)mosaic_top * p->width;
  float* const out_row_0 = out - (std::ptrdiff_t)out_top * p->width;
  return !isp::in_parallel<isp::Moves>((last_row - first_row) / 2, p->threads, [=](int index, isp::Moves& moves) {
    isp::lateral_rows(*p, *red, *blue, first_row / 2 + index, in_row_0, out_row_0, moves);
  });
}
