// Point stages: camera, tone, clarity, tone_map, chroma, gamut, and the chain that they make.

namespace isp {

template <class V, class Weight> INLINE Rgb<V> map(const Weight* matrix, Rgb<V> c) {
  return {dot(matrix, c), dot(matrix + 3, c), dot(matrix + 6, c)};
}

template <class V> INLINE Rgb<V> to_working_space(const PointParameters<V>& p, Rgb<V> balanced, V& luminance) {
  luminance = dot(p.luminance_weights, balanced) + p.offset;
  return {dot(p.matrix, balanced) + p.offset, dot(p.matrix + 3, balanced) + p.offset, dot(p.matrix + 6, balanced) + p.offset};
}

template <class V> INLINE V to_stops(const Constants& k, V luminance) {
  return log2(maximum(luminance, V(k.smallest_luminance)) * k.per_mid_grey);
}

// `slope` and `offset` of the guided filter at this pixel.
template <class V> INLINE V base_stops(V stops, V slope, V offset) { return multiply_add(slope, stops, offset); }

template <class V> INLINE V smoothstep(V x) {
  const V held = clamp(x, 0.0f, 1.0f);
  return held * held * (3.0f - 2.0f * held);
}

template <class V> INLINE V tone_curve(const PointParameters<V>& p, const Constants& k, V stops) {
  const V bright = multiply_add(p.highlights_ev, smoothstep(stops * k.per_highlights_reach_ev), stops);
  const V curved = multiply_add(p.shadows_ev, smoothstep(stops * k.per_shadows_reach_ev), bright);
  const V start = clamp(curved, 0.0f, 1.0f);
  return multiply_add(p.whites_ev * k.per_white_ramp, start * (curved - 0.5f * start), curved);
}

template <class V> INLINE V added_detail(const PointParameters<V>& p, const Constants& k, V detail) {
  const V share = detail * k.per_largest_detail_ev;
  return p.clarity_gain * detail / square_root(1.0f + share * share);
}

template <class V> INLINE Rgb<V> apply_stops(Rgb<V> rgb, V before, V after) {
  const V gain = exp2(after - before);
  return {rgb.red * gain, rgb.green * gain, rgb.blue * gain};
}

template <class V> struct Oklab { V lightness, a, b; };

template <class V> INLINE Rgb<V> at_least(Rgb<V> c, float least) {
  return {maximum(c.red, V(least)), maximum(c.green, V(least)), maximum(c.blue, V(least))};
}

// Of light above 0.
template <class V> INLINE Oklab<V> oklab_from_rec2020(const Constants& k, Rgb<V> rgb) {
  const Rgb<V> lms = map(k.rec2020_to_lms, rgb);
  const Rgb<V> lab = map(k.roots_to_lab, Rgb<V>{cube_root(lms.red), cube_root(lms.green), cube_root(lms.blue)});
  return {lab.red, lab.green, lab.blue};
}

template <class V> INLINE Rgb<V> srgb_from_oklab(const Constants& k, Oklab<V> lab) {
  const Rgb<V> roots = map(k.lab_to_roots, Rgb<V>{lab.lightness, lab.a, lab.b});
  return map(k.lms_to_rgb, Rgb<V>{roots.red * roots.red * roots.red, roots.green * roots.green * roots.green,
                                   roots.blue * roots.blue * roots.blue});
}

template <class V> INLINE V display_curve(const PointParameters<V>& p, const Constants& k, V light) {
  const V log_odds = multiply_add(p.tone_map_exponent, log2(light), p.tone_map_offset);
  const V curved = k.display_peak / (1.0f + exp2(0.0f - log_odds));
  const V share = minimum(curved * p.per_display_white, V(1.0f)), square = share * share;
  return multiply_add(p.display_stretch, square * square, curved);
}

// Lightness and chroma of the colour shown, hue of the scene's light, which is above 0.
template <class V> INLINE Oklab<V> with_hue_of(const Constants& k, Rgb<V> light, Rgb<V> shown_rgb) {
  const Oklab<V> shown = oklab_from_rec2020(k, shown_rgb), scene = oklab_from_rec2020(k, light);
  const V palest = k.palest * scene.lightness;
  const V scene_chroma2 = multiply_add(scene.a, scene.a, multiply_add(scene.b, scene.b, palest * palest));
  const V shown_chroma2 = multiply_add(shown.a, shown.a, multiply_add(shown.b, shown.b, V(k.palest_chroma2)));
  const V scale = square_root(shown_chroma2 / scene_chroma2);
  return {shown.lightness, scene.a * scale, scene.b * scale};
}

template <class V> INLINE Oklab<V> tone_map(const PointParameters<V>& p, const Constants& k, Rgb<V> rgb) {
  const Rgb<V> light = at_least(rgb, k.smallest_light);
  return with_hue_of(k, light, {display_curve(p, k, light.red), display_curve(p, k, light.green), display_curve(p, k, light.blue)});
}

template <class V> INLINE Oklab<V> adjust_chroma(const PointParameters<V>& p, const Constants& k, Oklab<V> lab) {
  const V chroma2 = multiply_add(lab.a, lab.a, lab.b * lab.b);
  const V pale = maximum(lab.lightness, V(k.smallest_lightness)) * k.pale_chroma, pale2 = pale * pale;
  const V gain = p.saturation_gain * multiply_add(p.vibrance, pale2 / (pale2 + chroma2), V(1.0f));
  const V cosine = gain * p.hue_cosine, sine = gain * p.hue_sine;
  return {lab.lightness, lab.a * cosine - lab.b * sine, multiply_add(lab.a, sine, lab.b * cosine)};
}

template <class V> INLINE Oklab<V> with_chroma(Oklab<V> lab, V gain) { return {lab.lightness, lab.a * gain, lab.b * gain}; }

// How far each channel has gone from grey to its end, the farthest of them; `per_room` are 1 / grey and 1 / (1 - grey).
template <class V> INLINE V chord_distance(Rgb<V> srgb, V grey, V per_room_below, V per_room_above) {
  return maximum((grey - lowest(srgb)) * per_room_below, (highest(srgb) - grey) * per_room_above);
}

template <class V> INLINE V boundary_distance(const Constants& k, Oklab<V> lab) {
  const V grey = lab.lightness * lab.lightness * lab.lightness;
  const V below = 1.0f / maximum(grey, V(k.smallest_room)), above = 1.0f / maximum(1.0f - grey, V(k.smallest_room));
  const V nearest = maximum(chord_distance(srgb_from_oklab(k, lab), grey, below, above), V(k.nearest_distance));
  return chord_distance(srgb_from_oklab(k, with_chroma(lab, 1.0f / nearest)), grey, below, above) * nearest;
}

// `distance`: what `boundary_distance` returned.
template <class V> INLINE Rgb<V> compress_gamut(const Constants& k, Oklab<V> lab, V& distance) {
  distance = boundary_distance(k, lab);
  const V beyond = maximum(distance - k.gamut_threshold, V(0.0f));
  const V lost = beyond * beyond / ((k.gamut_strength + beyond) * maximum(distance, V(k.gamut_threshold)));
  return srgb_from_oklab(k, with_chroma(lab, 1.0f - lost));
}

// Without tone map and gamut: the matrix to sRGB, and what chroma's parameters change.
template <class V> INLINE Rgb<V> linear_look(const PointParameters<V>& p, const Constants& k, Rgb<V> rgb, V& distance) {
  const Oklab<V> lab = oklab_from_rec2020(k, at_least(rgb, k.smallest_light)), changed = adjust_chroma(p, k, lab);
  const Rgb<V> before = srgb_from_oklab(k, lab), after = srgb_from_oklab(k, changed);
  distance = boundary_distance(k, changed);
  const Rgb<V> srgb = map(k.rec2020_to_rgb, rgb);
  return {srgb.red + (after.red - before.red), srgb.green + (after.green - before.green), srgb.blue + (after.blue - before.blue)};
}

// White-balanced camera RGB to Rec.2020, exposed and toned.
// `tonal`: whether highlights, shadows, whites or clarity do anything; without them luma stays as it is.
template <bool tonal, class V>
INLINE Rgb<V> scene_light(const PointParameters<V>& p, const Constants& k, Rgb<V> balanced, V slope, V offset) {
  V luminance;
  const Rgb<V> rgb = to_working_space(p, balanced, luminance);
  if constexpr (!tonal) return rgb;
  const V stops = to_stops(k, luminance), base = base_stops(stops, slope, offset);
  const V moved = tone_curve(p, k, base) - base;
  return apply_stops(rgb, stops, stops + moved + added_detail(p, k, stops - base));
}

// White-balanced camera RGB to display-linear sRGB. The switches are template parameters: branches in it would keep it scalar.
// `distance`: how far the colour is from grey on its way to the boundary of sRGB; free for who does not read it.
template <bool camera_look, bool tonal, class V>
INLINE Rgb<V> point_chain(const PointParameters<V>& p, const Constants& k, Rgb<V> balanced, V slope, V offset, V& distance) {
  const Rgb<V> rgb = scene_light<tonal>(p, k, balanced, slope, offset);
  if constexpr (camera_look)
    return compress_gamut(k, adjust_chroma(p, k, tone_map(p, k, rgb)), distance);
  else
    return linear_look(p, k, rgb, distance);
}

// The display's linear luma, as its root, after the unsharp mask; less what it was: what all three channels gain.
template <class V> INLINE V sharpening_change(V amount, V root, V blurred) {
  const V sharpened = maximum(multiply_add(amount, root - blurred, root), V(0.0f));
  return sharpened * sharpened - root * root;
}

template <class V> INLINE V srgb_from_linear(const Constants& k, V linear) {
  const V power = exp2(log2(maximum(linear, V(k.srgb_linear_limit))) * k.per_srgb_power);
  const V straight = multiply_add(minimum(linear, V(k.srgb_linear_limit)), k.srgb_linear_slope, V(k.srgb_curve_offset));
  return multiply_add(power, k.srgb_curve_scale, straight);
}

}  // namespace isp
