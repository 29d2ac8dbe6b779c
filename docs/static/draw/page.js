// The page: a pad to draw on, and for each network what it rebuilds, where the code is, what is near.

const NEAR = 5, NOISE = 0.5, STEP = 0.02;
// Those of course_lib/plots/style.py, for the digits 0 to 9.
const CLASSES = ["#556ee0", "#57a6dd", "#276d3e", "#d49401", "#b84b0e",
  "#944892", "#2ab2ad", "#a3a459", "#fc1b79", "#654dff"];

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

// A point of the code's plane, on a map of that width; what lies outside is shown at the edge.
function spot(model, code, width) {
  const [x, y] = [0, 1].map((k) => {
    const t = (code[k] - model.low[k]) / (model.high[k] - model.low[k]);
    return Math.min(0.99, Math.max(0.01, 0.05 + 0.9 * t));
  });
  return [x * width, (1 - y) * width];
}

// The test digits' codes, and each class by name where it has its median.
function ground({ model, map }) {
  const canvas = document.createElement("canvas"), width = map.width, context = canvas.getContext("2d");
  canvas.width = canvas.height = width;
  const points = Array.from(draw.labels, (_, i) => model.codes.slice(2 * i, 2 * i + 2));
  points.forEach((code, i) => {
    context.fillStyle = CLASSES[draw.labels[i]];
    context.beginPath();
    context.arc(...spot(model, code, width), width / 130, 0, 2 * Math.PI);
    context.fill();
  });
  context.font = `bold ${width / 14}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = width / 70;
  CLASSES.forEach((_, digit) => {
    const own = points.filter((_, i) => draw.labels[i] === digit);
    const middle = [0, 1].map((k) => own.map((code) => code[k]).sort((a, b) => a - b)[own.length >> 1]);
    context.strokeStyle = draw.paper;
    context.fillStyle = draw.ink;
    context.strokeText(digit, ...spot(model, middle, width));
    context.fillText(digit, ...spot(model, middle, width));
  });
  return canvas;
}

function drawMap(found) {
  const { model, map, code, sigma, moved } = found, context = map.getContext("2d");
  if (!found.ground) {
    map.width = map.height = Math.round(map.clientWidth * (window.devicePixelRatio || 1));
    found.ground = ground(found);
  }
  const width = map.width;
  context.clearRect(0, 0, width, width);
  context.drawImage(found.ground, 0, 0);
  if (!code) return;
  const [x, y] = spot(model, code, width);
  context.strokeStyle = context.fillStyle = draw.ink;
  context.lineWidth = width / 80;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [0, 1]]) {
    context.moveTo(x - dx * width / 30, y - dy * width / 30);
    context.lineTo(x + dx * width / 30, y + dy * width / 30);
  }
  context.stroke();
  context.beginPath();
  if (sigma) {  // the posterior, two standard deviations wide
    const radius = [0, 1].map((k) => 2 * sigma[k] * 0.9 * width / (model.high[k] - model.low[k]));
    context.ellipse(x, y, ...radius, 0, 0, 2 * Math.PI);
    context.stroke();
  }
  if (moved) {
    context.beginPath();
    context.arc(...spot(model, moved, width), width / 35, 0, 2 * Math.PI);
    context.fill();
  }
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
