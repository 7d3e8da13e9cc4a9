// Whole proxies through the point chain, forward and backward, with the numbers of `tape.h`.

namespace isp {

// ---------------------------------------------------------------- one proxy: its planes

constexpr int POINT_NUMBERS = sizeof(PointParameters<float>) / sizeof(float);
constexpr int TAPS = SHARPEN_REACH + 1, FINISH_NUMBERS = 1 + TAPS;  // the amount of sharpening and its half kernel

// One image's numbers and planes; `coefficients` are of the picture in which the image begins at row `top`, column `left`.
struct Proxy {
  const float *point, *finish, *balanced, *coefficients;
  int top, left;
};

struct ProxyGradients {
  const float *display, *linear;  // adjoint of what was returned, before the clip; the light before sharpening
  float over_range, beyond;       // adjoints of the means
  float *point, *finish, *balanced, *coefficients;
};

struct ProxyScratch {
  Tape tape;
  Stretched coefficients;
  Plane root, blurred, base[2], line, over_range, beyond;
  Plane of_linear[3], of_root, of_blurred, of_upright, of_padded, of_base[2], products;
};

INLINE RgbRow rgb_row(Plane* planes, int y) { return {planes[0].row(y), planes[1].row(y), planes[2].row(y)}; }
INLINE RgbRow rgb_row(float* planes, size_t pixels, size_t place) {
  return {planes + place, planes + pixels + place, planes + 2 * pixels + place};
}

INLINE void cover_with_zeros(Plane& plane, Window w) {
  plane.cover(w);
  std::fill_n(plane.row(w.top) + w.left, (size_t)w.height() * w.width(), 0.0f);
}

// The mean over `pixels` of a row of sums.
static float mean(const float* sums, int count, double pixels) { return (float)(std::accumulate(sums, sums + count, 0.0) / pixels); }

// Slope and offset of clarity's base at every pixel.
static void interpolate_base(const Parameters& p, const Proxy& proxy, ProxyScratch& s) {
  const int top = proxy.top, left = proxy.left, right = left + p.width;
  for (int which = 0; which < 2; ++which) {
    s.base[which].cover({0, p.height, 0, p.width});
    s.coefficients.cover(base_grid(p, proxy.coefficients, which), top, top + p.height, left, right);
    for (int y = 0; y < p.height; ++y) s.coefficients.row(top + y, left, right, s.base[which].row(y) - left);
  }
}

// The transpose of `Stretched`: from pixels to cells.
static void interpolation_row_adjoint(const Parameters& p, int y, int left, const float* of_row, float* cells, float* of_cells) {
  const float per_cell = 1.0f / p.cell_px;
  const int columns = p.cell_columns;
  std::fill_n(cells, columns, 0.0f);
  for (int x = 0; x < p.width; ++x) {
    const float across = clamp((left + x + 0.5f) * per_cell - 0.5f, 0.0f, columns - 1.0f);
    const int j = std::min((int)across, columns - 2);
    const float share = across - j;
    cells[j] += of_row[x] * (1.0f - share);
    cells[j + 1] += of_row[x] * share;
  }
  const float down = clamp((y + 0.5f) * per_cell - 0.5f, 0.0f, p.cell_rows - 1.0f);
  const int upper = std::min((int)down, p.cell_rows - 2);
  float *above = of_cells + (size_t)upper * columns, *below = above + columns, share = down - upper;
  for (int j = 0; j < columns; ++j) above[j] += cells[j] * (1.0f - share), below[j] += cells[j] * share;
}

// Borders repeat the edge sample.
INLINE void extend_border(Plane& plane, Window known) {
  const Window w = plane.window;
  for (int y = known.top; y < known.bottom; ++y) {
    float* row = plane.row(y);
    std::fill(row + w.left, row + known.left, row[known.left]);
    std::fill(row + known.right, row + w.right, row[known.right - 1]);
  }
  for (int y = w.top; y < w.bottom; ++y)
    if (y < known.top || y >= known.bottom)
      std::copy_n(plane.row(y < known.top ? known.top : known.bottom - 1) + w.left, w.width(), plane.row(y) + w.left);
}

static void blurred_roots(const Parameters& p, float* linear, ProxyScratch& s) {
  const Window whole{0, p.height, 0, p.width};
  const size_t pixels = (size_t)p.height * p.width;
  s.root.cover(grown(whole, SHARPEN_REACH)), s.blurred.cover(whole), s.line.cover({0, 1, 0, p.width + 2 * SHARPEN_REACH});
  for (int y = 0; y < p.height; ++y)
    luma_root_row(p.constants, rgb_row(linear, pixels, (size_t)y * p.width), 0, p.width, s.root.row(y));
  extend_border(s.root, whole);
  const auto root_at = [&](int y) { return s.root.row(y); };
  for (int y = 0; y < p.height; ++y)
    blur_row<SHARPEN_REACH>(p.sharpen_kernel, root_at, y, 0, p.width, s.line.row(0), s.blurred.row(y));
}

// ---------------------------------------------------------------- one proxy forward

template <bool camera_look, bool tonal>
static void chain_forward_row(const Constants& constants, const PointParameters<float>& point, RgbRow in, const float* slope,
                              const float* offset, int width, RgbRow out, float* beyond) {
  const PointParameters<float> numbers = point;
  const Constants k = constants;
  const float *red_in = in.red, *green_in = in.green, *blue_in = in.blue;
  float *red = out.red, *green = out.green, *blue = out.blue;
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    float distance;
    const Rgb<float> balanced{red_in[x], green_in[x], blue_in[x]};
    const Rgb<float> rgb =
        point_chain<camera_look, tonal>(numbers, k, balanced, tonal ? slope[x] : 1.0f, tonal ? offset[x] : 0.0f, distance);
    red[x] = rgb.red, green[x] = rgb.green, blue[x] = rgb.blue;
    beyond[x] += maximum(distance - 1.0f, 0.0f);
  }
}

