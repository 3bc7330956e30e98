"""JSON lines as structlog writes them: `event`, `level` in lower case, `logger`, `timestamp`."""

import json
import logging
import sys
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.config import settings


def setup_logging() -> None:
    """Every line goes to standard output unchanged."""
    level = logging.DEBUG if settings.debug else logging.INFO
    logging.basicConfig(format="%(message)s", stream=sys.stdout, level=level)


@dataclass(frozen=True, kw_only=True)
class Logger:
    """A method for each level; other arguments become fields of the line."""

    name: str

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def failed(self, event: str, error: BaseException) -> None:
        """An error with its traceback in `exception`, in one line."""
        lines = "".join(traceback.format_exception(error)).rstrip("\n")
        self._write(logging.ERROR, event, {"error": str(error), "exception": lines})

    def _write(self, level: int, event: str, fields: dict[str, object]) -> None:
        line = {
            **{key: value for key, value in fields.items() if key != "exception"},
            "event": event,
            "level": logging.getLevelName(level).lower(),
            "logger": self.name,
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            **({"exception": fields["exception"]} if "exception" in fields else {}),
        }
        logging.getLogger(self.name).log(level, "%s", json.dumps(line))


def get_logger(name: str) -> Logger:
    """The same function as the real application's."""
    return Logger(name=name)
