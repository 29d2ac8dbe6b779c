"""Keras finds the course's classes in a saved file, imported or not.

A file names a class as `course_lib>VAE`. Until the module of that class is imported, a
stand-in answers to the name and imports it.
"""

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

DECORATED = re.compile(
    r'^@keras\.saving\.register_keras_serializable\("course_lib"\)\nclass (\w+)', re.MULTILINE
)


@dataclass(frozen=True)
class Later:
    """A registered class whose module nobody has imported yet."""

    module: str
    name: str

    def from_config(self, *args, **kwargs):
        """What the class itself makes of its configuration."""
        # Not from Keras' registry: while a file is read, Keras looks into a copy of it.
        return getattr(import_module(self.module), self.name).from_config(*args, **kwargs)


def registered_classes() -> list[Later]:
    """Every class that the package registers with Keras, read from its source."""
    package = Path(__file__).parent
    found = []
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        found += [Later(module, name) for name in DECORATED.findall(path.read_text("utf-8"))]
    return found


def announce_classes() -> None:
    """Put the stand-ins into the registry of Keras, which is imported."""
    import keras

    registry = keras.saving.get_custom_objects()
    for later in registered_classes():
        registry.setdefault(f"course_lib>{later.name}", later)
