"""The slides of every lesson in a browser: all that a slide shows is on it, and can be read."""

import pytest

from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.slides import write_slides

pytestmark = pytest.mark.slow

LESSONS = [lesson for lesson in find_lessons("notebooks") if not lesson.solution]
SHOWN = """
const done = arguments[0];
const shown = (slide, number) => {
  Reveal.slide(number);
  const text = slide.querySelector(".text") ?? slide, image = slide.querySelector("img");
  return {
    tall: slide.scrollHeight - slide.clientHeight,
    wide: Math.max(slide.scrollWidth - slide.clientWidth, text.scrollWidth - text.clientWidth),
    size: parseFloat(getComputedStyle(text).fontSize),
    picture: image ? [image.naturalWidth, image.clientHeight, image.clientWidth] : null,
    equations: slide.querySelectorAll("mjx-container").length,
    errors: slide.querySelectorAll("mjx-merror").length,
  };
};
MathJax.startup.promise.then(() => done(Reveal.getSlides().map(shown)));
"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_nothing_is_beyond_a_slide_or_too_small(lesson, browser, tmp_path):
    pytest.importorskip("sphinx_revealjs", reason="the extra site is not installed")
    path, count = write_slides(lesson, tmp_path)
    size = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("browser")
    browser.get(path.as_uri())
    found = browser.execute_async_script(SHOWN)
    assert len(found) == count
    for slide in found:
        assert (slide["tall"], slide["wide"], slide["errors"]) == (0, 0, 0)
        assert slide["size"] >= 20  # pixels, of 720
        natural, height, width = slide["picture"] or (1, 100, 1000)
        assert natural > 0
        assert height >= 100
        assert width >= 200
    assert sum(slide["equations"] for slide in found) > 2
    assert browser.get_log("browser") == []  # nothing was asked of a network
