"""Draw a digit, in a browser: the page computes what Keras does, and a hand draws."""

import itertools

import keras
import numpy as np
import pytest

from course_lib.plots import style
from docs import digits

pytestmark = pytest.mark.slow

# A 3, as a hand draws it: x to the right and y downwards, from 0 to 1.
BEND = np.linspace(-0.9, 3, 15)
UPPER = np.stack([0.45 + 0.2 * np.sin(BEND), 0.32 - 0.17 * np.cos(BEND)], axis=1)
LOWER = np.stack([0.45 + 0.22 * np.sin(BEND + 1), 0.68 - 0.2 * np.cos(BEND + 1)], axis=1)
THREE = [UPPER.tolist(), LOWER.tolist()]

READY = """
const done = arguments[0];
const look = () => typeof draw !== "undefined" && draw.ready ? done() : setTimeout(look, 20);
look();
"""
FRAME = (
    "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"
)
CARDS = """
return draw.cards.map((x) => ({
  name: x.model.name, code: Array.from(x.moved ?? x.code ?? []), output: Array.from(x.output),
  score: x.score.textContent, near: x.pictures.map((y) => y[1].textContent).join(""),
  ink: Math.max(...x.rebuilt.getContext("2d").getImageData(0, 0, 28, 28).data.filter(
    (_, i) => i % 4 == 3)),
}));
"""


