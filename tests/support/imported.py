"""The runtime imports of a module."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def imported(path: Path) -> frozenset[str]:
    """The top-level names of the modules that a file imports.

    Imports below `if TYPE_CHECKING:` are types only and are left out.
    """
    found = set()
    for node in _run(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _run(child)
