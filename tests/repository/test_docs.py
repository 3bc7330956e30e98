"""The documents name only files that exist, and the generated ones are up to date."""

import re
from pathlib import Path

import pytest

from tools import coverage, policies

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`((?:[a-z_.]+/)+[\w./-]*|[\w.-]+\.(?:py|yaml|md|toml|txt))`")


def test_the_coverage_page_is_what_the_tables_say() -> None:
    written = (ROOT / "docs" / "coverage.md").read_text()
    assert written == coverage.page(), "run `make docs`"


def test_the_page_of_policies_is_what_the_rules_say() -> None:
    written = (ROOT / "docs" / "policies.md").read_text()
    assert written == policies.page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_files_that_exist(page: Path) -> None:
    for name in PATH.findall(page.read_text()):
        assert (ROOT / name).exists() or (page.parent / name).exists(), name
    for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / link).exists(), link
