"""A docstring in Keras' order as Markdown: paragraphs, then sections of items or of text.

Args, Attributes, Raises    `name: text`, a line each    a list of definitions
Returns, Reference          text                         a paragraph under a bold head
Example                     lines that begin with >>>    a block of code
"""

import re
import textwrap

ITEMS = ("Args", "Attributes", "Call arguments", "Raises")
TEXT = ("Returns", "Reference", "Example")
HEAD = re.compile(rf"^({'|'.join([*ITEMS, *TEXT])}):[ ]*(.*)$")
ITEM = re.compile(r"(\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*|`[^`]+`): (.*)", re.S)


def sections(docstring):
    """Pairs of a section's name, empty for what comes first, and its text, dedented.

    Example:

    >>> sections("One line.\\n\\nArgs:\\n    x: data.\\n\\nReference: Baum,\\n    1999.")
    [('', 'One line.'), ('Args', 'x: data.'), ('Reference', 'Baum,\\n1999.')]
    """
    found = [["", []]]
    for line in docstring.splitlines():
        if head := HEAD.match(line):
            found.append([head[1], [f"    {head[2]}"] if head[2] else []])
        else:
            found[-1][1].append(line)
    return [(name, _dedented(name, lines)) for name, lines in found]


def markdown(docstring):
    """The whole docstring as MyST Markdown.

    Example:

    >>> print(markdown("One line.\\n\\nArgs:\\n    x: data\\n        `(B, D)`."))
    One line.
    <BLANKLINE>
    **Args**
    <BLANKLINE>
    `x`
    : data
      `(B, D)`.
    """
    blocks = []
    for name, text in sections(docstring):
        blocks += [f"**{name}**"] if name else []
        blocks.append(_items(text) if name in ITEMS else _text(text))
    return "\n\n".join(block for block in blocks if block)


def _dedented(name, lines):
    # A reference is indented or not, an equation stays deeper than its paragraph.
    if name == "Reference":
        return "\n".join(line.strip() for line in lines).strip()
    return textwrap.dedent("\n".join(lines)).strip("\n")


def _items(text):
    entries = re.split(r"\n(?=\S)", text)
    return "\n\n".join(_item(entry) for entry in entries)


def _item(entry):
    found = ITEM.fullmatch(entry)
    if not found:
        return _text(entry)
    first, _, rest = found[2].partition("\n")
    names = ", ".join(f"`{name.strip('`')}`" for name in found[1].split(", "))
    body = _text(f"{first}\n{textwrap.dedent(rest)}".strip())
    return f"{names}\n: " + textwrap.indent(body, "  ").lstrip()


def _text(text):
    """Paragraphs; what begins with >>> becomes a block of code, and an address a link."""
    blocks = re.split(r"\n\s*\n", text)
    return "\n\n".join(_block(block) for block in blocks if block.strip())


def _block(block):
    if block.lstrip().startswith(">>>"):
        return f"```pycon\n{textwrap.dedent(block)}\n```"
    if block.startswith("    "):  # an equation, written as a block of its own
        return f"```text\n{textwrap.dedent(block)}\n```"
    return re.sub(r"(?<![<(`])(https?://[^\s>]*[^\s>.,;)])", r"<\1>", block)
