"""External text stays text: it is rendered without markup of its own."""

import pytest
from markdown_it import MarkdownIt

from pipeline.report.markdown import block, cell, code, details, prose, table

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})
HOSTILE = (
    "<script>alert(1)</script>",
    "</details><h1>passes</h1>",
    "**bold** _thin_ ~~gone~~ # head",
    "[here](https://evil.example)",
    "![picture](https://evil.example/p.png)",
    "`code` ``more` ```",
    "@everyone and @arbor/owners close #12",
    "https://evil.example and www.evil.example",
    "| a | b |",
    "<!-- arbor preview -->",
    "line\n## another\n- item",
    "&lt;b&gt;",
    *("# head", "1. one", "2) two", "- item", "+ item", "* item", "> quote", "---", "===", "~~~"),
)


def tags(text: str) -> set[str]:
    """The tags of the HTML that a renderer of GitHub's Markdown makes."""
    found = GITHUB.parse(text)
    inline = [child for token in found for child in token.children or ()]
    return {token.tag or token.type for token in (*found, *inline)}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sentence_is_only_text_and_code(text: str) -> None:
    assert tags(f"- {prose(text)}") <= {"ul", "li", "p", "text", "code", "inline"} | {""}
    assert tags(prose(text)) <= {"p", "text", "code", "inline"}


@pytest.mark.parametrize("text", HOSTILE)
def test_code_shows_every_letter(text: str) -> None:
    (inline,) = [one for one in GITHUB.parse(code(text)) if one.children]
    assert [child.type for child in inline.children or ()] == ["code_inline"]
    assert (inline.children or [])[0].content == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_block_ends_where_its_text_ends(text: str) -> None:
    found = GITHUB.parse("\n".join([*block(text), "", "after"]))
    assert [one.type for one in found][:2] == ["fence", "paragraph_open"]
    assert found[0].content == f"{text}\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_stays_one_cell(text: str) -> None:
    rendered = GITHUB.parse("\n".join(table(("a", "b"), [(cell(text), "1")])))
    cells = [rendered[n + 1].content for n, one in enumerate(rendered) if one.type == "td_open"]
    assert len(cells) == 2
    assert cells[1] == "1"


def test_mentions_references_and_addresses_are_broken() -> None:
    output = prose("@owner closes #12 and https://evil.example or www.evil.example")
    for found in ("@owner", "#12", "https://evil", "www.evil"):
        assert found not in output
    assert prose("a sentence of #ours, mail@ home.") == "a sentence of #ours, mail@ home."


def test_backquoted_text_stays_code() -> None:
    assert prose("Run `aws ec2 <it> @now` now.") == "Run `aws ec2 <it> @now` now."
    assert prose("a ` alone") == "a \\` alone"


def test_collapsed_lines_are_markdown_again() -> None:
    text = "\n".join(details("2 created", ["- `a`", "- `b`"]))
    assert {"ul", "li", "code"} <= tags(text)
