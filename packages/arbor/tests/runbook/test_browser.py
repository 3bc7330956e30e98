"""The runbook's page in Chromium, as an operator uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import missing
from arbor.runbook import document, page, values
from runbook_browser import PROGRAM, Tab, tab
from runbook_fixtures import RUNBOOK

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=missing.needs("Chromium", "chromium"))
FILLED = {name: f"value-of-{name}" for name in values.names() if name not in values.CHOSEN}
WIDE, PHONE = (1400, 1000), (390, 844)


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tab]:
    file = tmp_path / "runbook.html"
    text = document.fill(RUNBOOK.read_text(), FILLED)
    file.write_text(page.page(text, when="Production", left=values.CHOSEN))
    width, height = request.param
    with tab(tmp_path / "profile", width=width, height=height) as browser:
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(f"{domain}.enable")
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < height,
        )
        browser.call("Emulation.setFocusEmulationEnabled", enabled=True)
        browser.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
        )
        browser.open(file.as_uri())
        yield browser


def click(browser: Tab, selector: str) -> None:
    """Click the middle of an element."""
    box = browser.evaluate(
        f"(() => {{ const e = document.querySelector({selector!r});"
        "e.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const b = e.getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call(
            "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1
        )


def wait(browser: Tab, condition: str) -> None:
    """Wait at most five seconds until a condition of the page holds."""
    assert browser.evaluate(
        "new Promise(done => { const end = Date.now() + 5000; const look = () => "
        f"({condition}) ? done(true) : Date.now() > end ? done(false) : setTimeout(look, 20);"
        "look(); })"
    ), condition


def test_a_button_copies_its_block(opened: Tab) -> None:
    block = "#frontend-health-check ~ .code"
    click(opened, f"{block} button")
    wait(opened, f"document.querySelector('{block} button').textContent === 'Copied'")
    assert opened.evaluate("navigator.clipboard.readText()") == (
        'curl -s -o /dev/null -w "%{http_code}" https://value-of-domain\n\n# Expected: 200'
    )
    wait(opened, f"document.querySelector('{block} button').textContent === 'Copy'")


def test_a_button_lists_placeholders_without_a_value(opened: Tab) -> None:
    block = "#standard-deployment ~ .code"
    click(opened, f"{block} button")
    label = "Copied; fill in <version>"
    wait(opened, f"document.querySelector('{block} button').textContent === '{label}'")
    assert "arbor release <version>" in opened.evaluate("navigator.clipboard.readText()")


def test_without_the_clipboard_a_selection_is_copied(opened: Tab) -> None:
    opened.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    block = "#rotate-database-credentials ~ .code"
    click(opened, f"{block} button")
    wait(opened, f"document.querySelector('{block} button').textContent === 'Copied'")
    assert "arbor rotate-password" in opened.evaluate("navigator.clipboard.readText()")


def test_a_link_of_the_contents_leads_to_its_heading(opened: Tab) -> None:
    opened.evaluate("document.querySelector('nav details').open = true")
    click(opened, "nav a[href='#cache-operations']")
    wait(
        opened,
        "Math.abs(document.getElementById('cache-operations').getBoundingClientRect().y) < 60",
    )


def test_the_page_makes_no_request_and_logs_no_error(opened: Tab) -> None:
    opened.evaluate("1")
    requested = [event["request"]["url"] for event in opened.events_of("Network.requestWillBeSent")]
    assert len(requested) >= 1
    assert all(address.startswith(("file:", "data:")) for address in requested), requested
    errors = opened.events_of("Log.entryAdded") + opened.events_of("Runtime.exceptionThrown")
    assert not errors
    assert not opened.events_of("Runtime.consoleAPICalled")


def test_the_browser_rejects_foreign_scripts_and_addresses(opened: Tab) -> None:
    opened.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.bad = 1\">')"
    )
    opened.evaluate(
        "new Promise(done => { const s = document.createElement('script');"
        "s.textContent = 'window.bad = 1'; document.body.append(s); setTimeout(done, 200); })"
    )
    assert opened.evaluate("window.bad === undefined")


def test_severities_have_different_colours(opened: Tab) -> None:
    colours = opened.evaluate(
        "[1, 2, 3, 4].map(n => getComputedStyle("
        "document.querySelector(`.p${n} td`)).borderLeftColor)"
    )
    assert len(set(colours)) == 4


def test_the_page_fits_its_windows_width(opened: Tab) -> None:
    """Wide content scrolls in its own block."""
    assert opened.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
