"""One operator's process, for `tools.benchmarks.operations`.

python -m tools.benchmarks.operator WHAT DELAY. WHAT is `start` (everything before the first call),
`call` (prints the seconds of status's slowest single call) or `status`; DELAY is the seconds that
are added to each call.
"""

import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from arbor import screen
from arbor.account import connect
from arbor.incident import snapshot, status
from arbor.incident.reads import shared_reads

STACK = "production"
SERVICES = (
    *("ecs", "elbv2", "cloudwatch", "rds", "elasticache", "resourcegroupstaggingapi"),
    *("acm", "ssm"),
)
Call = tuple[Any, str, dict[str, Any]]


def main() -> None:
    """Run the chosen measurement."""
    what, delay = sys.argv[1], float(sys.argv[2])
    make = BaseClient._make_api_call  # noqa: SLF001 - below every client
    made: list[Call] = []

    def delayed(client: Any, operation: str, requested: dict[str, Any]) -> Any:  # noqa: ANN401 - as botocore's
        made.append((client, operation, requested))
        time.sleep(delay)
        return make(client, operation, requested)

    BaseClient._make_api_call = delayed  # noqa: SLF001 - as above
    account = connect(STACK)
    if what == "start":
        for service in SERVICES:
            account.client(service)
        return
    found = snapshot.take(shared_reads(account), _not_asked, datetime.now(UTC))
    if what == "status":
        screen.answer(status.document(found), lambda: status.screen(found), as_json=False)
        return
    sys.stdout.write(str(max(_seconds(*call) for call in tuple(made))))


def _not_asked(_: str) -> tuple[int, str]:
    """Replaces the check of public addresses, which an emulated account does not serve."""
    return 200, '{"status": "healthy"}'


def _seconds(client: Any, operation: str, requested: dict[str, Any]) -> float:  # noqa: ANN401 - as above
    """The seconds of one call, the best of three, with nothing in parallel."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        with suppress(ClientError):  # such as GetParameter while the lock is free
            client._make_api_call(operation, requested)  # noqa: SLF001 - as above
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