def networks(weights):
    """Encoder and decoder of Keras, with these weights."""
    made = []
    for half in (weights[: len(weights) // 2], weights[len(weights) // 2 :]):
        widths = [bias.size for bias in half[1::2]]
        layers = [keras.layers.Dense(width, "relu") for width in widths[:-1]]
        model = keras.Sequential([*layers, keras.layers.Dense(widths[-1])])
        model.build((None, len(half[0])))
        model.set_weights(half)
        made.append(model)
    return made


@pytest.fixture
def page(browser, show):
    show("docs/draw.html", 1300, "light")
    browser.execute_async_script(READY)
    return browser


def test_the_page_computes_what_keras_computes(page):
    images = page.execute_script("return Array.from(draw.images.subarray(0, 100 * PIXELS))")
    drawn = page.execute_script("return Array.from(centred(arguments[0]))", THREE)
    x = np.array([*images, *drawn], "float32").reshape(101, 784)
    _, weights = digits.read()
    for n, (name, arrays) in enumerate(weights.items()):
        found = page.execute_script(
            """
            const [n, x] = arguments;
            return x.map((row) => {
              const { code, sigma } = encode(draw.models[n], row);
              return [...code, ...(sigma ?? []), ...decode(draw.models[n], code)];
            });""",
            n,
            x.tolist(),
        )
        encoder, decoder = networks(arrays)
        codes = keras.ops.convert_to_numpy(encoder(x))
        outputs = keras.ops.convert_to_numpy(keras.ops.sigmoid(decoder(codes[:, :2])))
        codes[:, 2:] = np.exp(codes[:, 2:] / 2)
        found = np.array(found)
        assert codes.shape == (101, 4 if name == "VAE" else 2)
        np.testing.assert_allclose(found[:, :-784], codes, rtol=1e-4, atol=1e-4)
        assert np.abs(found[:, -784:] - outputs).max() < 0.01 / 255


def test_the_map_and_the_neighbours_are_those_of_the_test_digits(page):
    told, weights = digits.read()
    labels = page.execute_script("return Array.from(draw.labels)")
    assert len(labels) == told["shown"]
    assert set(labels) == set(range(10))
    assert page.execute_script("return CLASSES") == style.CLASSES
    images = page.execute_script("return Array.from(draw.images)")
    x = np.array(images, "float32").reshape(-1, 784)
    for n, (name, arrays) in enumerate(weights.items()):
        about = told["models"][name]
        low, high = np.array(about["low"]), np.array(about["high"])
        places = page.execute_script("return Array.from(draw.models[arguments[0]].codes)", n)
        places = np.array(places).reshape(-1, 2)[: len(x)]
        codes = keras.ops.convert_to_numpy(networks(arrays)[0](x))[:, :2]
        off = np.abs(places - np.clip(codes, low, high)) / (high - low)
        assert np.median(off) < 1 / 255  # the pictures have 16 greys, which moves a code a little
        nearest = page.execute_script(
            "return nearest(draw.models[arguments[0]], arguments[1], draw.pictured, 5)",
            n,
            codes[7, :2].tolist(),
        )
        far = np.linalg.norm(places - codes[7], axis=1)
        np.testing.assert_allclose(far[nearest], np.sort(far)[:5], atol=1e-5)


def test_an_error_among_those_of_the_test_digits(page):
    told, _ = digits.read()
    for n, about in enumerate(told["models"].values()):
        table = about["percentiles"]
        tried = [0, table[0] + 1e-6, (table[40] + table[41]) / 2, table[-1] + 1]
        found = [
            page.execute_script("return percentile(draw.models[arguments[0]], arguments[1])", n, x)
            for x in tried
        ]
        assert found == [0, 0, 40, 100]


def test_noise_is_removed_best_by_the_denoiser(page):
    errors = page.execute_script("""
        const mean = draw.models.map(() => 0);
        for (let i = 0; i < 200; i++) {
          const x = draw.images.slice(i * PIXELS, (i + 1) * PIXELS);
          const seen = x.map((value) => value + NOISE * normal());
          draw.models.forEach((model, n) => {
            mean[n] += squaredError(x, decode(model, encode(model, seen).code)) / 200;
          });
        }
        return mean;""")
    assert np.argmin(errors) == list(digits.read()[0]["models"]).index("Denoiser")


def test_a_drawing_is_scaled_and_centred_as_mnist_is(page):
    strokes = [np.array(points) for points in THREE]

    def image(scale, shift):
        moved = [(scale * points + shift).tolist() for points in strokes]
        return np.reshape(
            page.execute_script("return Array.from(centred(arguments[0]))", moved), (28, 28)
        )

    whole = image(1, 0)
    np.testing.assert_allclose(image(0.5, [0.1, 0.4]), whole, atol=1e-5)
    rows, columns = np.mgrid[:28, :28]
    for place in (rows, columns):
        assert abs((whole * place).sum() / whole.sum() - 14) < 0.05
    inked = np.flatnonzero(whole.sum(axis=1) > 0.5)
    assert 19 <= np.ptp(inked) + 1 <= 21
    dot = page.execute_script("return Array.from(centred([[[0.3, 0.6]]]))")
    assert abs(sum(dot) - np.pi * (1.3**2 + 1 / 12)) < 0.3  # the pen, with its soft edge


def pull(browser, selector, points, finger):
    """Press where the first point is, go along all others, and let go."""
    left, top, width, height = browser.execute_script(
        "const x = document.querySelector(arguments[0]); x.scrollIntoView({block: 'center'});"
        "const box = x.getBoundingClientRect(); return [box.left, box.top, box.width, box.height];",
        selector,
    )
    places = [{"x": left + x * width, "y": top + y * height} for x, y in points]
    for n, place in enumerate(places):
        if finger:
            kind = "touchMove" if n else "touchStart"
            event = {"type": kind, "touchPoints": [place]}
        else:
            kind = "mouseMoved" if n else "mousePressed"
            event = {"type": kind, "button": "left", "buttons": 1, "clickCount": 1, **place}
        browser.execute_cdp_cmd(f"Input.dispatch{'Touch' if finger else 'Mouse'}Event", event)
    if finger:
        end = {"type": "touchEnd", "touchPoints": []}
    else:
        end = {"type": "mouseReleased", "button": "left", "clickCount": 1, **places[-1]}
    browser.execute_cdp_cmd(f"Input.dispatch{'Touch' if finger else 'Mouse'}Event", end)
    browser.execute_async_script(FRAME)


@pytest.mark.parametrize(("width", "finger"), [(1300, False), (390, True)])
def test_a_drawing_gives_four_reconstructions(browser, show, width, finger):
    show("docs/draw.html", width, "light")
    browser.execute_async_script(READY)
    browser.execute_script("document.getElementById('draw-clear').click()")
    browser.execute_async_script(FRAME)
    assert [x["score"] for x in browser.execute_script(CARDS)] == ["Draw a digit."] * 4
    for points in THREE:
        pull(browser, "#draw-pad", points, finger)
    assert browser.execute_script("return draw.strokes.map((x) => x.length)") == [15, 15]
    cards = browser.execute_script(CARDS)
    assert [x["name"] for x in cards] == list(digits.read()[0]["models"])
    assert all(x["ink"] > 127 and "larger than that of" in x["score"] for x in cards)
    assert all(len(x["near"]) == 5 and x["near"].isdigit() for x in cards)
    outputs = np.array([x["output"] for x in cards])
    assert min(np.ptp(a - b) for a, b in itertools.pairwise(outputs)) > 0.1
    said = browser.execute_script("return document.getElementById('draw-said').textContent")
    assert all(f"{x['name']}: Error" in said for x in cards)

    pull(browser, ".draw-card:nth-child(3) .draw-map", [(0.5, 0.5), (0.2, 0.8)], finger)
    moved = browser.execute_script(CARDS)
    assert moved[2]["score"].startswith("Decoded at")
    assert np.ptp(np.array(moved[2]["output"]) - outputs[2]) > 0.1
    assert [x["output"] for x in moved[:2]] == [x["output"] for x in cards[:2]]


def test_keys_move_the_code(page):
    from selenium.webdriver.common.keys import Keys

    before = page.execute_script(CARDS)[1]
    plane = page.find_element("css selector", ".draw-card:nth-child(2) .draw-map")
    plane.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_UP)
    page.execute_async_script(FRAME)
    after = page.execute_script(CARDS)[1]
    about = digits.read()[0]["models"]["Denoiser"]
    step = 0.02 * (np.array(about["high"]) - about["low"])
    np.testing.assert_allclose(np.subtract(after["code"], before["code"]), step * [2, 1], rtol=1e-4)
    plane.send_keys(Keys.ESCAPE)
    page.execute_async_script(FRAME)
    assert page.execute_script(CARDS)[1] == before


def test_the_vae_draws_a_code_from_its_posterior(page):
    before = page.execute_script(CARDS)
    away = []
    for _ in range(40):
        page.execute_script("document.getElementById('draw-sample').click()")
        page.execute_async_script(FRAME)
        found = page.execute_script("return [[...draw.cards[2].moved], [...draw.cards[2].sigma]]")
        drawn, sigma = np.array(found)
        away.append((drawn - before[2]["code"]) / sigma)
    assert np.abs(np.mean(away, axis=0)).max() < 5 / np.sqrt(40)
    assert 0.4 < np.std(away) < 1.7
    after = page.execute_script(CARDS)
    assert [x for n, x in enumerate(after) if n != 2] == [x for n, x in enumerate(before) if n != 2]