INLINE void encode_row(const Constants& constants, int width, float* row, float* over_range) {
  const Constants k = constants;
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const float display = srgb_from_linear(k, row[x]), shown = clamp(display, 0.0f, 1.0f);
    over_range[x] += absolute(display - shown);
    row[x] = shown;
  }
}

// `display` becomes the picture; `linear`, where asked for, its light before sharpening.
static void proxy_forward(Parameters& p, const Proxy& proxy, float* display, float* linear, float* over_range, float* beyond,
                          ProxyScratch& s) {
  const size_t pixels = (size_t)p.height * p.width;
  std::copy_n(proxy.finish + 1, TAPS, p.sharpen_kernel);
  p.sharpen = proxy.finish[0];
  memcpy(&p.point, proxy.point, sizeof p.point);
  const bool tonal = p.point.highlights_ev != 0.0f || p.point.shadows_ev != 0.0f || p.point.whites_ev != 0.0f || p.point.clarity_gain != 0.0f;
  interpolate_base(p, proxy, s);
  cover_with_zeros(s.over_range, {0, 1, 0, p.width}), cover_with_zeros(s.beyond, {0, 1, 0, p.width});
  const auto chain = p.camera_look ? (tonal ? chain_forward_row<true, true> : chain_forward_row<true, false>)
                                   : (tonal ? chain_forward_row<false, true> : chain_forward_row<false, false>);
  for (int y = 0; y < p.height; ++y) {
    const size_t place = (size_t)y * p.width;
    chain(p.constants, p.point, rgb_row(const_cast<float*>(proxy.balanced), pixels, place), s.base[0].row(y), s.base[1].row(y),
          p.width, rgb_row(display, pixels, place), s.beyond.row(0));
  }
  if (linear) std::copy_n(display, 3 * pixels, linear);
  if (p.sharpen != 0.0f) {
    blurred_roots(p, display, s);
    for (int y = 0; y < p.height; ++y) {
      const float *root = s.root.row(y), *blurred = s.blurred.row(y), amount = p.sharpen;
      for (int channel = 0; channel < 3; ++channel) {
        float* row = display + channel * pixels + (size_t)y * p.width;
#pragma GCC ivdep
        for (int x = 0; x < p.width; ++x) row[x] += sharpening_change(amount, root[x], blurred[x]);
      }
    }
  }
  for (size_t row = 0; row < 3 * (size_t)p.height; ++row) encode_row(p.constants, p.width, display + row * p.width, s.over_range.row(0));
  *over_range = mean(s.over_range.row(0), p.width, 3.0 * pixels);
  *beyond = mean(s.beyond.row(0), p.width, (double)pixels);
}

