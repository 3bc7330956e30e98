"""The log of one task while it runs: the new events of its stream.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.screen import safe

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef, OutputLogEventTypeDef

PAGES = 20
"""Pages of up to 10,000 events in one read; the next read continues."""
KEPT = 50
"""Lines of one read that are printed; earlier ones of the same read are counted."""


@dataclass(kw_only=True)
class TaskLog:
    """Follows one stream. An error of the log is reported once and stops nothing."""

    account: Account
    group: str
    stream: str
    token: str | None = None
    trouble: set[str] = field(default_factory=set)
    """The errors that were reported."""

    def new(self) -> list[str]:
        """The lines since the last read, safe to print; none before the stream exists."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        lines: list[str] = []
        try:
            for event in self._events():
                lines += _lines(event)
        except (BotoCoreError, ClientError) as error:
            lines += self._told(error)
        if (hidden := len(lines) - KEPT) > 0:
            return [f"({hidden} lines before these: {self.command()})", *lines[hidden:]]
        return lines

    def command(self) -> str:
        """How a person reads all of it."""
        return f"aws logs tail {self.group} --log-stream-names {self.stream} --since 1d"

    def _events(self) -> Iterator["OutputLogEventTypeDef"]:
        logs = self.account.client("logs")
        request: GetLogEventsRequestTypeDef = {
            "logGroupName": self.group,
            "logStreamName": self.stream,
            "startFromHead": True,
        }
        for _ in range(PAGES):
            if self.token:
                request["nextToken"] = self.token
            try:
                page = logs.get_log_events(**request)
            except logs.exceptions.ResourceNotFoundException:
                return  # the container has said nothing yet
            yield from page["events"]
            # A page may be empty and not the last: the end is where the token stays as it is.
            before, self.token = self.token, page["nextForwardToken"]
            if self.token == before:
                return

    def _told(self, error: Exception) -> list[str]:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        if code in self.trouble:
            return []
        self.trouble.add(code)
        return [f"Its log can't be read, so it is not shown: {safe(str(error))}"]


def _lines(event: "OutputLogEventTypeDef") -> list[str]:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return [f"{at:%H:%M:%S} {safe(line)}" for line in event["message"].splitlines()]
