"""Source as its syntax tree in words: without comments, docstrings and layout.

Two sources with the same words do the same, and a source has the same words on every
Python that the course runs on; `ast.dump` differs from one Python to the next.
"""

import ast
import io
import json
import re
import tokenize

# Who asks for these sees docstrings and comments, so they are part of what the code does.
REFLECTION = {"__doc__", "getdoc", "getsource", "getsourcelines", "help", "pinfo", "pinfo2"}


def parse_cell(source):
    """The tree of a notebook's cell, magics and all.

    Args:
        source: text of a code cell.

    Returns:
        `ast.Module`.

    Raises:
        SyntaxError: if it is no code, for IPython neither.

    Example:

    >>> ast.unparse(parse_cell("%matplotlib inline\\nscale = 'lesson'"))
    "get_ipython().run_line_magic('matplotlib', 'inline')\\nscale = 'lesson'"
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            return ast.parse(TransformerManager().transform_cell(source))
        except ValueError as error:  # a null byte
            raise SyntaxError(str(error)) from error


def cell_words(source):
    """What a cell does, in words; a cell that is no code is its own text."""
    try:
        tree = parse_cell(source)
    except SyntaxError:
        return source
    if REFLECTION & names(tree):
        return source
    # A string that stands alone in a cell is shown, and a semicolon at its end hides the value.
    return json.dumps([_words(tree.body), _ends_in_semicolon(source)])


def module_words(tree, source):
    """What a module does, in words."""
    if REFLECTION & names(tree):
        return source
    return json.dumps(_words(_without_docstring(tree)))


def source_words(source):
    """What a module does, in words; one that is no code is its own text."""
    try:
        return module_words(ast.parse(source), source)
    except (SyntaxError, ValueError):
        return source


def names(tree):
    """Every name and attribute that a tree speaks of."""
    nodes = list(ast.walk(tree))
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    return found | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def strings(tree):
    """The strings of a tree, in its f-strings too; docstrings are none."""
    hidden = {id(node.body[0].value) for node in ast.walk(tree) if _docstring(node)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden
    ]


def imports(tree):
    """The modules that a tree imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def one_tree(cells, about):
    """One tree of all cells, with the code that stands in their magics and strings.

    Its `unread` says whether there is text about a package that cannot be read as code.

    Args:
        cells: list of sources.
        about: name of the package.
    """
    body, unread, queue = [], False, list(cells)
    while queue:
        source = queue.pop()
        try:
            tree = parse_cell(source)
        except SyntaxError:
            unread |= about in source
            continue
        body += tree.body
        texts = [text for text in strings(tree) if about in text and text != source]
        queue += [text for text in texts if not re.fullmatch(r"[\w.]+", text)]
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in calls:
            if getattr(call.func, "attr", "").startswith("run_"):
                given = [a.value for a in call.args if isinstance(a, ast.Constant)]
                queue += [text for text in given if isinstance(text, str)]
    tree = ast.Module(body=body, type_ignores=[])
    tree.unread = unread
    return tree


def first_arguments(tree, function):
    """The first argument of each call of a function, by its name; None where it is no text."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = [c for c in calls if function in (getattr(c.func, x, "") for x in ("id", "attr"))]
    given = [[*call.args, *(k.value for k in call.keywords)][:1] for call in called]
    texts = [getattr(first[0], "value", None) if first else None for first in given]
    return {text if isinstance(text, str) else None for text in texts}


def lessons_checked(tree):
    """The lessons whose exercises a tree checks: `sparse` for `check("sparse.2", …)`."""
    found = (re.fullmatch(r"([\w-]+)\.\d+", text) for text in strings(tree))
    return {match[1] for match in found if match}


def _docstring(node):
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None


def _without_docstring(node):
    return node.body[1:] if _docstring(node) else node.body


def _words(node):
    if isinstance(node, list):
        return [_words(part) for part in node]
    if isinstance(node, ast.Constant):
        return ["Constant", repr(node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["JoinedStr", *_pieces(node.values)]
    if not isinstance(node, ast.AST):
        return node if node is None or isinstance(node, int | str) else repr(node)
    found = [type(node).__name__]
    for field, value in ast.iter_fields(node):
        if field in ("ctx", "type_comment") or value is None or value == []:
            continue
        if field == "body" and isinstance(value, list) and not isinstance(node, ast.Module):
            value = _without_docstring(node)
        found.append([field, _words(value)])
    return found


def _pieces(values):
    """The parts of an f-string; Pythons differ in where they cut its text."""
    found = []
    for value in values:
        text = value.value if isinstance(value, ast.Constant) else None
        if text is not None and found and isinstance(found[-1], str):
            found[-1] += text
        elif text != "":
            found.append(_words(value) if text is None else text)
    return found


def _ends_in_semicolon(source):
    if ";" not in source:
        return False
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source.rstrip().endswith(";")
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    spoken = [token.string for token in tokens if token.type not in silent and token.string]
    return spoken[-1:] == [";"]