// ---------------------------------------------------------------- one proxy backward

// From the picture to its light before sharpening, the roots and their blur. The clip passes everything.
static void finish_backward(const Parameters& p, const ProxyGradients& g, ProxyScratch& s) {
  const size_t pixels = (size_t)p.height * p.width;
  const float per_value = g.over_range / (3.0f * pixels);
  float seeds[3][CHUNK];
  s.tape.parameters(&p.sharpen, 1);
  for (int y = 0; y < p.height; ++y)
    for (int x = 0, count; x < p.width; x += count) {
      count = std::min(CHUNK, p.width - x);
      const size_t place = (size_t)y * p.width + x;
      Tape& t = s.tape;
      t.start();
      const Taped amount(&t, 0), root(&t, t.input(s.root.row(y) + x, count)), blurred(&t, t.input(s.blurred.row(y) + x, count));
      const Taped change = sharpening_change(amount, root, blurred);
      Taped linear[3];
      for (int channel = 0; channel < 3; ++channel) {
        linear[channel] = Taped(&t, t.input(g.linear + channel * pixels + place, count));
        const Taped display = srgb_from_linear(p.constants, linear[channel] + change);
        const float *value = t.value(display.row), *of_display = g.display + channel * pixels + place;
        float* seed = seeds[channel];
        for (int i = 0; i < count; ++i)
          seed[i] = of_display[i] + select(value[i] > 1.0f, per_value, select(value[i] < 0.0f, 0.0f - per_value, 0.0f));
        t.seed(display.row, seed, count);
      }
      t.backward();
      t.read(root.row, s.of_root.row(y) + x, count), t.read(blurred.row, s.of_blurred.row(y) + x, count);
      for (int channel = 0; channel < 3; ++channel) t.read(linear[channel].row, s.of_linear[channel].row(y) + x, count);
      t.end_chunk();
    }
  s.tape.totals(g.finish);
}

// sums[t] of `out` times what a filter's taps `t` away see: rows `sums + t * stride` of products, one for each column.
INLINE void add_products(const float* of_out, const float* before, const float* after, int left, int right, float* products) {
#pragma GCC ivdep
  for (int x = left; x < right; ++x) products[x] += of_out[x] * (before[x] + after[x]);
}

// The transpose of `blur_row` and `extend_border`: adds to the adjoint of the roots, and gives that of the half kernel.
static void blur_backward(const Parameters& p, ProxyScratch& s, float* of_kernel) {
  constexpr int R = SHARPEN_REACH;
  const Window whole{0, p.height, 0, p.width}, wide{0, p.height, -R, p.width + R};
  const float* w = p.sharpen_kernel;
  cover_with_zeros(s.of_upright, {-2 * R, p.height + 2 * R, -R, p.width + R});
  cover_with_zeros(s.products, {0, TAPS, -R, p.width + R});
  s.of_padded.cover(grown(whole, R));
  s.line.cover({0, 1, -R, p.width + R});
  for (int y = 0; y < p.height; ++y) {
    const float* of_out = s.of_blurred.row(y);  // zero beyond the picture
    float *upright = s.line.row(0), *of_upright = s.of_upright.row(y);
    std::fill(upright + wide.left, upright + wide.right, 0.0f);
    for (int tap = 0; tap <= R; ++tap) {
      const float *above = s.root.row(y - tap), *below = s.root.row(y + tap), weight = tap ? w[tap] : 0.5f * w[0];
#pragma GCC ivdep
      for (int x = wide.left; x < wide.right; ++x) {
        upright[x] += weight * (above[x] + below[x]);
        of_upright[x] += weight * (of_out[x - tap] + of_out[x + tap]);
      }
    }
    for (int tap = 0; tap <= R; ++tap) {
      add_products(of_out, upright - tap, upright + tap, whole.left, whole.right, s.products.row(tap));
      add_products(of_upright, s.root.row(y - tap), s.root.row(y + tap), wide.left, wide.right, s.products.row(tap));
    }
  }
  for (int y = -R; y < p.height + R; ++y) {
    float* padded = s.of_padded.row(y);
    std::fill(padded + wide.left, padded + wide.right, 0.0f);
    for (int tap = 0; tap <= R; ++tap) {
      const float *above = s.of_upright.row(y - tap), *below = s.of_upright.row(y + tap), weight = tap ? w[tap] : 0.5f * w[0];
#pragma GCC ivdep
      for (int x = wide.left; x < wide.right; ++x) padded[x] += weight * (above[x] + below[x]);
    }
    float* of_root = s.of_root.row(held(y, p.height));
    for (int x = 0; x < p.width; ++x) of_root[x] += padded[x];
    for (int x = 1; x <= R; ++x) of_root[0] += padded[-x], of_root[p.width - 1] += padded[p.width - 1 + x];
  }
  for (int tap = 0; tap <= R; ++tap) {
    const float* products = s.products.row(tap);
    of_kernel[tap] = (float)(std::accumulate(products - R, products + p.width + R, 0.0) * (tap ? 1.0 : 0.5));
  }
}

