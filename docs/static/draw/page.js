// The page: a pad to draw on, and for each network what it rebuilds, where the code is, what is near.

const NEAR = 5, NOISE = 0.5, STEP = 0.02;

const draw = {};  // what the page holds, open to tests

// The colours of ink and paper: text and ground of the page, light or dark.
function dip() {
  const style = getComputedStyle(document.getElementById("draw-pad"));
  draw.ink = style.color;
  draw.paper = style.getPropertyValue("--pst-color-background");
}

function paint(canvas, image) {
  const [red, green, blue] = draw.ink.match(/\d+/g);
  const pixels = new ImageData(SIDE, SIDE), { data } = pixels;
  for (let i = 0, k = 0; i < PIXELS; i++) {
    data[k++] = red;
    data[k++] = green;
    data[k++] = blue;
    data[k++] = 255 * image[i];  // held from 0 to 255
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

function element(kind, name, parent, words = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = words;
  return parent.appendChild(made);
}

function picture(name, parent, words) {
  const canvas = element("canvas", name, parent);
  canvas.width = canvas.height = SIDE;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words);
  return canvas;
}

function card(model, parent) {
  const section = element("section", "draw-card", parent);
  section.setAttribute("aria-label", model.name);
  element("p", "draw-name", section, model.name);
  const rebuilt = picture("draw-image", section, `What the ${model.name} rebuilds`);
  const score = element("p", "draw-score", section);
  const map = element("canvas", "draw-map", section);
  map.tabIndex = 0;
  map.setAttribute("role", "application");
  map.setAttribute("aria-label", `Codes of test digits in the plane of the ${model.name}. `
    + "Arrow keys move the code, Escape brings it back.");
  const near = element("div", "draw-near", section);
  const pictures = Array.from({ length: NEAR }, () => {
    const figure = element("figure", "", near);
    return [picture("draw-image", figure, "A near test digit"), element("figcaption", "", figure)];
  });
  const found = { model, rebuilt, score, map, pictures, moved: null };
  follow(map, (x, y) => move(found, [[x, 0], [1 - y, 1]].map(([t, k]) =>
    model.low[k] + (t - 0.05) / 0.9 * (model.high[k] - model.low[k]))));
  map.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way && event.key !== "Escape") return;
    event.preventDefault();
    const from = found.moved ?? found.code;
    move(found, way ? way.map((w, k) => from[k] + w * STEP * (model.high[k] - model.low[k])) : null);
    say();
  });
  return found;
}

