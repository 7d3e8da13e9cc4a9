// How large a picture stands: fitted into its room, and never with more than one device pixel for each of its own.
// Sizes are in CSS px, `ratio` is device pixels per CSS px.

function fitted(picture, room, ratio) {
  const scale = Math.min(1 / ratio, room.width / picture.width, room.height / picture.height);
  const whole = size => Math.max(1, Math.floor(size * scale * ratio + 1e-6)) / ratio;
  return { width: whole(picture.width), height: whole(picture.height) };
}

const fullSize = (picture, ratio) => ({ width: picture.width / ratio, height: picture.height / ratio });

function placed(start, room, size, share, ratio, rest = 0.5) {
  // where a picture begins in a room that begins at `start`: a smaller one with `rest` of the free room before it, of a larger
  // one `share` of what does not fit is out of sight; on a whole device pixel
  const offset = (room - size) * (room > size ? rest : share);
  return Math.round((start + offset) * ratio) / ratio - start;
}

function arrangement(view, width, height) {
  // side by side, except in an upright window of a phone's width, where both pictures would be tiny
  if (view !== "side-by-side") return "single";
  return width < 700 && height > width ? "stacked" : "side";
}
