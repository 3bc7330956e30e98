"""The calls in the documents are valid for GitHub's API."""

import json
import re
from pathlib import Path

from github_repository import hold

PAGE = Path(__file__).parents[3] / "docs" / "application.md"
CALL = re.compile(
    r"^gh api --method (\w+) repos/[\w.-]+/[\w.-]+(/\S+) --input - <<'JSON'\n(.*?)^JSON$",
    re.MULTILINE | re.DOTALL,
)


def test_the_bodies_in_the_applications_page_match_githubs_schema() -> None:
    calls = CALL.findall(PAGE.read_text())
    assert [place for _, place, _ in calls] == ["/environments/staging", "/rulesets"]
    for method, place, body in calls:
        hold(method, place, json.loads(body))
