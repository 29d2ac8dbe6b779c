"""How Sphinx makes the site of the pages that `docs/pages.py` brings together."""

import importlib.util
from pathlib import Path

from docutils import nodes
from sphinx.util.fileutil import copy_asset

from course_lib import __version__
from course_lib.pipeline.address import read_address

HERE = Path(__file__).parent
ADDRESS = read_address(HERE.parent / "pyproject.toml").removesuffix(".git")

project = "Autoencoders in Keras 3"
author = copyright = "The course's authors"
release = version = __version__
language = "en"

extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
templates_path = ["templates"]
html_favicon = "static/favicon.svg"
html_css_files = ["course.css"]
html_show_copyright = False
html_scaled_image_link = False
html_copy_source = html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "max_navbar_depth": 1,
    "navbar_persistent": [],
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
}
if ADDRESS:
    html_theme_options |= {"repository_url": ADDRESS, "use_repository_button": True}

# Equations are set by the package's own copy of MathJax: the site works without a network.
MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
mathjax_path = "mathjax/tex-chtml.js"


def copy_mathjax(app, error):
    if not error:
        for name in ("tex-chtml.js", "output/chtml/fonts"):
            there = Path(app.outdir, "_static/mathjax", name)
            copy_asset(MATHJAX / name, there.parent if there.suffix else there)


def keep_equations(app, doctree):
    """As they are written: Sphinx would split lines itself, and \\tag may not stand in there."""
    for equation in doctree.findall(nodes.math_block):
        equation["no-wrap"] = True
        equation[:] = [nodes.Text(rf"\[{equation.astext()}\]")]


def name_folds(app, page, template, context, doctree):
    """A fold is called what it says, and not a second time by a label."""
    context["body"] = context.get("body", "").replace(' aria-label="Toggle hidden content"', "")


def setup(app):
    app.connect("doctree-read", keep_equations)
    app.connect("html-page-context", name_folds)
    app.connect("build-finished", copy_mathjax)
