// Strokes become an image as MNIST's did: in a box of 20 × 20 pixels, its centre of mass at (14, 14).

const BOX = 20, CENTRE = 14;
const PEN = 2.6;  // pixels: the mean width of the strokes of 400 test digits

// How far a point is from the line from a to b.
function distance(x, y, [ax, ay], [bx, by]) {
  const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
  const t = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

// A round pen along each stroke; a pixel is as dark as the pen covers it.
function ink(strokes) {
  const image = new Float32Array(PIXELS), reach = PEN / 2 + 0.5;
  for (const points of strokes) {
    points.forEach((b, n) => {
      const a = points[Math.max(0, n - 1)];
      const from = (k) => Math.max(0, Math.ceil(Math.min(a[k], b[k]) - reach));
      const to = (k) => Math.min(SIDE - 1, Math.floor(Math.max(a[k], b[k]) + reach));
      for (let y = from(1); y <= to(1); y++)
        for (let x = from(0); x <= to(0); x++) {
          const i = SIDE * y + x;
          image[i] = Math.max(image[i], Math.min(1, reach - distance(x, y, a, b)));
        }
    });
  }
  return image;
}

// The image of strokes, lists of points [x, y] from 0 to 1, y downwards.
function centred(strokes) {
  const points = strokes.flat();
  if (!points.length) return new Float32Array(PIXELS);
  const [left, top] = [0, 1].map((k) => Math.min(...points.map((p) => p[k])));
  const [right, bottom] = [0, 1].map((k) => Math.max(...points.map((p) => p[k])));
  // A dot stays one: what is tiny is not blown up to a digit.
  const scale = (BOX - PEN) / Math.max(right - left, bottom - top, 0.2);
  const placed = (x, y) => strokes.map((points) => points.map((p) => [
    x + scale * (p[0] - (left + right) / 2), y + scale * (p[1] - (top + bottom) / 2)]));
  const [x, y] = massCentre(ink(placed(CENTRE, CENTRE)));
  return ink(placed(2 * CENTRE - x, 2 * CENTRE - y));
}

function massCentre(image) {
  let [sum, x, y] = [0, 0, 0];
  image.forEach((value, i) => { sum += value; x += value * (i % SIDE); y += value * Math.floor(i / SIDE); });
  return [x / sum, y / sum];
}
