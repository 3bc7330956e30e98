"""Lines that are no JSON: what servers write beside the application, and how bad each of them is.

gunicorn: `[2026-01-27 12:00:00 +0000] [7] [ERROR] Worker (pid:9) was sent SIGTERM!`
uvicorn, also below gunicorn: `10.0.1.7:0 - "GET /api/v1/plans HTTP/1.1" 200`, and `ERROR:    ...`
"""

import re

BAD_LEVELS = frozenset({"ERROR", "CRITICAL", "FATAL"})
BAD_WORDS = ("ERROR", "CRITICAL", "FATAL", "Error", "Exception", "Traceback")
"""What makes an error of a line that names no level."""
FAILED = 500
"""From this status on the server is at fault, and not what was asked of it."""
ACCESS = re.compile(r'(?:INFO: +)?\S+ - .*"[A-Z]+ [^"]* HTTP/[\d.]+" (\d{3})\b')
LEVEL = re.compile(
    r"(?:\[[^\]]*\] ){0,2}\[(?P<gunicorn>[A-Z]+)\] "
    r"|(?P<uvicorn>DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)[:\s]"
)
STOP = re.compile(r"Worker \(pid: ?\d+\) was sent SIG(?:TERM|QUIT|INT)!")
"""How a stop ends each worker. SIGKILL and SIGABRT are no part of it.

https://docs.gunicorn.org/en/stable/signals.html"""


def is_access(text: str) -> bool:
    """Whether it is a line about a request."""
    return ACCESS.match(text) is not None


def is_error(text: str) -> bool:
    """An access line by its status, another by the level that a server gave it, else by words."""
    if access := ACCESS.match(text):
        return int(access[1]) >= FAILED
    if STOP.search(text.split("\n", 1)[0]):
        return False
    if level := LEVEL.match(text):
        return (level["gunicorn"] or level["uvicorn"]) in BAD_LEVELS
    return any(word in text for word in BAD_WORDS)
