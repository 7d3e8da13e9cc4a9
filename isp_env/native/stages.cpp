// Single stages over whole pictures, for the tests against torch.

namespace {

using isp::Rgb;

template <class Stage> void each_value(int count, const float* in, float* out, Stage stage) {
  for (int i = 0; i < count; ++i) out[i] = stage(in[i]);
}

Rgb<float> as_rgb(isp::Oklab<float> lab) { return {lab.lightness, lab.a, lab.b}; }
isp::Oklab<float> as_lab(Rgb<float> planes) { return {planes.red, planes.green, planes.blue}; }

// Three planes to three planes.
template <class Stage> void each_pixel(int count, const float* in, float* out, Stage stage) {
  for (int i = 0; i < count; ++i) {
    const Rgb<float> rgb = stage(Rgb<float>{in[i], in[count + i], in[2 * count + i]});
    out[i] = rgb.red, out[count + i] = rgb.green, out[2 * count + i] = rgb.blue;
  }
}

}  // namespace

extern "C" void stage_correct_defects(const Parameters* p, const float* planes, float* out) {
  const int height = p->height / 2, width = p->width / 2;
  isp::Plane wide[4], low, high;
  low.cover({0, 4, 0, width}), high.cover({0, 4, 0, width});
  for (int plane = 0; plane < 4; ++plane) {
    wide[plane].cover({-1, height + 1, -1, width + 1});
    for (int y = -1; y <= height; ++y)
      for (int x = -1; x <= width; ++x)
        wide[plane].row(y)[x] = planes[((size_t)plane * height + isp::mirrored(y, height)) * width + isp::mirrored(x, width)];
  }
  for (int y = 0; y < height; ++y) {
    isp::PlaneRows here, lows, highs, to;
    for (int plane = 0; plane < 4; ++plane) {
      here.of[plane] = wide[plane].row(y), lows.of[plane] = low.row(plane), highs.of[plane] = high.row(plane);
      to.of[plane] = out + ((size_t)plane * height + y) * width;
      isp::neighbour_range_row(wide[plane].row(y - 1), here.of[plane], wide[plane].row(y + 1), width, low.row(plane), high.row(plane));
    }
    isp::correct_defects_row(*p, here, lows, highs, width, to);
  }
}

// With the planes' gains, and those applied, where `lens` is not null.
extern "C" void stage_restore_highlights(const Parameters* p, const float* lens, float* planes) {
  const int pixels = p->height / 2 * (p->width / 2);
  const isp::PlaneRows rows{{planes, planes + pixels, planes + 2 * pixels, planes + 3 * pixels}};
  if (lens == nullptr) return isp::restore_highlights_row<false>(*p, rows, rows, pixels);
  float* gains = const_cast<float*>(lens);
  isp::restore_highlights_row<true>(*p, rows, {{gains, gains + pixels, gains + 2 * pixels, gains + 3 * pixels}}, pixels);
  for (int x = 0; x < 4 * pixels; ++x) planes[x] *= gains[x];
}

extern "C" void stage_plane_gains(const Parameters* p, const float* shading, float* out) {
  const int height = p->height / 2, width = p->width / 2;
  isp::LensGains gains;
  gains.cover(*p, shading, 0, height, 0, width);
  for (isp::Stretched& plane : gains.planes)
    for (int y = 0; y < height; ++y, out += width) plane.row(y, 0, width, out);
}

extern "C" void stage_sharpen_luma(const Parameters* p, float* rgb) {
  const isp::Window whole{0, p->height, 0, p->width};
  const size_t pixels = (size_t)p->height * p->width;
  isp::Plane root, line;
  root.cover(isp::grown(whole, isp::SHARPEN_REACH)), line.cover({0, 2, 0, p->width + 2 * isp::SHARPEN_REACH});
  const auto at = [=](int y) { return isp::RgbRow{rgb + y * p->width, rgb + pixels + y * p->width, rgb + 2 * pixels + y * p->width}; };
  for (int y = 0; y < p->height; ++y) isp::root_row(*p, at(y), whole, whole, root.row(y));
  const auto root_at = [&](int y) { return root.row(isp::held(y, p->height)); };
  for (int y = 0; y < p->height; ++y) isp::sharpen_luma_row(*p, root_at, y, 0, p->width, line.row(0), line.row(1), at(y));
}

// The fourth plane is the luminance.
extern "C" void stage_to_working_space(const Parameters* p, int count, const float* rgb, float* out) {
  float* luminance = out + 3 * (size_t)count;
  each_pixel(count, rgb, out, [&](Rgb<float> c) { return isp::to_working_space(p->point, c, *luminance++); });
}

extern "C" void stage_to_stops(const Parameters* p, int count, const float* luminance, float* out) {
  each_value(count, luminance, out, [=](float y) { return isp::to_stops(p->constants, y); });
}

extern "C" void stage_tone_curve(const Parameters* p, int count, const float* stops, float* out) {
  each_value(count, stops, out, [=](float t) { return isp::tone_curve(p->point, p->constants, t); });
}

extern "C" void stage_base_stops(const Parameters* p, const float* coefficients, float* stops) {
  isp::Stretched base[2];
  for (int which : {0, 1}) base[which].cover(isp::base_grid(*p, coefficients, which), 0, p->height, 0, p->width);
  std::vector<float> slope(p->width), offset(p->width);
  for (int y = 0; y < p->height; ++y, stops += p->width) {
    base[0].row(y, 0, p->width, slope.data()), base[1].row(y, 0, p->width, offset.data());
    for (int x = 0; x < p->width; ++x) stops[x] = isp::base_stops(stops[x], slope[x], offset[x]);
  }
}

extern "C" void stage_added_detail(const Parameters* p, int count, const float* detail, float* out) {
  each_value(count, detail, out, [=](float d) { return isp::added_detail(p->point, p->constants, d); });
}

extern "C" void stage_apply_stops(const Parameters*, int count, float before, float after, const float* rgb, float* out) {
  each_pixel(count, rgb, out, [=](Rgb<float> c) { return isp::apply_stops(c, before, after); });
}

extern "C" void stage_tone_map(const Parameters* p, int count, const float* rgb, float* out) {
  each_pixel(count, rgb, out, [=](Rgb<float> c) { return as_rgb(isp::tone_map(p->point, p->constants, c)); });
}

extern "C" void stage_adjust_chroma(const Parameters* p, int count, const float* lab, float* out) {
  each_pixel(count, lab, out, [=](Rgb<float> c) { return as_rgb(isp::adjust_chroma(p->point, p->constants, as_lab(c))); });
}

extern "C" void stage_compress_gamut(const Parameters* p, int count, const float* lab, float* out) {
  float distance;
  each_pixel(count, lab, out, [=, &distance](Rgb<float> c) { return isp::compress_gamut(p->constants, as_lab(c), distance); });
}

extern "C" void stage_linear_look(const Parameters* p, int count, const float* rgb, float* out) {
  float distance;
  each_pixel(count, rgb, out, [=, &distance](Rgb<float> c) { return isp::linear_look(p->point, p->constants, c, distance); });
}

extern "C" void stage_cube_root(const Parameters*, int count, const float* x, float* out) {
  each_value(count, x, out, [](float each) { return isp::cube_root(each); });
}

extern "C" void stage_srgb_from_linear(const Parameters* p, int count, const float* linear, float* out) {
  each_value(count, linear, out, [=](float x) { return isp::srgb_from_linear(p->constants, x); });
}
