"""An operator on call needs AWS credentials and nothing else."""

import ast
from pathlib import Path

import pytest

OPERATIONS = sorted((Path(__file__).parents[2] / "operations").glob("*.py"))
OURS = {path.stem for path in OPERATIONS[0].parents[1].glob("*.py")} | {
    path.name for path in OPERATIONS[0].parents[1].iterdir() if path.is_dir()
}


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_a_procedure_imports_of_ours_the_names_only_and_never_pulumi(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
    assert imported & OURS <= {"operations", "naming"}
    assert not any(name.startswith("pulumi") for name in imported)
