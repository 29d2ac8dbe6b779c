"""Answers to every lesson's exercises: `RIGHT[id]`, and `WRONG[what is wrong] = (id, answer)`."""

import importlib
import pkgutil

RIGHT, WRONG = {}, {}
for _, name, _ in pkgutil.iter_modules(__path__):
    lesson = importlib.import_module(f"{__name__}.{name}")
    RIGHT |= lesson.RIGHT
    WRONG |= {f"{name}: {what}": wrong for what, wrong in lesson.WRONG.items()}
