"""Text lines, which web servers log besides the application's JSON, and the errors among them.

gunicorn: `[2026-01-27 12:00:00 +0000] [7] [ERROR] Worker (pid:9) was sent SIGTERM!`
uvicorn, also below gunicorn: `10.0.1.7:0 - "GET /api/v1/plans HTTP/1.1" 200`, and `ERROR:    ...`
"""

import re

ERROR_LEVELS = frozenset({"ERROR", "CRITICAL", "FATAL"})
ERROR_WORDS = ("ERROR", "CRITICAL", "FATAL", "Error", "Exception", "Traceback")
"""They mark an error in a line without a level."""
SERVER_ERROR = 500
"""The lowest status of an error of the server."""
ACCESS = re.compile(r'(?:INFO: +)?\S+ - .*"[A-Z]+ [^"]* HTTP/[\d.]+" (\d{3})\b')
LEVEL = re.compile(
    r"(?:\[[^\]]*\] ){0,2}\[(?P<gunicorn>[A-Z]+)\] "
    r"|(?P<uvicorn>DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)[:\s]"
)
STOP = re.compile(r"Worker \(pid: ?\d+\) was sent SIG(?:TERM|QUIT|INT)!")
"""gunicorn's message when a stop ends a worker; SIGKILL and SIGABRT mean an error.

https://docs.gunicorn.org/en/stable/signals.html"""


def is_access(text: str) -> bool:
    """Whether it is a line of the access log."""
    return ACCESS.match(text) is not None


def is_error(text: str) -> bool:
    """By the status in the access log, by the server's level, else by words."""
    if access := ACCESS.match(text):
        return int(access[1]) >= SERVER_ERROR
    if STOP.search(text.split("\n", 1)[0]):
        return False
    if level := LEVEL.match(text):
        return (level["gunicorn"] or level["uvicorn"]) in ERROR_LEVELS
    return any(word in text for word in ERROR_WORDS)
