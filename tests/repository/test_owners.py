"""CODEOWNERS names existing paths, and covers roles, workflows and policy."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = [
    line.split()
    for line in (ROOT / ".github/CODEOWNERS").read_text().splitlines()
    if line and not line.startswith("#")
]
LATER = {"/pulumi.lock"}
"""Written before the first run of the pipeline (docs/pipeline.md)."""


def test_each_line_has_an_owner_and_an_existing_path() -> None:
    for pattern, *owners in LINES:
        assert owners, pattern
        assert pattern in LATER or list(ROOT.glob(pattern.strip("/"))), pattern


def test_roles_workflows_and_policy_have_an_owner() -> None:
    assert {"/access/", "/pipeline/bootstrap/", "/.github/", "/policy/"} <= {
        pattern for pattern, *_ in LINES
    }
