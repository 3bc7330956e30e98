"""The sections of the commands import one way."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ARBOR = Path(__file__).parents[1] / "src" / "arbor"
OPERATIONS = sorted((ARBOR).rglob("*.py"))


def test_sections_import_one_way() -> None:
    """Two sections that import each other would be one."""
    sections: dict[str, set[str]] = {}
    for path in OPERATIONS:
        section = path.parent.name
        if path.parent.parent != ARBOR:
            continue
        named = {
            parts[1]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module
            for parts in [node.module.split(".")]
            if parts[0] == "arbor" and len(parts) > 1
        }
        sections.setdefault(section, set()).update(named - {section})
    assert {"database", "security"} <= sections.keys()
    assert "database" in sections["security"]
    order = TopologicalSorter({name: used & sections.keys() for name, used in sections.items()})
    order.prepare()  # raises CycleError with the sections in the cycle
