"""The documents name only existing files, and the generated ones are up to date."""

import re
from pathlib import Path

import pytest

from pulumi_moto import coverage
from tools import policies

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = [p for p in sorted((ROOT / "docs/decisions").glob("*.md")) if p.name != "README.md"]
PARTS = re.compile(r"^\*\*(Context|Decision|Consequence)\.\*\*\s", re.MULTILINE)
PATH = re.compile(r"`((?:[a-z_.]+/)+[\w./-]*|[\w.-]+\.(?:py|yaml|md|toml|txt))`")


def test_the_coverage_page_is_up_to_date() -> None:
    written = (ROOT / "packages" / "pulumi-moto" / "COVERAGE.md").read_text()
    assert written == coverage.page(), "run `make docs`"


def test_the_page_of_policies_is_up_to_date() -> None:
    written = (ROOT / "docs" / "policies.md").read_text()
    assert written == policies.page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_existing_files(page: Path) -> None:
    for name in PATH.findall(page.read_text()):
        assert (ROOT / name).exists() or (page.parent / name).exists(), name
    for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_a_context_a_decision_and_a_consequence(page: Path) -> None:
    text = page.read_text()
    assert PARTS.findall(text) == ["Context", "Decision", "Consequence"]
    assert re.findall(r"^#.*", text, re.MULTILINE) == [text.splitlines()[0]]


def test_the_index_of_decisions_lists_each_page_once() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    links = re.findall(r"^- \[[^]]+\]\(([\w-]+\.md)\): .+$", index, re.MULTILINE)
    assert sorted(links) == [page.name for page in DECISIONS]
