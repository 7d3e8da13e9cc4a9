// The point chain along a row, in runs short enough that a processor looks from one pixel into the next while it waits: as one
// run, whose every step waits for the last, it takes twice as long. The same bits.

namespace isp {

template <bool tonal>
static void scene_light_row(const Parameters& p, RgbRow in, const float* slope, const float* offset, int left, int right, float least, RgbRow out) {
  const PointParameters<float> point = p.point;
  const Constants k = p.constants;
  const float *red_in = in.red, *green_in = in.green, *blue_in = in.blue;
  float *red = out.red, *green = out.green, *blue = out.blue;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const Rgb<float> balanced{red_in[x], green_in[x], blue_in[x]};
    const Rgb<float> light = at_least(scene_light<tonal>(point, k, balanced, tonal ? slope[x] : 1.0f, tonal ? offset[x] : 0.0f), least);
    red[x] = light.red, green[x] = light.green, blue[x] = light.blue;
  }
}

INLINE void display_curve_row(const Parameters& p, const float* light, int left, int right, float* shown) {
  const PointParameters<float> point = p.point;
  const Constants k = p.constants;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) shown[x] = display_curve(point, k, light[x]);
}

// Oklab of the colour that is shown, in place of the light.
static void chroma_row(const Parameters& p, RgbRow shown, int left, int right, RgbRow light) {
  const PointParameters<float> point = p.point;
  const Constants k = p.constants;
  const float *red_shown = shown.red, *green_shown = shown.green, *blue_shown = shown.blue;
  float *red = light.red, *green = light.green, *blue = light.blue;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    const Rgb<float> scene{red[x], green[x], blue[x]}, display{red_shown[x], green_shown[x], blue_shown[x]};
    const Oklab<float> lab = adjust_chroma(point, k, with_hue_of(k, scene, display));
    red[x] = lab.lightness, green[x] = lab.a, blue[x] = lab.b;
  }
}

// Display-linear sRGB in place of Oklab.
static void compress_gamut_row(const Parameters& p, int left, int right, RgbRow lab) {
  const Constants k = p.constants;
  float *red = lab.red, *green = lab.green, *blue = lab.blue;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    float distance;
    const Rgb<float> rgb = compress_gamut(k, Oklab<float>{red[x], green[x], blue[x]}, distance);
    red[x] = rgb.red, green[x] = rgb.green, blue[x] = rgb.blue;
  }
}

static void linear_look_row(const Parameters& p, int left, int right, RgbRow light) {
  const PointParameters<float> point = p.point;
  const Constants k = p.constants;
  float *red = light.red, *green = light.green, *blue = light.blue;
#pragma GCC ivdep
  for (int x = left; x < right; ++x) {
    float distance;
    const Rgb<float> rgb = linear_look(point, k, Rgb<float>{red[x], green[x], blue[x]}, distance);
    red[x] = rgb.red, green[x] = rgb.green, blue[x] = rgb.blue;
  }
}

// `in` is lost.
static void point_chain_row(const Parameters& p, RgbRow in, const float* slope, const float* offset, int left, int right, RgbRow out) {
  const float least = p.camera_look ? p.constants.smallest_light : std::numeric_limits<float>::lowest();
  (p.tonal ? scene_light_row<true> : scene_light_row<false>)(p, in, slope, offset, left, right, least, out);
  if (!p.camera_look) return linear_look_row(p, left, right, out);
  display_curve_row(p, out.red, left, right, in.red);
  display_curve_row(p, out.green, left, right, in.green);
  display_curve_row(p, out.blue, left, right, in.blue);
  chroma_row(p, in, left, right, out);
  compress_gamut_row(p, left, right, out);
}

}  // namespace isp