// Where a mouse, a pen or a finger is while it is down, from 0 to 1 across and down.
function follow(canvas, moved, started = () => {}) {
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    moved((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    started();
    place(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const between = event.getCoalescedEvents?.() ?? [];
    (between.length ? between : [event]).forEach(place);
  });
  canvas.addEventListener("pointerup", say);
}

function update(found) {
  const { model, rebuilt, score, pictures } = found, drawn = draw.image.some((value) => value > 0);
  Object.assign(found, drawn ? encode(model, draw.seen) : { code: null, sigma: null });
  const code = found.moved ?? found.code;
  found.output = code ? decode(model, code) : new Float64Array(PIXELS);
  found.error = squaredError(draw.image, found.output);
  paint(rebuilt, found.output);
  const place = code && Array.from(code, (value) => value.toFixed(2)).join(", ");
  if (!code) score.textContent = "Draw a digit.";
  else if (found.moved) score.textContent = `Decoded at (${place}): error ${found.error.toFixed(1)}.`;
  else score.textContent = `Error ${found.error.toFixed(1)}, larger than that of `
    + `${percentile(model, found.error)}\u00a0% of the test digits.`;
  const near = code ? nearest(model, code, draw.pictured, NEAR) : [];
  pictures.forEach(([canvas, caption], n) => {
    const i = near[n] ?? 0, shown = n < near.length;
    paint(canvas, shown ? draw.images.subarray(i * PIXELS, (i + 1) * PIXELS) : new Float32Array(PIXELS));
    caption.textContent = shown ? draw.labels[i] : "–";
  });
  drawMap(found);
}

function move(found, code) {
  found.moved = code;
  if (found.code || code) later(() => update(found));
}

// All that was asked for since the last frame is shown in the next.
const waiting = new Set();
function later(task) {
  if (!waiting.size) requestAnimationFrame(() => {
    const tasks = [...waiting];
    waiting.clear();
    tasks.forEach((each) => each());
  });
  waiting.add(task);
}

function show() {
  const noisy = document.getElementById("draw-noise").checked;
  draw.seen = noisy ? draw.image.map((value, i) => value + NOISE * draw.noise[i]) : draw.image;
  const pad = document.getElementById("draw-pad"), context = pad.getContext("2d");
  context.clearRect(0, 0, pad.width, pad.height);
  context.strokeStyle = draw.ink;
  context.lineWidth = pad.width / 14;
  context.lineCap = context.lineJoin = "round";
  const seen = document.getElementById("draw-seen");
  if (!draw.strokes.length) {
    paint(seen, draw.image);
    context.drawImage(seen, 0, 0, pad.width, pad.height);
  }
  paint(seen, draw.seen);
  for (const points of draw.strokes) {
    context.beginPath();
    [points[0], ...points].forEach(([x, y]) => context.lineTo(x * pad.width, y * pad.height));
    context.stroke();
  }
  draw.cards.forEach(update);
}

function take(strokes, image) {
  draw.strokes = strokes;
  draw.image = image;
  draw.cards.forEach((found) => { found.moved = null; });
  later(show);
}

// In words, for who does not see the page, when a stroke or a move has ended.
function say() {
  later(() => {
    document.getElementById("draw-said").textContent = draw.cards.map(({ model, score, pictures }) =>
      `${model.name}: ${score.textContent} Near: ${pictures.map((x) => x[1].textContent).join(" ")}.`).join(" ");
  });
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

async function open() {
  Object.assign(draw, await unpack(DIGITS), { pictured: DIGITS.pictured, next: 0 });
  draw.cards = draw.models.map((model) => card(model, document.getElementById("draw-cards")));
  const [moved] = draw.models.map((x) => x.moved).sort((a, b) => b - a);
  document.getElementById("draw-errors").textContent = `On ${DIGITS.tested.toLocaleString("en")} test digits: `
    + draw.models.map((x) => `${x.name} ${x.error.toFixed(1)}`).join(", ")
    + `; PCA with two numbers ${DIGITS.pca.toFixed(1)}. Weights have eight bits, which moves a pixel by `
    + `${moved.toFixed(3)} on average, or less. ${DIGITS.source}`;
  const pad = document.getElementById("draw-pad"), noise = document.getElementById("draw-noise");
  const lift = () => { draw.strokes = [...draw.strokes, []]; };
  follow(pad, (x, y) => {
    draw.strokes.at(-1).push([x, y]);
    take(draw.strokes, centred(draw.strokes));
  }, lift);
  document.getElementById("draw-clear").addEventListener("click", () => take([], new Float32Array(PIXELS)));
  const example = () => {
    const i = draw.next++ % draw.pictured;
    take([], draw.images.slice(i * PIXELS, (i + 1) * PIXELS));
    say();
  };
  document.getElementById("draw-example").addEventListener("click", example);
  document.getElementById("draw-sample").addEventListener("click", () => {
    draw.cards.filter((found) => found.sigma).forEach((found) =>
      move(found, found.code.map((mean, k) => mean + found.sigma[k] * normal())));
    say();
  });
  noise.addEventListener("change", () => {
    draw.noise = Float32Array.from({ length: PIXELS }, normal);
    take(draw.strokes, draw.image);
    say();
  });
  const again = () => {
    dip();
    draw.cards.forEach((found) => { found.ground = null; });
    later(show);
  };
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("resize", again);
  dip();
  noise.checked = false;
  example();
  draw.ready = true;
}

open();
