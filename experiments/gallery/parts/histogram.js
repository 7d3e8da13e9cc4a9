// Histograms of 64 bins: red, green and blue added as light, luma as a line.
const BINS = 64, INK = ["#f2f2f2", "#d04646", "#46d046", "#4646d0"]; // three equal inks add up to grey

function drawHistogram(canvas, view, peak) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const ink = canvas.getContext("2d"), bytes = Uint8Array.from(atob(view.bins), (each) => each.charCodeAt(0));
  const unit = (height - 6) / 255 * (view.peak / peak);
  ink.scale(ratio, ratio);
  ink.strokeStyle = "#353535";
  for (const share of [0.25, 0.5, 0.75]) { ink.beginPath(); ink.moveTo(Math.round(width * share) + 0.5, 0); ink.lineTo(Math.round(width * share) + 0.5, height); ink.stroke(); }
  ink.globalCompositeOperation = "screen";
  for (const channel of [1, 2, 3, 0]) {
    ink.beginPath();
    ink.moveTo(0, height);
    for (let bin = 0; bin < BINS; bin++) ink.lineTo((bin + 0.5) / BINS * width, height - Math.min(height, bytes[channel * BINS + bin] * unit));
    ink.lineTo(width, height);
    ink.closePath();
    ink.fillStyle = ink.strokeStyle = INK[channel];
    ink.globalAlpha = channel ? 0.8 : 0.9;
    if (channel) ink.fill(); else { ink.globalCompositeOperation = "source-over"; ink.stroke(); }
  }
}
