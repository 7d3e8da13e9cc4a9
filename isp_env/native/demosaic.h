// Demosaicing after Menon, and false colour: rows go by from top to bottom.
//
// Samples at red and blue sites, coloured, and at green sites are held apart, so that what is done at one kind is a run of
// neighbours: in row y the coloured ones lie at columns 2 i + r and the green ones at 2 i + 1 - r, r = first_coloured(y). Beside
// a coloured site are the greens i + r - 1 and i + r, beside a green one the coloured i - r and i + 1 - r; above and below is i.

namespace isp {

static_assert(DEMOSAIC_REACH == 9, "the stages below are as many rows behind one another as they reach");
constexpr int DEMOSAIC_MARGIN = 7;  // the same in half columns, rounded up from stage to stage; all are done as far, in whole lines

struct RgbRow {
  float *red, *green, *blue;
};

struct Demosaic {
  Lines coloured, green;                                      // samples on the root scale
  Lines from_row, from_column, row_change, column_change;     // coloured - green interpolated, and how it changes
  Lines row_share, own, beside, above, turn;                  // `_differences`; turn: above - beside
  Lines kept, refined, refined_beside, refined_above, refined_turn;  // `_refined`; kept: the other colour less the own
  Lines red, blue, whole_green;                               // colour - green, and green, at every pixel
  Lines low[2], middle[2], high[2], out[3];                   // columns of three sorted; linear RGB
  // `halves`: of columns; each keeps the rows that are still looked at.
  void cover(Window halves) {
    const Window whole{halves.top, halves.bottom, 2 * halves.left, 2 * halves.right};
    for (Lines* each : {&coloured, &green}) each->cover(halves, 9);
    row_change.cover(halves, 7);
    for (Lines* each : {&from_row, &row_share}) each->cover(halves, 5);
    for (Lines* each : {&from_column, &column_change, &own, &beside, &above, &turn, &kept, &refined, &refined_beside, &refined_above,
                        &refined_turn})
      each->cover(halves, 3);
    for (Lines* each : {&red, &blue, &whole_green}) each->cover(whole, 3);
    for (Lines* each : {&low[0], &low[1], &middle[0], &middle[1], &high[0], &high[1], &out[0], &out[1], &out[2]}) each->cover(whole, 1);
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
  for (int i = left; i < right; ++i) change[i] = absolute(difference[i + 1] - difference[i]);
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
INLINE void mean_beside_row(const Parameters& p, const Lines& coloured, Lines& out, int y, int left, int right) {
  const float* in = coloured.row(y) - first_coloured(p, y);
  float* beside = out.row(y);
#pragma GCC ivdep
  for (int i = left; i < right; ++i) beside[i] = (in[i] + in[i + 1]) * 0.5f;
}

// At green sites: the mean of the coloured ones above and below, and how much more it is than beside.
INLINE void mean_above_row(const Lines& coloured, const Lines& beside, Lines& out, Lines& turn, int y, int left, int right) {
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

INLINE void sorted_columns_row(const Lines& in, int y, int left, int right, Lines& lows, Lines& middles, Lines& highs) {
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
  Lines *own = is_red ? &d.red : &d.blue, *other = is_red ? &d.blue : &d.red;
  sorted_columns_row(*own, y, left - LINE, right + LINE, d.low[0], d.middle[0], d.high[0]);
  sorted_columns_row(*other, y, left - LINE, right + LINE, d.low[1], d.middle[1], d.high[1]);
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
  const int left = line_start(w.left / 2 - DEMOSAIC_MARGIN), right = line_end((w.right + 1) / 2 + DEMOSAIC_MARGIN);
  const int first = w.top - DEMOSAIC_REACH, last = w.bottom + DEMOSAIC_REACH;
  d.cover({first, last, left, right});
  for (int y = first; y < last; ++y) {  // no row of a stage before those that it looks at
    split_row(p, gains, mosaic, y, left, right, d);
    differences_along_row(p, y, left, right, d);
    if (y < first + 4) continue;
    differences_along_column(p, y - 2, left, right, d);
    if (y < first + 8) continue;
    decide_row(p, y - 4, left, right, d);
    mean_beside_row(p, d.own, d.beside, y - 4, left, right);
    if (y < first + 10) continue;
    mean_above_row(d.own, d.beside, d.above, d.turn, y - 5, left, right);
    if (y < first + 12) continue;
    refine_row(p, y - 6, left, right, d);
    mean_beside_row(p, d.refined, d.refined_beside, y - 6, left, right);
    if (y < first + 14) continue;
    mean_above_row(d.refined, d.refined_beside, d.refined_above, d.refined_turn, y - 7, left, right);
    if (y < first + 16) continue;
    join_row(p, y - 8, left, right, d);
    if (y >= first + 18) use(y - 9, suppress_false_colour_row(p, y - 9, line_start(w.left), line_end(w.right), d));
  }
}

}  // namespace isp
