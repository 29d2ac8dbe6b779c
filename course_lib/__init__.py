"""Layers, losses and models of an open course on autoencoders in Keras 3.

Sub-modules are imported when they are used: `course_lib.models.VAE` works after
`import course_lib`, which does not wait for Keras.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from course_lib.keras_import import go_along

if TYPE_CHECKING:
    from course_lib import anomaly as anomaly
    from course_lib import autodiff as autodiff
    from course_lib import coding as coding
    from course_lib import data as data
    from course_lib import layers as layers
    from course_lib import lesson as lesson
    from course_lib import losses as losses
    from course_lib import metrics as metrics
    from course_lib import models as models
    from course_lib import plots as plots
    from course_lib import search as search
    from course_lib import training as training

__version__ = "0.1.0"

_ROOMS = (
    *("anomaly", "autodiff", "coding", "data", "layers", "lesson"),
    *("losses", "metrics", "models", "plots", "search", "training"),
)

go_along()


def __getattr__(name):
    if name in _ROOMS:
        return import_module(f"course_lib.{name}")
    raise AttributeError(f"module 'course_lib' has no attribute '{name}'")


def __dir__():
    return ["__version__", *_ROOMS]
