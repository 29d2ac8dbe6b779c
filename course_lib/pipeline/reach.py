"""Which modules of the library a notebook reaches, read from the text without running it.

    reach = the modules that its code names, and those that they name in turn

A package's `__init__` is a face: `from course_lib.models import VAE` reaches the file of
`VAE` and not the other models. Where a name is made up at run time, all it could be counts.
"""

import ast
import itertools
from pathlib import Path

from course_lib.pipeline import syntax
from course_lib.pipeline.modules import SILENT, Module, absolute, doing, made, read_module

ROOT = "course_lib"
EXERCISES = f"{ROOT}.lesson.exercises"
# With these a name is made up at run time: a function of Python's, or an attribute.
IMPORTS = {"__import__", "import_module", "exec_module", "run_module", "run_path"}
BUILT_INS = {"exec", "eval", "compile", "globals", "locals", "vars"}


def reached(cells, folder):
    """The modules of the library that these cells reach.

    Args:
        cells: list of sources of code cells.
        folder: of the package `course_lib`.

    Returns:
        dict of a module's name to its `Module`.
    """
    return Reach(folder).follow(cells)


class Reach:
    """Follows names from a notebook's cells into the library.

    Args:
        folder: of the package `course_lib`.
    """

    def __init__(self, folder):
        folder = Path(folder)
        self.files = {}
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            self.files[".".join((ROOT, *parts))] = path
        self.found = {}
        self.ids = set()

    def module(self, name):
        path = self.files[name]
        stat = path.stat()
        return read_module(str(path), stat.st_mtime_ns, stat.st_size)

    def is_package(self, name):
        return name in self.files and self.files[name].name == "__init__.py"

    def follow(self, cells):
        tree = syntax.one_tree(cells, ROOT)
        self.ids = syntax.lessons_checked(tree)
        called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if tree.unread or BUILT_INS & called or IMPORTS & syntax.names(tree):
            self.all_of(ROOT)
        self.uses(tree, ROOT, False)
        if self.found and ROOT in self.files:
            # It chooses a backend, which is in the key, and tells Keras the names of classes.
            does = ast.Module(body=doing(self.module(ROOT).tree), type_ignores=[])
            self.found.setdefault(ROOT, Module(ast.unparse(does), True))
        return dict(sorted(self.found.items()))

    def all_of(self, package):
        """Everything in a package; of the exercises those that the notebook checks."""
        inside = [name for name in self.files if f"{name}.".startswith(f"{package}.")]
        own = {f"{EXERCISES}.{id}" for id in self.ids}
        for name in inside:
            foreign = name.startswith(f"{EXERCISES}.") and own & set(self.files)
            if not name.startswith(f"{ROOT}.pipeline") and (not foreign or name in own):
                self.visit(name)

    def visit(self, name):
        """A module, what it names, and what its packages do when they are imported."""
        if name in self.found:
            return
        module = self.found[name] = self.module(name)
        for package in itertools.accumulate(name.split(".")[:-1], "{}.{}".format):
            if package != ROOT and package in self.files and doing(self.module(package).tree):
                self.visit(package)
        self.uses(module.tree, name, module.is_package)
        if IMPORTS & module.names:
            named = [text for text in module.strings if text.startswith(f"{ROOT}.")]
            for text in named or [ROOT]:
                self.all_of(self.deepest(text))

    def deepest(self, text):
        """The module or package that a dotted text begins with."""
        parts = text.split(".")
        while ".".join(parts) not in self.files:
            parts.pop()
        return ".".join(parts)

    def enter(self, module, name):
        """What `from module import name` reaches; a package's name where it is one."""
        inner = f"{module}.{name}"
        if self.is_package(inner):
            return inner
        if inner in self.files:
            self.visit(inner)
        elif not self.is_package(module):
            if module in self.files:
                self.visit(module)
        else:
            return self.through_face(module, name)
        return None

    def through_face(self, package, name):
        face = self.module(package)
        imports = [node for node in ast.walk(face.tree) if isinstance(node, ast.ImportFrom)]
        for node in imports:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return self.enter(absolute(node, package, True), alias.name)
        if name not in SILENT and name in made(face.tree):
            self.visit(package)
        elif name not in SILENT:
            self.all_of(package)
        return None

    def uses(self, tree, module, is_package):
        """Follow every import of a tree, and every use of a package that it imports."""
        bound = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.import_(alias, bound)
            elif isinstance(node, ast.ImportFrom):
                source = absolute(node, module, is_package)
                if source != ROOT and not source.startswith(f"{ROOT}."):
                    continue
                for alias in node.names:
                    if alias.name == "*":
                        self.all_of(source)
                    elif package := self.enter(source, alias.name):
                        bound.setdefault(alias.asname or alias.name, set()).add(package)
        if bound:
            _Uses(self, bound).visit(tree)

    def import_(self, alias, bound):
        if alias.name != ROOT and not alias.name.startswith(f"{ROOT}."):
            return
        if not self.is_package(alias.name) and alias.name in self.files:
            self.visit(alias.name)
            if alias.asname:
                return
        known = alias.name if alias.asname else ROOT
        bound.setdefault(alias.asname or ROOT, set()).add(known)


class _Uses(ast.NodeVisitor):
    """`models.VAE` reaches one file of a package, `models` alone all of them."""

    def __init__(self, reach, bound):
        self.reach, self.bound = reach, bound

    def visit_Name(self, node):
        for package in self.bound.get(node.id, ()):
            if isinstance(node.ctx, ast.Load):
                self.reach.all_of(package)

    def visit_Attribute(self, node):
        chain, root = [], node
        while isinstance(root, ast.Attribute):
            chain.insert(0, root.attr)
            root = root.value
        if not (isinstance(root, ast.Name) and root.id in self.bound):
            self.generic_visit(node)
            return
        for package in self.bound[root.id]:
            for name in chain:
                if package := self.reach.enter(package, name):
                    continue
                break
            else:
                self.reach.all_of(package)
