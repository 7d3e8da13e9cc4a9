// Where the picture lies on the stage: `scale` in CSS px for each picture px (0 fits), `x` and `y` what of it is in the middle.
const place = { scale: 0, x: 0.5, y: 0.5 };

function fitting(px) {
  const stage = at("stage"), ratio = devicePixelRatio || 1;
  return Math.min(stage.clientWidth / px[0], stage.clientHeight / px[1], 4 / ratio);
}

const oneToOne = () => 1 / (devicePixelRatio || 1);

function boxOf(px) {
  const stage = at("stage"), across = stage.clientWidth, down = stage.clientHeight, scale = place.scale || fitting(px);
  const width = px[0] * scale, height = px[1] * scale;
  place.x = width <= across ? 0.5 : clamp(place.x, across / 2 / width, 1 - across / 2 / width);
  place.y = height <= down ? 0.5 : clamp(place.y, down / 2 / height, 1 - down / 2 / height);
  const whole = (number) => Math.round(number * (devicePixelRatio || 1)) / (devicePixelRatio || 1); // picture px on screen px
  return { left: whole(across / 2 - place.x * width), top: whole(down / 2 - place.y * height), width, height, scale };
}

function clamp(number, low, high) {
  return Math.min(high, Math.max(low, number));
}

function zoomAt(px, scale, stageX, stageY) {
  const box = boxOf(px), fit = fitting(px), stage = at("stage");
  const x = (stageX - box.left) / box.width, y = (stageY - box.top) / box.height;
  scale = clamp(scale, fit, Math.max(8 * oneToOne(), fit));
  place.scale = scale <= fit * 1.001 ? 0 : scale;
  place.x = x - (stageX - stage.clientWidth / 2) / (px[0] * scale);
  place.y = y - (stageY - stage.clientHeight / 2) / (px[1] * scale);
}

function panBy(px, across, down) {
  const box = boxOf(px);
  place.x -= across / box.width;
  place.y -= down / box.height;
}
