"""A real browser, controlled by its DevTools protocol."""

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium")
SECONDS = 30.0


class Tab:
    """A page: `call` sends a command, `events` are the browser's notifications."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    def evaluate(self, script: str) -> Any:
        """The value of an expression on the page; a promise is awaited."""
        answer = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._next()

    def events_of(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event["method"] == method]

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=SECONDS))
        if "method" in message:
            self.events.append(message)
        return message


@contextmanager
def tab(profile: Path, *, width: int, height: int) -> Iterator[Tab]:
    """A tab of a fresh browser without a network."""
    assert PROGRAM
    browser = subprocess.Popen(
        [
            PROGRAM,
            "--headless=new",
            "--no-sandbox",  # Chromium requires it to run as root
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(_address(profile), proxy=None, max_size=None) as socket:
            yield Tab(socket)
    finally:
        browser.terminate()
        try:
            browser.wait(SECONDS)
        except subprocess.TimeoutExpired:
            browser.kill()
            browser.wait()


def _address(profile: Path) -> str:
    """The address of the first tab; the browser writes its port to a file when it is ready."""
    note, until = profile / "DevToolsActivePort", time.monotonic() + SECONDS
    while time.monotonic() < until:
        if note.exists() and (port := note.read_text().partition("\n")[0]):
            with _direct().open(f"http://127.0.0.1:{port}/json/list", timeout=SECONDS) as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise TimeoutError(f"{PROGRAM} did not start in {SECONDS:.0f} s")


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
