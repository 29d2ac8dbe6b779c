// The plane of codes: test digits by class, the drawing's code with its posterior, and a code moved by hand.

// Those of course_lib/plots/style.py, for the digits 0 to 9.
const CLASSES = ["#556ee0", "#57a6dd", "#276d3e", "#d49401", "#b84b0e",
  "#944892", "#2ab2ad", "#a3a459", "#fc1b79", "#654dff"];

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
