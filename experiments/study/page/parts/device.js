// What the rater's screen is, and what the study wants of it.

const isTouch = () => matchMedia("(pointer: coarse)").matches;
const round = value => Math.round(value * 1000) / 1000;

let rendererName = null; // looked up once: each look costs a context of the graphics card

function renderer() {
  rendererName ??= lookUpRenderer();
  return rendererName;
}

function lookUpRenderer() {
  try {
    const gl = document.createElement("canvas").getContext("webgl");
    const more = gl?.getExtension("WEBGL_debug_renderer_info");
    return gl ? String(gl.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
  } catch { return ""; }
}

function looksRemote() {
  // a hint, no proof: few colours, or pictures drawn without a graphics card, as over a remote desktop or in a virtual machine
  return screen.colorDepth < 24 || /swiftshader|llvmpipe|softpipe|basic render|rdp|vmware|virtualbox|citrix|parallels/i.test(renderer());
}

function measured() {
  const plates = platesAnswered() ? platesRead() : null;
  return {
    screen_width: screen.width, screen_height: screen.height, window_width: innerWidth, window_height: innerHeight,
    pixel_ratio: round(devicePixelRatio), full_screen: document.fullscreenElement !== null, touch: isTouch(),
    ...(calibrated.pxPerMm === null ? {} : { px_per_mm: round(calibrated.pxPerMm) }),
    ...(distanceMm() === null ? {} : { distance_mm: distanceMm() }), ...(plates ? { plates } : {}), remote_desktop: looksRemote(),
  };
}

const moreMeasured = () => ({ colour_depth: screen.colorDepth, renderer: renderer().slice(0, 120) });

function screenedOutBy(device, wanted) {
  const small = device.screen_width < wanted.min_width || device.screen_height < wanted.min_height;
  if (small && !(device.touch && wanted.phones)) return device.touch ? "phone" : "screen";
  return wanted.colour_plates && device.plates?.some(right => !right) ? "colour-plates" : null;
}

const windowTooSmall = (device, wanted) =>
  !(device.touch && wanted.phones) && (device.window_width < wanted.min_width || device.window_height < wanted.min_height);

const sizesNamed = () => ({ width: innerWidth, height: innerHeight, min_width: about.device.min_width, min_height: about.device.min_height });

const looked = { full: false }; // whether this visit went through the checks

function needsDevice(state) {
  const wanted = about.device, now = measured();
  return !state.device || Boolean(state.reason) || windowTooSmall(now, wanted) || (wanted.full_screen && !looked.full && !now.full_screen);
}

function showDevice(state) {
  const wanted = about.device, asked = !state.device || Boolean(state.reason);
  if (asked && screenedOutBy(measured(), wanted)) return sendDevice();
  const steps = () => {
    const now = measured(), open = {
      window: windowTooSmall(now, wanted), full: wanted.full_screen && !now.full_screen,
      card: asked && wanted.calibration && !isCalibrated(), plates: asked && wanted.colour_plates && !platesAnswered(),
    };
    $("window-step").hidden = !open.window && $("window-step").hidden;
    put($("window-words"), open.window ? "device.window_small" : "device.window_good", sizesNamed());
    $("full-step").hidden = !open.full;
    $("checked").disabled = Object.values(open).some(Boolean);
    return open;
  };
  $("window-step").hidden = true;
  $("card-step").hidden = !(asked && wanted.calibration);
  $("plates-step").hidden = !(asked && wanted.colour_plates);
  const goOn = () => { looked.full = true; return asked ? sendDevice() : go(); };
  const nothing = !Object.values(steps()).some(Boolean);
  if (nothing && $("card-step").hidden && $("plates-step").hidden) return goOn();
  if (wanted.calibration) showCard(steps);
  if (wanted.colour_plates) showPlates(steps);
  onResize = steps;
  $("full").onclick = () => document.documentElement.requestFullscreen().then(steps, steps);
  $("checked").onclick = goOn;
  steps();
  if ($("device").hidden) screenOf("device");
}

let sendingDevice = false;

async function sendDevice() {
  if (sendingDevice) return;
  sendingDevice = true;
  try { await backend.device(measured(), moreMeasured()); go(); } catch (error) { refused(error); } finally { sendingDevice = false; }
}
