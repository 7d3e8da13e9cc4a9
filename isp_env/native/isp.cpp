// The ISP at full size on the CPU: the mathematics of `stages/`, fused. Torch stays the definition; this is held to it by test.
//
// One inline function per stage, with the stage's name. Three passes: `isp_prepare` makes a raw's samples into the mosaic that
// no parameter reaches, `isp_denoise` takes its noise away where that is wanted, and `isp_fold` makes it into a picture. The
// last two go by tiles, and inside a tile by rows, so that everything between stays in cache.
//
// `build.py` writes `PointParameters`, `Constants` and `Parameters` before this text, from the ctypes structures of
// `structures.py`: all constants come from the torch modules (`parameters.py`), and none is written here again.

namespace isp {

// ---------------------------------------------------------------- pass 2: the fold of one tile

struct Fold {
  Demosaic demosaic;
  Lines linear[3], root;
  Stretched coefficients[2];  // of the base: slope and offset
  Lines base[2], line[2];
};

struct Picture {
  const float *mosaic, *coefficients;  // prepared and denoised; the base's slope and offset
  void* out;  // its row 0
  int bits;  // a channel, or FOUR_FLOATS
};

INLINE void store(const Parameters& p, int bits, void* out, RgbRow display, int y, int left, int right) {
  const size_t place = (size_t)y * p.shown_width + left, pixels = (size_t)p.shown_height * p.shown_width;
  if (bits == 8) return store_row(display, left, right, (uint8_t*)out + 3 * place);
  if (bits == 16) return store_row(display, left, right, (uint16_t*)out + 3 * place);
  if (bits == FOUR_FLOATS) return store_fours(display, left, right, (float*)out + 4 * place);
  float* planes = (float*)out + place;
  for (const float* row : {display.red, display.green, display.blue}) std::copy(row + left, row + right, planes), planes += pixels;
}

// Luma's roots of one row; borders repeat the edge sample.
INLINE void root_row(const Parameters& p, RgbRow linear, Window lit, Window tile, float* root) {
  luma_root_row(p.constants, linear, lit.left, lit.right, root);
  for (int x = tile.left - SHARPEN_REACH; x < lit.left; ++x) root[x] = root[lit.left];
  for (int x = lit.right; x < tile.right + SHARPEN_REACH; ++x) root[x] = root[lit.right - 1];
}

static void fold_tile(const Parameters& p, const Picture& picture, Window tile, Fold& t) {
  const bool sharpening = p.sharpen != 0.0f;
  const Window lit = sharpening ? inside(grown(tile, SHARPEN_REACH), p.height, p.width) : tile;
  const int left = line_start(lit.left), right = line_end(lit.right);
  for (Lines* each : {&t.linear[0], &t.linear[1], &t.linear[2]}) each->cover(lit, SHARPEN_REACH + 1);
  t.root.cover({lit.top, lit.bottom, tile.left - SHARPEN_REACH, tile.right + SHARPEN_REACH}, 2 * SHARPEN_REACH + 1);
  for (Lines* each : {&t.base[0], &t.base[1], &t.line[0], &t.line[1]}) each->cover(grown(lit, SHARPEN_REACH), 1);
  for (int which = 0; p.tonal && which < 2; ++which)
    t.coefficients[which].cover(base_grid(p, picture.coefficients, which), lit.top, lit.bottom, lit.left, lit.right);
  const auto linear_at = [&](int y) { return RgbRow{t.linear[0].row(y), t.linear[1].row(y), t.linear[2].row(y)}; };
  int done = tile.top;  // rows of the picture before this one are written
  demosaic(p, p.gains, picture.mosaic, lit, t.demosaic, [&](int y, RgbRow balanced) {
    for (int which = 0; p.tonal && which < 2; ++which) t.coefficients[which].row(y, lit.left, lit.right, t.base[which].row(y));
    point_chain_row(p, balanced, t.base[0].row(y), t.base[1].row(y), left, right, linear_at(y));
    if (sharpening) root_row(p, linear_at(y), lit, tile, t.root.row(y));
    const int ready = !sharpening ? y + 1 : y == lit.bottom - 1 ? tile.bottom : y + 1 - SHARPEN_REACH;
    for (; done < std::min(ready, tile.bottom); ++done) {
      const RgbRow linear = linear_at(done);
      const auto root_at = [&](int row) { return t.root.row(held(row, p.height)); };
      if (sharpening) sharpen_luma_row(p, root_at, done, tile.left, tile.right, t.line[0].row(done) + tile.left - SHARPEN_REACH, t.line[1].row(done), linear);
      for (float* row : {linear.red, linear.green, linear.blue}) encode_row(p.constants, line_start(tile.left), line_end(tile.right), row);
      store(p, picture.bits, picture.out, linear, done, tile.left, tile.right);
    }
  });
}

}  // namespace isp

// ---------------------------------------------------------------- what Python calls; 0 is success, 1 too little memory

