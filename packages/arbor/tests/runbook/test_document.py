"""docs/runbook.md: its commands exist, and its placeholders can be filled in."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from markdown_it.token import Token
from typer.core import TyperGroup

from arbor.__main__ import app
from arbor.runbook import document, page, values
from runbook_fixtures import COMMANDS, ORIGINAL, ROOT, RUNBOOK, commands, parser

VERDICTS = {"works", "corrected"}
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
TEXT = RUNBOOK.read_text()
ARBOR = typer.main.get_command(app)


def tokens(path: Path) -> Iterator[Token]:
    for token in parser().parse(path.read_text()):
        yield token
        yield from token.children or []


def sections(path: Path) -> list[str]:
    found = parser().parse(path.read_text())
    return [
        found[at + 1].content
        for at, token in enumerate(found)
        if token.type == "heading_open" and token.tag == "h2"
    ]


def rows(path: Path) -> dict[str, list[list[Token]]]:
    """The cells of each table's rows, by section."""
    found: dict[str, list[list[Token]]] = {}
    section, all_tokens = "", parser().parse(path.read_text())
    for at, token in enumerate(all_tokens):
        if token.type == "heading_open":
            section = all_tokens[at + 1].content
        elif token.type == "tr_open":
            found.setdefault(section, []).append([])
        elif token.type == "td_open":
            found[section][-1].append(all_tokens[at + 1])
    return {section: [row for row in table if row] for section, table in found.items()}


def arbor_lines(path: Path) -> list[str]:
    """The arguments of `arbor` in blocks and in the text, without comments."""
    blocks = [
        line.removeprefix("arbor ").split("  #")[0].split(" #")[0].strip()
        for token in tokens(path)
        if token.type == "fence"
        for line in token.content.splitlines()
        if line.startswith("arbor ")
    ]
    inline = [
        token.content.removeprefix("arbor ")
        for token in tokens(path)
        if token.type == "code_inline" and token.content.startswith("arbor ")
    ]
    return blocks + inline


def leaves(group: TyperGroup, before: str = "") -> set[str]:
    """Every command; those of groups as `group name`."""
    found = set()
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= leaves(command, f"{before}{name} ")
        else:
            found.add(f"{before}{name}")
    return found


NAMED = sorted({line for path in DOCUMENTS for line in arbor_lines(path)})


def test_every_command_is_in_the_runbook() -> None:
    assert isinstance(ARBOR, TyperGroup)
    named = {f"{line} " for line in arbor_lines(RUNBOOK)}
    assert not {
        command
        for command in leaves(ARBOR)
        if not any(line.startswith(f"{command} ") for line in named)
    }


def test_every_section_of_the_first_runbook_is_kept_in_order() -> None:
    ours, first = sections(RUNBOOK), sections(ORIGINAL)
    assert [section for section in ours if section in first] == first
    assert len(first) == 12  # ten sections, the contents and the contact


def test_the_severity_table_is_the_first_runbooks() -> None:
    def table(path: Path) -> list[list[str]]:
        return [[cell.content for cell in row] for row in rows(path)["Severity Levels"]]

    assert table(RUNBOOK) == table(ORIGINAL)
    assert len(table(RUNBOOK)) == 4


def test_every_command_of_the_first_runbook_is_judged() -> None:
    judged = {
        section: [row[0].children[0].content for row in table if row[0].children]
        for section, table in rows(COMMANDS).items()
    }
    assert judged == commands(ORIGINAL)
    assert sum(len(section) for section in judged.values()) == 60


def test_every_judgement_has_a_reason() -> None:
    for table in rows(COMMANDS).values():
        for _, verdict, why in table:
            assert verdict.content in VERDICTS
            assert len(why.content) > 10


@pytest.mark.parametrize("line", NAMED)
def test_every_command_in_the_documents_exists(line: str) -> None:
    words = shlex.split(line)
    command: Any = ARBOR
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    takes_words = any(one.param_type_name == "argument" for one in command.params)
    if isinstance(command, TyperGroup) and not takes_words:
        assert words in ([], ["--help"]), f"there is no `arbor {line}`"
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    options = {word.split("=")[0] for word in words if word.startswith("-")}
    assert options <= known, f"`arbor {line}` takes {sorted(known)}"


def test_a_pasted_line_parses() -> None:
    """A line is one `arbor` command without a pipe, so `--stack staging` can be appended."""
    for token in tokens(RUNBOOK):
        for line in token.content.splitlines() if token.type == "fence" else []:
            if line.startswith("arbor "):
                assert not re.search(r"[|;&\\]|[^a-z-]>", line.split(" #")[0]), line


def test_placeholders_are_explained_known_and_used() -> None:
    explained = [
        row[0].children[0].content.strip("<>")
        for row in rows(RUNBOOK)["Placeholders"]
        if row[0].children
    ]
    assert sorted(explained) == sorted(values.names())
    assert len(set(explained)) == len(explained)
    before = TEXT[: TEXT.index("## Placeholders")]
    assert set(document.placeholders(before)) <= set(explained)
    unused = set(explained) - set(document.placeholders(before))
    assert unused <= {"frontend-test-rule-arn"}


def test_placeholders_are_in_code_only() -> None:
    """Markdown would parse a value elsewhere."""
    for token in tokens(RUNBOOK):
        if token.type == "text":
            assert not document.placeholders(token.content), token.content


def test_every_link_has_a_target() -> None:
    flat = list(tokens(RUNBOOK))
    anchors = {
        page.slug(token.content)
        for before, token in pairwise(flat)
        if before.type == "heading_open"
    }
    links = {str(token.attrGet("href")) for token in flat if token.type == "link_open"}
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    for link in links:
        assert link.startswith("#") or (RUNBOOK.parent / link).exists(), link


def test_stagings_runbook_has_stagings_names() -> None:
    text = document.for_stack(TEXT, "staging")
    code = "\n".join(token.content for token in parser().parse(text) if token.type == "fence")
    for name in ("arbor-staging-cluster", "arbor/staging/db", "arbor_staging", "Pulumi.staging"):
        assert name in text
    assert not re.search(r"arbor[-_/]production", text)
    lines = [line for line in code.splitlines() if line.startswith("arbor ")]
    assert lines
    for line in lines:
        assert "--stack staging" in line.split("#")[0], line
    assert any(
        line.startswith("arbor release <version> --stack staging  # migrations") for line in lines
    )


def test_productions_runbook_is_unchanged() -> None:
    assert document.for_stack(TEXT, "production") == TEXT


def test_placeholders_without_a_value_stay() -> None:
    text = "`curl https://<domain>/<version>`\n| `<domain>` | The host of `green.<domain>` |\n"
    assert document.fill(text, {"domain": "a.example"}) == (
        "`curl https://a.example/<version>`\n"
        "| `<domain>` | The host of `green.a.example`: `a.example` |\n"
    )
