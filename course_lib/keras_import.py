"""What the course does around the import of Keras, without importing it itself.

Before it, a backend that is installed is chosen; after it, Keras learns the names of the
course's classes. So `import course_lib` costs no Keras, and it does not matter which of the
two is imported first.
"""

import sys
from importlib.abc import MetaPathFinder

from course_lib.backend import choose_backend
from course_lib.registry import announce_classes


class KerasFinder(MetaPathFinder):
    """Finds Keras as everybody else does, and goes along when it is executed."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                choose_backend()
                execute(module)
                announce_classes()

            spec.loader.exec_module = exec_module
        return spec


def go_along() -> None:
    """Do both whenever Keras is imported, or what is still to be done if it is already."""
    if "keras" in sys.modules:
        announce_classes()
    else:
        sys.meta_path.insert(0, KerasFinder())
