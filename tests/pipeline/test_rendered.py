"""Reports of the real engine, as GitHub shows them: reports/*.json.

This lists what a reader must find in each, in order; each was also checked as a picture.
"""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from pipeline.apply import result
from pipeline.apply.outcome import Outcome
from pipeline.report import comment
from pipeline.report.report import Report

REPORTS = Path(__file__).parent / "reports"
FAILED_APPLY = "failed-apply"
GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})
OURS = ("<details>", "<details open>", "</details>", "<sub>", "</sub>")


def rendered(name: str) -> str:
    file = REPORTS / f"{name}.json"
    if name == FAILED_APPLY:
        return result.render(Outcome.read(file))
    return comment.render([Report.read(file)])


IN_ORDER = {
    "first-up": (
        "**passes, but apply needs --allow** | 175 | 0 | 0 | 0 | 0 | 0 |",
        "### `apply` needs --allow",
        "would start before the database is migrated",
        "<details><summary>175 created</summary>",
        "- `database-instance` Instance",
        "No drift.",
        "<details><summary>Checked by no rule: 13 skipped rules</summary>",
        "| `task-logs` | ",
        "commit `71263b1c0ffe` · [run](https://github.com/",
    ),
    "database-class": (
        "**passes** | 0 | 5 | 0 | 0 | 170 | 0 |",
        "<details open><summary>5 updated</summary>",
        '-    "weight": 3',
        '+    "weight": 4',
        "- `database-instance` Instance",
        "  - `instanceClass`: `db.t3.small` → `db.t3.large`",
        '-        "limit": 2000',
        '+        "limit": 1000',
    ),
    "other-domain": (
        "**refused: follow a procedure** | 4 | 9 | 5 | 4 | 157 | 0 |",
        "### Refused: follow a procedure",
        'Follow "Move to Another Stack" in docs/runbook.md.',
        "### Replaced or deleted",
        "- `zone-zone` Zone **replaced**; it **holds data**",
        "  - `name`: `staging.arbor-energy.com` → `energy.example.com` — replaces it",
        "- `dns-staging.arbor-energy.com` Record **deleted**",
        "→ `(known after the up)` — replaces it",
        "9 updated",
        "4 created",
        "2 replaced or deleted without loss",
        "- `backend-task-definition` TaskDefinition **replaced**: a new revision",
    ),
    "replaced-database": (
        "**refused: follow a procedure** | 0 | 1 | 2 | 0 | 209 | 0 |",
        "- `database-instance` Instance **replaced**; it **holds data**",
        "  - `storageEncrypted`: `true` → `false` — replaces it",
        "1 updated",
        "1 replaced or deleted without loss",
        '-    "image": "backend:v1.0.0"',
    ),
    "policy-violation": (
        "**refused by policy** | 0 | 1 | 0 | 0 | 174 |",
        "### Policy violations",
        "- `rds-not-public` on `database-instance`: The database is reachable from",
        "  - `publiclyAccessible`: `false` → `true`",
    ),
    "drift": (
        "**passes, but drift stops apply** | 0 | 0 | 0 | 0 | 175 | 2 |",
        "### Drift",
        "`python -m pipeline operate refresh --stack staging`",
        "set arbor:databaseClass to db.t3.xlarge in Pulumi.staging.yaml and merge it",
        "`python -m pipeline operate up-refresh --stack staging`",
    ),
    FAILED_APPLY: (
        "| staging | **failed midway** | 3 | 1 |",
        "The deployment of arbor-staging-backend ended as ROLLBACK\\_SUCCESSFUL",
        "The lock of staging is free.",
        "1. `pulumi preview --stack staging --refresh`",
        "### Failed, possibly half done",
        "- `update backend-service`",
        "<summary>3 done</summary>",
        "- `updated firewall-acl`",
    ),
}


def test_each_report_is_tested() -> None:
    assert {file.stem for file in REPORTS.glob("*.json")} == set(IN_ORDER)


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_report_shows_its_parts_in_order(name: str) -> None:
    text, at = rendered(name), 0
    for line in IN_ORDER[name]:
        found = text.find(line, at)
        assert found >= 0, f"{line} is not in what follows:\n{text[at:]}"
        at = found + len(line)


@pytest.mark.parametrize("name", IN_ORDER)
def test_the_html_contains_only_our_tags_and_is_closed(name: str) -> None:
    tokens = GITHUB.parse(rendered(name))
    html = [t.content for t in tokens if t.type == "html_block"]
    html += [c.content for t in tokens for c in t.children or () if c.type == "html_inline"]
    marks = [part for text in html for part in text.split("<summary>")[0].split("\n") if part]
    assert [mark for mark in marks if not mark.startswith(OURS)] == []
    opened = sum(mark.startswith("<details") for mark in marks)
    assert opened == sum(mark == "</details>" for mark in marks)
    assert tokens[0].type == "table_open"
