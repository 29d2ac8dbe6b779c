"""Code cells as text: what runs before the answers, what is an answer, and what is checked.

An answer's cell ends in `check("mine.1", double)  # 2 points`: the exercise, the function that
answers it, and what it is worth. A cell with several such lines gives partial credit.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

# What a terminal obeys, and what turns the direction in which others' words are read.
UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
MAGIC = re.compile(r"^[^\S\n]*[%!?].*$", re.M)


def parse(source: str) -> ast.Module:
    """The tree of a cell; lines that are IPython's alone are left out.

    Args:
        source: text of a code cell.

    Raises:
        SyntaxError: it is no code.

    Example:

    >>> ast.unparse(parse("%time\\nx = 1"))
    'x = 1'
    """
    try:
        try:
            return ast.parse(source)
        except SyntaxError:
            if MAGIC.search(source) is None:
                raise
            # Lines keep their numbers.
            return ast.parse(MAGIC.sub("", source))
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte, or nested too deep
        raise SyntaxError(str(error) or "nested too deep") from None


def checks(source: str) -> Iterator[tuple[str, str, float]]:
    """The checks that a cell calls: exercise, function, points.

    Example:

    >>> list(checks('check("mine.1", double)  # 2 points'))
    [('mine.1', 'double', 2.0)]
    """
    lines = source.splitlines()
    for node in _calls(parse(source)):
        id, answer = node.value.args
        said = re.search(r"#\s*([\d.]+) points?\b", lines[node.lineno - 1])
        yield id.value, answer.id, float(said[1]) if said else 1.0


def without_checks(source: str, keep: Any = ()) -> str:
    """A cell without the lines that check an exercise, but those of the lessons to keep.

    Example:

    >>> without_checks('x = 1\\ncheck("mine.1", double)')
    'x = 1'
    """
    gone = [n for n in _calls(parse(source)) if n.value.args[0].value.split(".")[0] not in keep]
    numbers = {number for n in gone for number in range(n.lineno, n.end_lineno + 1)}
    lines = [line for at, line in enumerate(source.splitlines(), 1) if at not in numbers]
    return "\n".join(lines).strip("\n")


def _calls(tree):
    for node in tree.body:
        call = node.value if isinstance(node, ast.Expr) else None
        if (
            isinstance(call, ast.Call)
            and getattr(call.func, "id", "") == "check"
            and len(call.args) == 2
            and isinstance(getattr(call.args[0], "value", None), str)
            and isinstance(call.args[1], ast.Name)
        ):
            yield node


def defined(source: str) -> set[str]:
    """The names that a cell gives a value at its top level; none if it is no code.

    Example:

    >>> sorted(defined("def f(x): ...\\ng = f"))
    ['f', 'g']
    """
    try:
        body = parse(source).body
    except SyntaxError:
        return set(re.findall(r"^def +(\w+)", source, re.M))
    found = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return found | {target.id for target in targets if isinstance(target, ast.Name)}


def same(one: str, other: str) -> bool:
    """Whether two cells do the same, comments and layout aside."""
    return plain(one) == plain(other)


def plain(source: str) -> str:
    """What a cell does, without its comments, layout and checks."""
    try:
        return ast.unparse(parse(without_checks(source)))
    except (SyntaxError, RecursionError, ValueError):  # a number of too many digits
        return source.strip()


def readable(text: str) -> str:
    """What a student wrote, such as a file's name, as it can be shown among others' words.

    Example:

    >>> readable("Eve\\x1b[2J\\nAda: 5 of 5")
    'Eve [2J Ada: 5 of 5'
    """
    return UNREADABLE.sub(" ", text)