// From the roots of luma to light.
static void roots_backward(const Parameters& p, const float* linear, ProxyScratch& s) {
  const size_t pixels = (size_t)p.height * p.width;
  const Constants k = p.constants;
  for (int y = 0; y < p.height; ++y) {
    const RgbRow light = rgb_row(const_cast<float*>(linear), pixels, (size_t)y * p.width), of_light = rgb_row(s.of_linear, y);
    const float *of_root = s.of_root.row(y), *root = s.root.row(y), *red = light.red, *green = light.green, *blue = light.blue;
    float *of_red = of_light.red, *of_green = of_light.green, *of_blue = of_light.blue;
#pragma GCC ivdep
    for (int x = 0; x < p.width; ++x) {
      const float luma = dot(k.luminance, Rgb<float>{red[x], green[x], blue[x]});
      const float of_luma = select(luma >= k.sharpen_smallest_luma, of_root[x] * 0.5f / root[x], 0.0f);
      of_red[x] = multiply_add(of_luma, k.luminance[0], of_red[x]);
      of_green[x] = multiply_add(of_luma, k.luminance[1], of_green[x]);
      of_blue[x] = multiply_add(of_luma, k.luminance[2], of_blue[x]);
    }
  }
}

// From light before sharpening to balanced RGB, the parameters, and slope and offset of the base. `tonal` always: what is
// at its default has a gradient all the same.
template <bool camera_look> static void chain_backward(const Parameters& p, const Proxy& proxy, const ProxyGradients& g, ProxyScratch& s) {
  const size_t pixels = (size_t)p.height * p.width;
  const float per_pixel = g.beyond / pixels;
  float seed[CHUNK];
  Tape& t = s.tape;
  t.parameters(proxy.point, POINT_NUMBERS);
  PointParameters<Taped> numbers;
  for (int i = 0; i < POINT_NUMBERS; ++i) reinterpret_cast<Taped*>(&numbers)[i] = Taped(&t, i);
  for (int y = 0; y < p.height; ++y)
    for (int x = 0, count; x < p.width; x += count) {
      count = std::min(CHUNK, p.width - x);
      const size_t place = (size_t)y * p.width + x;
      t.start();
      Rgb<Taped> rgb;
      Taped* channels[3] = {&rgb.red, &rgb.green, &rgb.blue};
      for (int channel = 0; channel < 3; ++channel)
        *channels[channel] = Taped(&t, t.input(proxy.balanced + channel * pixels + place, count));
      const Taped slope(&t, t.input(s.base[0].row(y) + x, count)), offset(&t, t.input(s.base[1].row(y) + x, count));
      Taped distance;
      const Rgb<Taped> linear = point_chain<camera_look, true>(numbers, p.constants, rgb, slope, offset, distance);
      const Taped results[3] = {linear.red, linear.green, linear.blue};
      for (int channel = 0; channel < 3; ++channel) t.seed(results[channel].row, s.of_linear[channel].row(y) + x, count);
      const float* far = t.value(distance.row);
      for (int i = 0; i < count; ++i) seed[i] = select(far[i] >= 1.0f, per_pixel, 0.0f);
      t.seed(distance.row, seed, count);
      t.backward();
      for (int channel = 0; channel < 3 && g.balanced; ++channel)
        t.read(channels[channel]->row, g.balanced + channel * pixels + place, count);
      t.read(slope.row, s.of_base[0].row(y) + x, count), t.read(offset.row, s.of_base[1].row(y) + x, count);
      t.end_chunk();
    }
  t.totals(g.point);
}

