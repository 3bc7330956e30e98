"""The runbook as a page: escaped, complete and self-contained."""

import re
from html.parser import HTMLParser

import pytest

from arbor.runbook import document, page, values
from runbook_fixtures import RUNBOOK

LEFT = dict.fromkeys(values.CHOSEN, "your choice")
WHEN = "Production, account 1, us-east-1, as it was on 2026-01-01 at 00:00 UTC."


class Read(HTMLParser):
    """The parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def rendered() -> Read:
    return Read(page.page(RUNBOOK.read_text(), when=WHEN, left=LEFT))


def test_every_heading_is_in_the_contents() -> None:
    html = page.page(RUNBOOK.read_text(), when=WHEN, left=LEFT)
    headings = re.findall(r'<h[23] id="([^"]+)">', html)
    linked = re.findall(r'<li class="h[23]"><a href="#([^"]+)">', html)
    assert linked == headings
    assert len(headings) == len(set(headings)) > 30
    assert {"incident-response", "security-procedures", "left-to-fill-in"} <= set(headings)
    assert "table-of-contents" not in headings


def test_every_link_stays_on_the_page() -> None:
    read = rendered()
    anchors = {a["id"] for _, a in read.elements if "id" in a}
    links = {a["href"] for a in read.all("a")}
    assert links
    assert {f"#{anchor}" for anchor in anchors} >= links


def test_the_page_loads_nothing() -> None:
    read = rendered()
    assert not [tag for tag, a in read.elements if "src" in a]
    assert [a["href"] for a in read.all("link")] == ["data:,"]
    policy = [a["content"] for a in read.all("meta") if "http-equiv" in a]
    assert len(policy) == 1
    assert str(policy[0]).startswith("default-src 'none'")


def test_every_block_has_its_button() -> None:
    read = rendered()
    blocks = RUNBOOK.read_text().count("\n```bash\n")
    assert len(read.all("pre")) == blocks > 40
    assert len([a for a in read.all("button") if a.get("class") == "copy"]) == blocks


def test_a_severity_has_its_colour() -> None:
    read = rendered()
    assert [a["class"] for a in read.all("tr") if "class" in a] == ["p1", "p2", "p3", "p4"]


HOSTILE = "<script>alert(1)</script>&\"'<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "markdown",
    [
        f"# T\n\n{HOSTILE}\n",
        f"# T\n\n## {HOSTILE}\n",
        f"# T\n\n```bash\necho {HOSTILE} # {HOSTILE}\n```\n",
        f"# T\n\n`{HOSTILE}`\n",
        f"# T\n\n| a |\n|---|\n| {HOSTILE} |\n",
        f"# {HOSTILE}\n",
    ],
)
def test_the_documents_text_is_escaped(markdown: str) -> None:
    read = Read(page.page(markdown, when=HOSTILE, left={"version": HOSTILE}))
    assert len(read.all("script")) == 1  # the page's own
    assert not read.all("img")
    assert not [a for _, a in read.elements if "onerror" in a]
    assert "alert(1)" in "".join(read.words)


def test_a_placeholder_without_a_value_is_marked() -> None:
    html = page.page("# T\n\n```bash\na <version> <other>\n```\n", when=WHEN, left={"version": '"'})
    assert '<mark title="&quot;">&lt;version&gt;</mark> &lt;other&gt;' in html
    assert "<td><code>&lt;version&gt;</code></td><td>&quot;</td>" in html


def test_a_comment_is_copied_with_its_line() -> None:
    html = page.page("# T\n\n```bash\na  # b\nc#d\n```\n", when=WHEN, left={})
    assert '<pre><code>a<span class="remark">  # b</span>\nc#d</code></pre>' in html


def test_without_missing_values_the_section_is_absent() -> None:
    assert page.LEFT not in page.page("# T\n", when=WHEN, left={})


def test_a_filled_in_value_is_escaped() -> None:
    assert document.fill("`<a>`\n", {"a": "b"}) == "`b`\n"
