// Places: windows of the picture, the planes and rows that cover them, threads, and small grids between whose knots values lie.

namespace isp {

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

// Rows that each begin with a cache line, so that a loop over whole lines meets all rows at the same place of a vector. Of a window's
// rows the last `kept`. A little more than the window may be read, and written, so that loops need not end within a line.
constexpr int LINE = 64 / sizeof(float);
INLINE int line_start(int x) { return x & -LINE; }
INLINE int line_end(int x) { return line_start(x + LINE - 1); }

struct Lines {
  Window window{};
  int left = 0, stride = 0, kept = 1;
  std::vector<float> samples;
  std::vector<float*> rows;  // where each begins: a table, because a remainder takes as long as a vector or two
  void cover(Window w, int last) {
    window = w, left = line_start(w.left), stride = line_end(w.right) - left, kept = last;
    const size_t needed = (size_t)kept * stride + 5 * LINE;
    if (samples.size() < needed) samples.resize(needed);
    const size_t beyond = ((uintptr_t)samples.data() / sizeof(float)) % LINE;
    float* const first = samples.data() + 3 * LINE - beyond - left;
    rows.resize(w.height());
    for (int y = 0, place = 0; y < w.height(); ++y, place = place + 1 == kept ? 0 : place + 1) rows[y] = first + (std::ptrdiff_t)place * stride;
  }
  void cover(Window w) { cover(w, w.height()); }
  float* row(int y) const { return rows[y - window.top]; }
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

// Of planes in the order R, G in red rows, G in blue rows, B.
enum Colour { RED, FIRST_GREEN, SECOND_GREEN, BLUE };

// ---------------------------------------------------------------- small grids of values, interpolated linearly between their knots

// Where row y and column x lie between the knots: y * row_step + first_row and so on.
struct Grid {
  const float* values;
  int rows, columns;
  float first_row, first_column, row_step, column_step;
};

// Where a row lies between two rows of knots; beyond the ends it is the end's.
struct Between {
  int upper, lower;
  float share;
};
INLINE Between between_knots(const Grid& grid, int y) {
  const float down = clamp(multiply_add((float)y, grid.row_step, grid.first_row), 0.0f, grid.rows - 1.0f);
  const int upper = (int)down;
  return {upper, std::min(upper + 1, grid.rows - 1), down - upper};
}

INLINE void between_row(const float* above, const float* below, float share, int left, int right, float* __restrict out) {
#pragma GCC ivdep
  for (int x = left; x < right; ++x) out[x] = multiply_add(share, below[x] - above[x], above[x]);
}

// One row of knots, one more at its end, at columns left to right. Beyond the ends it is the end's.
INLINE void across_row(const Grid& grid, const float* knots, int left, int right, float* __restrict out) {
  const float last = grid.columns - 1.0f, first = grid.first_column, step = grid.column_step;
  const auto across = [=](int x) { return clamp(multiply_add((float)x, step, first), 0.0f, last); };
  for (int start = left, end; start < right; start = end) {  // from knot to knot
    const int j = (int)across(start);
    const float next = (j + 1 - first) / step;
    end = next < right ? std::max((int)next - 1, start + 1) : right;
    while (end < right && (int)across(end) <= j) ++end;
    while ((int)across(end - 1) > j) --end;
    const float knot = knots[j], change = knots[j + 1] - knot, place = (float)j;
#pragma GCC ivdep
    for (int x = start; x < end; ++x) out[x] = multiply_add(across(x) - place, change, knot);
  }
}

// The rows of knots that some rows lie between, each stretched across some columns: what remains for a row is a step down.
struct Stretched {
  Plane knots;
  std::vector<float> line;
  Grid grid{};
  void cover(const Grid& of, int top, int bottom, int left, int right) {
    grid = of;
    const int first = between_knots(grid, top).upper, last = between_knots(grid, bottom - 1).lower;
    knots.cover({first, last + 1, left, right}), line.resize(grid.columns + 1);
    for (int j = first; j <= last; ++j) {
      std::copy_n(grid.values + (size_t)j * grid.columns, grid.columns, line.data());
      line[grid.columns] = line[grid.columns - 1];
      across_row(grid, line.data(), left, right, knots.row(j));
    }
  }
  void row(int y, int left, int right, float* out) {
    const Between at = between_knots(grid, y);
    between_row(knots.row(at.upper), knots.row(at.lower), at.share, left, right, out);
  }
};

// Slope (0) or offset (1) of the base, at the pixels of the picture.
INLINE Grid base_grid(const Parameters& p, const float* coefficients, int which) {
  const float step = 1.0f / p.cell_px, first = 0.5f * step - 0.5f;
  return {coefficients + (size_t)which * p.cell_rows * p.cell_columns, p.cell_rows, p.cell_columns, first, first, step, step};
}

// The lens's gain at the samples of one half-size plane.
INLINE Grid shading_grid(const Parameters& p, const float* shading, int plane) {
  const int site = p.site_of_plane[plane];
  const float down = p.shading_per_spacing[0], across = p.shading_per_spacing[1];
  return {shading + (size_t)plane * p.shading_rows * p.shading_columns, p.shading_rows, p.shading_columns,
          (site / 2 + 0.5f - p.shading_first_px[0]) * down, (site % 2 + 0.5f - p.shading_first_px[1]) * across,
          2.0f * down, 2.0f * across};
}

// The lens's gains of the four planes in a part of the half-size picture.
struct LensGains {
  Stretched planes[4];
  void cover(const Parameters& p, const float* shading, int top, int bottom, int left, int right) {
    for (int plane = 0; plane < 4; ++plane) planes[plane].cover(shading_grid(p, shading, plane), top, bottom, left, right);
  }
};

}  // namespace isp
