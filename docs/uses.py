"""Which public names a name uses: `VAE` draws its codes with `GaussianSampling`.

uses(name) = the names that its definition speaks of, and those that theirs do
"""

import ast
import functools

from docs.sources import PARTS, definition, entries, imports, tree


@functools.cache
def places():
    """`{(file, name there): (part, name)}` of all public names."""
    found = {}
    for part in PARTS:
        for entry in entries(part):
            there = getattr(entry.node, "name", entry.name)
            found[entry.path, there] = (part, entry.name)
    return found


def uses(part, name):
    """The public names that a public name uses, itself left out, as pairs of part and name."""
    start = next((place for place, key in places().items() if key == (part, name)), None)
    queue, found = [start] if start else [], set()
    while queue:
        place = queue.pop()
        if place not in found:
            found.add(place)
            queue += _spoken(*place)
    return {places()[place] for place in found - {start} if place in places()}


@functools.cache
def _spoken(path, name):
    """The places of the library's names that a definition speaks of."""
    own = {x for node in tree(path).body for x in _names(node)}
    known = imports(path)
    found = set()
    for node in ast.walk(definition(path, name)):
        if isinstance(node, ast.Name) and node.id in known:
            found.add(_real(*known[node.id]))
        elif isinstance(node, ast.Name) and node.id in own:
            found.add((path, node.id))
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in known:
            file, there = known[node.value.id]  # a module, as in `encoding.encode(…)`
            found.add(_real(file.with_suffix("") / f"{there}.py", node.attr))
    return [place for place in found if place and place != (path, name)]


def _real(path, name):
    """Where a name is defined that is imported from a file, or through a package's face."""
    if path.exists():
        return (path, name) if name in {x for n in tree(path).body for x in _names(n)} else None
    face = path.with_suffix("") / "__init__.py"
    return imports(face).get(name) if face.exists() else None


def _names(node):
    yield from filter(None, [getattr(node, "name", None)])
    yield from (x.id for x in getattr(node, "targets", []) if isinstance(x, ast.Name))
