"""An operator on call needs AWS credentials and nothing else."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPERATIONS = sorted((ROOT / "operations").rglob("*.py"))
OURS = {path.stem for path in ROOT.glob("*.py")} | {
    path.name for path in ROOT.iterdir() if path.is_dir()
}


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_procedure_imports_of_ours_names_limits_and_pools_only_and_never_pulumi(
    path: Path,
) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
    assert imported & OURS <= {"operations", "naming", "limits", "pools"}
    assert not any(name.startswith("pulumi") for name in imported)


def test_sections_import_one_way() -> None:
    """Two folders that name each other are one, and nobody can tell where a thing belongs."""
    sections: dict[str, set[str]] = {}
    for path in OPERATIONS:
        section = path.parent.name
        if path.parent.parent != ROOT / "operations":
            continue
        named = {
            parts[1]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module
            for parts in [node.module.split(".")]
            if parts[0] == "operations" and len(parts) > 1
        }
        sections.setdefault(section, set()).update(named - {section})
    assert {"database", "security"} <= sections.keys()
    assert "database" in sections["security"]
    order = TopologicalSorter({name: used & sections.keys() for name, used in sections.items()})
    order.prepare()  # raises CycleError with the sections that lead back to the first
