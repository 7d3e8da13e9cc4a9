// The stage: both pictures side by side, one above the other, or one at a time.

const FLICKER_MS = 500;
const SIDES = ["left", "right"];
const stage = { words: "side", front: "left", seen: new Set(), timer: 0, zoom: false, share: { across: 0.5, down: 0.5 } };

function arrange() {
  stage.words = arrangement(about.view, innerWidth, innerHeight);
  for (const name of ["stacked", "single"]) $("stage").classList.toggle(name, stage.words === name);
  $("stage").classList.toggle("still", stage.words !== "single" && about.answers === "five");
  for (const side of SIDES) $(side).setAttribute("aria-label", t(`${stage.words}.${side}`));
}

function lay() {
  const images = SIDES.map(side => $(side).querySelector("img"));
  if (images.some(image => !image)) return;
  const boxes = SIDES.map(side => $(side).getBoundingClientRect());
  const room = { width: Math.min(...boxes.map(box => box.width)), height: Math.min(...boxes.map(box => box.height)) };
  images.forEach((image, index) => {
    const picture = { width: image.naturalWidth, height: image.naturalHeight };
    const size = stage.zoom ? fullSize(picture, devicePixelRatio) : fitted(picture, room, devicePixelRatio);
    const box = boxes[index], inner = 1 - index; // both stand at the edge between them, so that the eye has a short way
    const across = stage.words === "side" ? inner : 0.5, down = stage.words === "stacked" ? inner : 0.5;
    Object.assign(image.style, {
      width: size.width + "px", height: size.height + "px",
      left: placed(box.left, box.width, size.width, stage.share.across, devicePixelRatio, across) + "px",
      top: placed(box.top, box.height, size.height, stage.share.down, devicePixelRatio, down) + "px",
    });
  });
}

function bring(side) {
  stage.front = side;
  stage.seen.add(side);
  for (const each of SIDES) $(each).classList.toggle("behind", stage.words === "single" && each !== side);
  $("which").textContent = [stage.words === "single" ? t(`single.choice_${side}`) : "", stage.zoom ? t("trial.zoomed") : ""].filter(Boolean).join(", ");
}

const otherSide = () => stage.front === "left" ? "right" : "left";

function flicker(on) {
  clearInterval(stage.timer);
  stage.timer = on ? setInterval(() => bring(otherSide()), FLICKER_MS) : 0;
  if (about?.view === "flicker") put($("change"), on ? "trial.halt" : "trial.go_on");
}

function change() {
  // the rater's own change: to the other picture, or of the flicker from running to standing
  if (!shown || stage.words !== "single") return;
  if (about.view === "flicker") return flicker(!stage.timer);
  const had = document.activeElement === $(stage.front);
  bring(otherSide());
  headings();
  if (had) $(stage.front).focus();
  say(t(`single.${stage.front}`));
}

function beginView(pictures) {
  stage.seen.clear();
  SIDES.forEach((side, index) => $(side).replaceChildren(pictures[index]));
  bring("left");
  if (stage.words !== "single") stage.seen.add("right");
  flicker(about.view === "flicker");
  lay();
}
