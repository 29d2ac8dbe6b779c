// The four networks in plain numbers: h = f(x), x' = g(h), as Keras computes them.

const SIDE = 28, PIXELS = SIDE * SIDE;

// The file's bytes, unpacked: of each model its layers and the codes of test digits.
async function unpack(digits) {
  const packed = Uint8Array.from(atob(digits.bytes), (x) => x.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  let at = 0;
  const take = (Kind, count) => new Kind(bytes, (at += count) - count, count);
  const models = Object.entries(digits.models).map(([name, about]) => {
    const arrays = about.shapes.map((shape, i) =>
      Float32Array.from(take(Int8Array, shape.reduce((a, b) => a * b)), (q) => about.scales[i] * q));
    const layers = [];
    for (let i = 0; i < arrays.length; i += 2) layers.push({ kernel: arrays[i], bias: arrays[i + 1] });
    const places = take(Uint8Array, 2 * digits.shown), { low, high } = about;
    const codes = Float32Array.from(places, (q, i) => low[i % 2] + (high[i % 2] - low[i % 2]) * q / 255);
    return { ...about, name, codes, encoder: layers.slice(0, layers.length / 2),
      decoder: layers.slice(layers.length / 2) };
  });
  const labels = take(Uint8Array, digits.shown);
  const images = Float32Array.from(take(Uint8Array, digits.pictured * PIXELS), (q) => q / digits.greys);
  return { models, labels, images };
}

// x W + b, and max(0, ·) between layers.
function chain(layers, x) {
  layers.forEach(({ kernel, bias }, depth) => {
    const y = Float64Array.from(bias), width = y.length;
    for (let i = 0; i < x.length; i++)
      if (x[i]) for (let j = 0, k = i * width; j < width; j++, k++) y[j] += x[i] * kernel[k];
    x = depth < layers.length - 1 ? y.map((value) => Math.max(0, value)) : y;
  });
  return x;
}

// The code of an image, and where the encoder says how sure it is, its standard deviations.
function encode(model, x) {
  const out = chain(model.encoder, x);
  return { code: out.slice(0, 2), sigma: out.length > 2 ? out.slice(2).map((v) => Math.exp(v / 2)) : null };
}

function decode(model, code) {
  return chain(model.decoder, code).map((logit) => 1 / (1 + Math.exp(-logit)));
}

function squaredError(x, y) {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);
}

// How many per cent of the test digits have a smaller error.
function percentile(model, error) {
  return Math.max(0, model.percentiles.filter((value) => value < error).length - 1);
}

// The test digits whose codes are nearest.
function nearest(model, code, among, count) {
  const far = (i) => Math.hypot(model.codes[2 * i] - code[0], model.codes[2 * i + 1] - code[1]);
  const order = Array.from({ length: among }, (_, i) => [far(i), i]);
  return order.sort((a, b) => a[0] - b[0]).slice(0, count).map((pair) => pair[1]);
}
