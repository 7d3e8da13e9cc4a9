// How large a CSS px is on this screen: a frame is made as large as a bank card, ISO/IEC 7810 ID-1.

const CARD_MM = { width: 85.6, height: 53.98 };
const calibrated = { pxPerMm: null };

function showCard(changed) {
  const slider = $("card-width");
  const draw = () => Object.assign($("bank-card").style, {
    width: slider.value + "px", height: slider.value * CARD_MM.height / CARD_MM.width + "px",
  });
  slider.oninput = () => { calibrated.pxPerMm = slider.value / CARD_MM.width; draw(); changed(); };
  $("distance").oninput = changed;
  if (calibrated.pxPerMm === null) slider.value = 324; // 96 px an inch, until the rater has moved it
  draw();
}

const distanceMm = () => { const cm = Number($("distance").value); return cm >= 10 && cm <= 500 ? Math.round(cm * 10) : null; };
const isCalibrated = () => calibrated.pxPerMm !== null && distanceMm() !== null;