static void proxy_backward(Parameters& p, const Proxy& proxy, const ProxyGradients& g, ProxyScratch& s) {
  const Window whole{0, p.height, 0, p.width};
  const size_t cells = (size_t)p.cell_rows * p.cell_columns;
  std::copy_n(proxy.finish + 1, TAPS, p.sharpen_kernel);
  p.sharpen = proxy.finish[0];
  interpolate_base(p, proxy, s);
  blurred_roots(p, const_cast<float*>(g.linear), s);
  for (Plane& each : s.of_linear) each.cover(whole);
  for (Plane& each : s.of_base) each.cover(whole);
  s.of_root.cover(whole);
  cover_with_zeros(s.of_blurred, {0, p.height, -2 * SHARPEN_REACH, p.width + 2 * SHARPEN_REACH});
  finish_backward(p, g, s);
  blur_backward(p, s, g.finish + 1);
  roots_backward(p, g.linear, s);
  p.camera_look ? chain_backward<true>(p, proxy, g, s) : chain_backward<false>(p, proxy, g, s);
  s.line.cover({0, 1, 0, p.cell_columns});
  for (int which = 0; which < 2; ++which)
    for (int y = 0; y < p.height; ++y)
      interpolation_row_adjoint(p, proxy.top + y, proxy.left, s.of_base[which].row(y), s.line.row(0), g.coefficients + which * cells);
}

// What belongs to the image `index` of a batch.
INLINE Proxy proxy_of(const Parameters& p, int index, const float* balanced, const float* point, const float* finish,
                      const float* coefficients, int top, int left) {
  const size_t i = index, values = 3 * (size_t)p.height * p.width, cells = 2 * (size_t)p.cell_rows * p.cell_columns;
  return {point + i * POINT_NUMBERS, finish + i * FINISH_NUMBERS, balanced + i * values, coefficients + i * cells, top, left};
}

}  // namespace isp

// ---------------------------------------------------------------- what Python calls: batches, one image per thread at a time

extern "C" int proxies_forward(const Parameters* p, int count, const float* balanced, const float* point, const float* finish,
                               const float* coefficients, int top, int left, float* display, float* linear, float* over_range,
                               float* beyond) {
  return !isp::in_parallel<isp::ProxyScratch>(count, p->threads, [=](int i, isp::ProxyScratch& scratch) {
    Parameters own = *p;
    const size_t values = 3 * (size_t)p->height * p->width * i;
    const isp::Proxy proxy = isp::proxy_of(own, i, balanced, point, finish, coefficients, top, left);
    isp::proxy_forward(own, proxy, display + values, linear ? linear + values : nullptr, over_range + i, beyond + i, scratch);
  });
}

// `of_balanced` may be null; `of_coefficients` holds zeros.
extern "C" int proxies_backward(const Parameters* p, int count, const float* balanced, const float* point, const float* finish,
                                const float* coefficients, int top, int left, const float* linear, const float* of_display,
                                const float* of_over_range, const float* of_beyond, float* of_point, float* of_finish,
                                float* of_balanced, float* of_coefficients) {
  return !isp::in_parallel<isp::ProxyScratch>(count, p->threads, [=](int i, isp::ProxyScratch& scratch) {
    Parameters own = *p;
    const size_t values = 3 * (size_t)p->height * p->width * i, cells = 2 * (size_t)p->cell_rows * p->cell_columns * i;
    const isp::Proxy proxy = isp::proxy_of(own, i, balanced, point, finish, coefficients, top, left);
    const isp::ProxyGradients gradients{of_display + values, linear + values, of_over_range[i], of_beyond[i],
                                        of_point + (size_t)i * isp::POINT_NUMBERS, of_finish + (size_t)i * isp::FINISH_NUMBERS,
                                        of_balanced ? of_balanced + values : nullptr, of_coefficients + cells};
    isp::proxy_backward(own, proxy, gradients, scratch);
  });
}
