"""The parameters of a lesson: those that its cell tagged `parameters` sets, and those given.

`-p name=value` is read as papermill's own `-p` reads it. What is given must be of the type
that the cell sets, so that `tied=false` is a sentence and not a string that counts as true.
"""

import ast
import math

from course_lib.pipeline import Refusal
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.syntax import parse_cell

WORDS = {"True": True, "False": False, "None": None}
UNKNOWN = object()  # a default that only running the cell would tell


def defaults(notebook):
    """What the cell tagged `parameters` sets: `{name: value}`, `UNKNOWN` where it is computed.

    Raises:
        Refusal: a sentence's end, if the cell is no code, or not the only one.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any("injected-parameters" in tags(cell) for cell in code):
        raise Refusal("has a cell tagged injected-parameters, as papermill tags its own")
    cells = [cell for cell in code if "parameters" in tags(cell)]
    if len(cells) > 1:
        raise Refusal("has several cells tagged parameters, and papermill takes one")
    try:
        body = parse_cell(cells[0].source).body if cells else []
    except SyntaxError as error:
        raise Refusal(f"has a parameters cell that is no code: {error.msg}") from error
    found = {}
    for statement in body:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        for target in targets:
            if isinstance(target, ast.Name) and getattr(statement, "value", None) is not None:
                found[target.id] = _value(statement)
    return found


def parameter_names(notebook):
    """The names that the cell tagged `parameters` assigns."""
    return set(defaults(notebook))


def parse_parameters(pairs):
    """A dict from `name=value` strings.

    Example:

    >>> parse_parameters(["seed=3", "rate=1e-4", "tied=False", "dataset=glyphs"])
    {'seed': 3, 'rate': 0.0001, 'tied': False, 'dataset': 'glyphs'}
    """
    parameters = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.isidentifier():
            raise Refusal(f"A parameter must be name=value, but {pair!r} was given.")
        if name in parameters:
            raise Refusal(f"Parameter {name!r} was given twice.")
        parameters[name] = _read(value)
    return parameters


def check_parameters(parameters, notebooks):
    """Refuse what would silently be ignored or changed on its way into a notebook.

    Args:
        parameters: dict of name to value.
        notebooks: dict of a lesson's label to the notebook that will run.

    Raises:
        Refusal: one sentence.
    """
    known = {label: defaults(notebook) for label, notebook in notebooks.items()}
    for name, value in parameters.items():
        if name == "scale":
            raise Refusal("The scale is chosen by --scale, not as a parameter.")
        if problem := _no_json(value):
            raise Refusal(f"Parameter {name!r} must be a JSON value, but {problem}.")
        having = {label: given[name] for label, given in known.items() if name in given}
        if not having:
            there = ", ".join(sorted(set().union(*known.values()) - {"scale"})) or "none"
            raise Refusal(f"No lesson asked for has a parameter {name!r}; there are: {there}.")
        for label, default in having.items():
            if not _alike(value, default):
                raise Refusal(
                    f"Parameter {name!r} must be {_kind(default)}, as in {label}, "
                    f"but {value!r} is {_kind(value)}."
                )


def unusual(parameters, notebook):
    """Those of a run's parameters that the notebook does not set itself, `scale` left out."""
    usual = defaults(notebook)
    return {
        name: value
        for name, value in parameters.items()
        if name != "scale" and (type(value), value) != (type(usual.get(name)), usual.get(name))
    }


def _value(statement):
    if isinstance(statement, ast.AugAssign):
        return UNKNOWN
    try:
        return ast.literal_eval(statement.value)
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
        return UNKNOWN


def _read(text):
    if text in WORDS:
        return WORDS[text]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _no_json(value):
    """Why a value is no JSON; empty if it is."""
    # By exact type: np.float64 is a float and yet not what a notebook gets.
    if type(value) is list:
        return next(filter(None, map(_no_json, value)), "")
    if type(value) is dict:
        parts = [*value, *value.values()]
        odd = next((key for key in value if type(key) is not str), None)
        return f"{odd!r} is a key" if odd is not None else _no_json(parts)
    if type(value) is float and not math.isfinite(value):
        return f"{value} is not finite"
    if type(value) is str and value != value.encode(errors="ignore").decode():
        return f"{value!r} is no text"
    if value is None or type(value) in (bool, int, float, str):
        return ""
    return f"{value!r} is of type {type(value).__name__}"


def _alike(value, default):
    if default is UNKNOWN or default is None:
        return True
    return type(value) is type(default) or (type(value), type(default)) == (int, float)


def _kind(value):
    kinds = {bool: "True or False", int: "a whole number", float: "a number", str: "text"}
    return "None" if value is None else kinds.get(type(value), f"a {type(value).__name__}")
