"""Where a lesson runs: Keras without start-up noise, seeded, and named.

TensorFlow writes time-stamped lines to the process's stderr while it is being
imported, past Python; in a notebook they would land in the page.
"""

import logging
import os
import platform
import re
import sys
import tempfile
from contextlib import contextmanager

NOISE = re.compile(
    rb"^(I\d{4} |WARNING: All log messages before absl|To enable the following"
    rb"|E\d{4} .*cuInit)"  # a machine without a GPU
)


@contextmanager
def without_startup_noise():
    """Hold back stderr's file descriptor and let through all but start-up notes."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            rest = b"".join(line for line in held if not NOISE.match(line))
            if rest:
                os.write(2, rest)


def start(seed):
    """Begin a lesson: import Keras quietly, seed every generator, say what runs.

    Args:
        seed: non-negative integer; Python's, NumPy's and the backend's
            generators start from it.

    Example:

    >>> start(seed=0)  # doctest: +ELLIPSIS
    Python 3..., Keras 3... on ...
    """
    with without_startup_noise():
        import keras

        # Imports TensorFlow also where another backend computes, to seed it as well.
        keras.utils.set_random_seed(seed)
    # Whatever `keras.json` says, for other work: the lessons are written for these.
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    # TensorFlow takes lessons that train many small models for one that compiles too often.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    backend = keras.backend.backend()
    print(
        f"Python {_minor(platform.python_version())}, Keras {_minor(keras.__version__)} "
        f"on {backend} {_minor(sys.modules[backend].__version__)}"
    )


def verbosity():
    """Keras' `verbose` for this page: a progress bar for a reader, nothing in a stored output.

    Example:

    >>> verbosity() in (0, 1)
    True
    """
    return 0 if "COURSE_RUN" in os.environ else 1


def _minor(version):
    return ".".join(version.split(".")[:2])
