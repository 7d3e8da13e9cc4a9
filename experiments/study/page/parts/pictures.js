// Pictures are fetched and decoded before they are shown; `backend.source(trial, side)` says where one is.

const loading = new Map(); // "trial/side" -> promise of a decoded image

function load(trial, side) {
  const key = trial + "/" + side;
  if (!loading.has(key)) {
    const whole = (async () => {
      const image = new Image();
      image.alt = "";
      image.src = await backend.source(trial, side);
      await image.decode();
      return image;
    })();
    loading.set(key, whole);
    whole.catch(() => loading.delete(key));
  }
  return loading.get(key);
}

const both = trial => Promise.all(["left", "right"].map(side => load(trial, side)));

function preload(state) {
  const near = [...state.next, ...(state.previous ? [state.previous] : [])].map(each => each.trial);
  for (const [key, whole] of loading) {
    if (near.includes(key.split("/")[0])) continue;
    loading.delete(key);
    whole.then(image => backend.release(image.src), () => {});
  }
  for (const each of state.next) both(each.trial).catch(() => {});
}
