"""The locks of a stack in a backend of files: `s3://` and `file://`.

A run writes `.pulumi/locks/organization/<project>/<stack>/<id>.json` with pid, username, hostname
and timestamp, and deletes it at its end; every file there is a run's lock, and
`pulumi cancel` deletes all of them: https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go
(newLockContent, checkForLock) and backend.go (CancelCurrentUpdate) beside it.
"""

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from arbor.account import Account

ROOT = ".pulumi"
ORGANIZATION = "organization"
"""The only organization of such a backend."""
QUIET = timedelta(minutes=2)
"""A run writes the state at the start and the end of each step."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock file."""

    name: str
    pid: int
    user: str
    host: str
    since: datetime

    def sentence(self, now: datetime) -> str:
        """User, host, process and age."""
        minutes = max(0, int((now - self.since).total_seconds() // 60))
        return (
            f"{self.user}@{self.host} (pid {self.pid}) since {self.since:%Y-%m-%d %H:%M:%S} UTC, "
            f"{minutes} minutes ago"
        )

    @property
    def is_alive(self) -> bool:
        """Whether its process runs on this machine; False for a process of another machine."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class Backend(Protocol):
    """The storage of a stack's files."""

    def read(self, below: str) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file below a folder; empty without the folder."""

    def written(self, path: str) -> datetime | None:
        """The time of a file's last write; None without the file."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """A `file://` backend."""

    root: Path

    def read(self, below: str) -> Iterator[tuple[str, bytes]]:
        # Beside each file is another with its attributes.
        for file in sorted((self.root / below).glob("*.json")):
            yield file.name, file.read_bytes()

    def written(self, path: str) -> datetime | None:
        file = self.root / path
        return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.exists() else None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An `s3://` backend."""

    s3: Any
    name: str
    prefix: str

    def read(self, below: str) -> Iterator[tuple[str, bytes]]:
        for found in self._list(f"{self.prefix}{below}/"):
            body = self.s3.get_object(Bucket=self.name, Key=found["Key"])["Body"]
            yield found["Key"].rpartition("/")[2], body.read()

    def written(self, path: str) -> datetime | None:
        key = f"{self.prefix}{path}"
        dates: list[datetime] = [
            found["LastModified"] for found in self._list(key) if found["Key"] == key
        ]
        return max(dates, default=None)

    def _list(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return (found for page in pages for found in page.get("Contents", ()))


def backend(url: str, account: Account) -> Backend | None:
    """The backend at the address of `pulumi whoami`; None for one without files."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Files(root=Path(f"{parts.netloc}{parts.path}").expanduser())  # file://~ is home
    if parts.scheme == "s3":
        prefix = parts.path.strip("/")
        s3 = account.client("s3")
        return Bucket(s3=s3, name=parts.netloc, prefix=f"{prefix}/" if prefix else "")
    return None


def locks(where: Backend, project: str, stack: str) -> list[Lock]:
    """Every lock of the stack."""
    folder = f"{ROOT}/locks/{ORGANIZATION}/{project}/{stack}"
    return [_lock(name, content) for name, content in where.read(folder)]


def last_written(where: Backend, project: str, stack: str) -> datetime | None:
    """The time of the state's last write, compressed or not."""
    path = f"{ROOT}/stacks/{project}/{stack}.json"
    dates = [where.written(f"{path}{ending}") for ending in ("", ".gz", ".zst")]
    return max((date for date in dates if date is not None), default=None)


def _lock(name: str, content: bytes) -> Lock:
    data = json.loads(content)
    return Lock(
        name=name,
        pid=int(data["pid"]),
        user=str(data["username"]),
        host=str(data["hostname"]),
        since=datetime.fromisoformat(str(data["timestamp"])).astimezone(UTC),
    )
