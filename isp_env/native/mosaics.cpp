// Batches of small prepared mosaics, such as crops of native resolution: denoised, red and blue put where green is, demosaiced.

namespace isp {

struct Mosaic {
  DenoiseTile denoise;
  Moves moves;
  Demosaic demosaic;
  std::vector<float> denoised, together;
};

// Balanced linear RGB (3, height, width). `lateral`: of red and of blue, or null; `shading`: gains on knots, or null.
static void balance_mosaic(const Parameters& p, const Geometry* lateral, const float* shading, const float* mosaic, float* out, Mosaic& t) {
  const size_t pixels = (size_t)p.height * p.width;
  bool is_noisy = false;
  for (int opponent = 0; opponent < 4; ++opponent) is_noisy = is_noisy || p.denoise_active[opponent];
  if (is_noisy) {
    t.denoised.resize(pixels);
    denoise_tile(p, shading, mosaic, t.denoised.data(), {0, p.height / 2, 0, p.width / 2}, t.denoise);
    mosaic = t.denoised.data();
  }
  if (lateral != nullptr) {
    t.together.resize(pixels);
    for (int y = 0; y < p.height / 2; ++y) lateral_rows(p, lateral[0], lateral[1], y, mosaic, t.together.data(), t.moves);
    mosaic = t.together.data();
  }
  demosaic_planes(p, p.gains, nullptr, mosaic, {0, p.height, 0, p.width}, t.demosaic, out);
}

}  // namespace isp

// Of `count` mosaics of one size; `p` has the parameters of each, `lateral` two geometries of each, all in a row.
extern "C" int mosaics_balance(const Parameters* p, int count, int threads, const Geometry* lateral, const float* shading,
                               const float* mosaics, float* out) {
  return !isp::in_parallel<isp::Mosaic>(count, threads, [=](int index, isp::Mosaic& scratch) {
    const Parameters& own = p[index];
    const size_t pixels = (size_t)own.height * own.width, knots = (size_t)4 * own.shading_rows * own.shading_columns;
    isp::balance_mosaic(own, lateral == nullptr ? nullptr : lateral + 2 * index, shading == nullptr ? nullptr : shading + index * knots,
                        mosaics + index * pixels, out + 3 * index * pixels, scratch);
  });
}
