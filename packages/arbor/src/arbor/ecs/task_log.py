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
    """Follows one stream. Each error of CloudWatch Logs is reported once and is not raised."""

    account: Account
    group: str
    stream: str
    token: str | None = None
    reported: set[str] = field(default_factory=set)
    """Codes of the errors that were reported."""

    def new(self) -> list[str]:
        """The lines since the last read, safe to print; none before the stream exists."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        lines: list[str] = []
        try:
            for event in self._events():
                lines += _lines(event)
        except (BotoCoreError, ClientError) as error:
            lines += self._report(error)
        if (hidden := len(lines) - KEPT) > 0:
            return [f"({hidden} earlier lines: {self.command()})", *lines[hidden:]]
        return lines

    def command(self) -> str:
        """The command that prints the whole log."""
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
                return  # the container has logged nothing yet
            yield from page["events"]
            # Even an empty page may have others after it: at the end the token stays the same.
            before, self.token = self.token, page["nextForwardToken"]
            if self.token == before:
                return

    def _report(self, error: Exception) -> list[str]:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        if code in self.reported:
            return []
        self.reported.add(code)
        return [f"The task's log can't be read: {safe(str(error))}"]


def _lines(event: "OutputLogEventTypeDef") -> list[str]:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return [f"{at:%H:%M:%S} {safe(line)}" for line in event["message"].splitlines()]