// They work at some rows of the picture. `mosaic` and the like hold some rows too, from the one called `..._top` on.
// `shading`: the lens's gains on knots, or null.
extern "C" int isp_prepare(const Parameters* p, const float* shading, const uint16_t* raw, int first_cell_row, int last_cell_row,
                           float* mosaic, int mosaic_top, float* cell_means) {
  float* const at_row_0 = mosaic - (std::ptrdiff_t)mosaic_top * p->width;
  return !isp::in_parallel<isp::Strip>(last_cell_row - first_cell_row, p->threads, [=](int index, isp::Strip& scratch) {
    isp::prepare_strip(*p, shading, raw, at_row_0, cell_means, first_cell_row + index, scratch);
  });
}

namespace isp {

// Do `work(window, scratch)` for each tile of the rows `first` to `last` of a picture.
template <class Scratch, class Work>
static bool for_each_tile(int first, int last, int width, int tile_height, int tile_width, int threads, Work work) {
  const int across = (width + tile_width - 1) / tile_width, down = (last - first + tile_height - 1) / tile_height;
  return in_parallel<Scratch>(across * down, threads, [=](int index, Scratch& scratch) {
    const int top = first + index / across * tile_height, left = index % across * tile_width;
    work(inside({top, top + tile_height, left, left + tile_width}, last, width), scratch);
  });
}

}  // namespace isp

// From even row to even row.
extern "C" int isp_denoise(const Parameters* p, const float* shading, int first_row, int last_row, const float* mosaic, int mosaic_top,
                           float* out, int out_top) {
  const int tile_height = std::max(p->tile_height / 2, 1), tile_width = std::max(p->tile_width / 4, 1);  // half as wide: it keeps more rows
  const float* const in_row_0 = mosaic - (std::ptrdiff_t)mosaic_top * p->width;
  float* const out_row_0 = out - (std::ptrdiff_t)out_top * p->width;
  return !isp::for_each_tile<isp::DenoiseTile>(
      first_row / 2, last_row / 2, p->width / 2, tile_height, tile_width, p->threads,
      [=](isp::Window tile, isp::DenoiseTile& scratch) { isp::denoise_tile(*p, shading, in_row_0, out_row_0, tile, scratch); });
}

extern "C" int isp_fold(const Parameters* p, int first_row, int last_row, const float* mosaic, int mosaic_top, const float* coefficients,
                        void* out) {
  const isp::Picture picture{mosaic - (std::ptrdiff_t)mosaic_top * p->width, coefficients, out, p->bits};
  return !isp::for_each_tile<isp::Fold>(first_row, last_row, p->shown_width, p->tile_height, p->tile_width, p->threads,
                                        [=](isp::Window tile, isp::Fold& scratch) { isp::fold_tile(*p, picture, tile, scratch); });
}

// The same rows as four floats a pixel, red, green, blue and nothing, into `out`, which begins at row `out_top`.
extern "C" int isp_fold_fours(const Parameters* p, int first_row, int last_row, const float* mosaic, int mosaic_top,
                              const float* coefficients, float* out, int out_top) {
  float* const row_0 = out - 4 * (std::ptrdiff_t)out_top * p->shown_width;
  const isp::Picture picture{mosaic - (std::ptrdiff_t)mosaic_top * p->width, coefficients, row_0, isp::FOUR_FLOATS};
  return !isp::for_each_tile<isp::Fold>(first_row, last_row, p->shown_width, p->tile_height, p->tile_width, p->threads,
                                        [=](isp::Window tile, isp::Fold& scratch) { isp::fold_tile(*p, picture, tile, scratch); });
}

namespace isp {

// The part `w` of (3, height, width) linear RGB of a prepared mosaic, demosaiced under `gains`, and divided by others.
static void demosaic_planes(const Parameters& p, const float* gains, const float* divisors, const float* mosaic, Window w, Demosaic& scratch, float* out) {
  const size_t pixels = (size_t)p.shown_height * p.shown_width;
  demosaic(p, gains, mosaic, w, scratch, [=, &p](int y, RgbRow rgb) {
    float *to = out + (size_t)y * p.shown_width, per_gain[3];
    for (int plane : {RED, FIRST_GREEN, BLUE}) per_gain[(plane + 1) / 2] = divisors ? 1.0f / divisors[plane] : 1.0f;
    for (int x = w.left; x < w.right; ++x) {
      to[x] = rgb.red[x] * per_gain[0];
      to[pixels + x] = rgb.green[x] * per_gain[1];
      to[2 * pixels + x] = rgb.blue[x] * per_gain[2];
    }
  });
}

}  // namespace isp

// Under the as-shot balance, which is taken out again.
extern "C" int isp_demosaic(const Parameters* p, const float* mosaic, float* out) {
  return !isp::for_each_tile<isp::Demosaic>(
      0, p->shown_height, p->shown_width, p->tile_height, p->tile_width, p->threads, [=](isp::Window tile, isp::Demosaic& scratch) {
        isp::demosaic_planes(*p, p->wb_as_shot, p->wb_as_shot, mosaic, tile, scratch, out);
      });
}
