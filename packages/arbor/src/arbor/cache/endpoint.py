"""The application's own endpoint that warms the cache; it wants the administrator's token."""

import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from typing import IO

from arbor.account import Account
from arbor.ecs import backend, health
from arbor.procedure import Failed, Refused, Run, Step

PATH = "/api/v1/admin/cache/warm"
TOKEN = "ARBOR_ADMIN_TOKEN"  # noqa: S105 - the name of a variable
SECONDS = 120
UNAUTHORIZED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
Poster = Callable[[str, str], int]
"""Posts to an address with a token; gives the status. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """Checked, and not begun."""

    address: str
    token: str = field(repr=False)
    post: Poster
    look: str
    """The command that shows what is in the cache."""

    def execute(self, run: Run) -> None:
        """Raises Failed unless the application says that it did it."""
        step = Step(says=f"post {self.address}", do=self._ask, took_effect=lambda: True)
        run.execute([step])

    def _ask(self) -> None:
        try:
            status = self.post(self.address, self.token)
        except TimeoutError as error:
            raise Failed(
                f"{self.address} did not answer within {SECONDS} seconds; it may go on: "
                f"`{self.look}` shows how much is there."
            ) from error
        except OSError as error:
            raise Failed(f"{self.address} does not answer: {error}.") from error
        if status in UNAUTHORIZED:
            raise Failed(f"{self.address} answers {status}: it does not take {TOKEN}.")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Failed(
                f"{self.address} answers {status}; without --endpoint the same is done in a task."
            )


def plan(account: Account, post: Poster) -> Post:
    """Raises Refused without a token that can be sent."""
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise Refused(f"{TOKEN} is not set; put the application's administrator token there.")
    if not (token.isascii() and token.isprintable()):
        raise Refused(f"{TOKEN} has characters that no header can carry.")
    host = health.host(backend.read(account))
    look = account.typed("arbor cache stats")
    return Post(address=f"https://{host}{PATH}", token=token, post=post, look=look)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A token is for one host alone: wherever it is sent on to, nobody goes there with it."""

    def redirect_request(
        self,
        _req: urllib.request.Request,
        _fp: IO[bytes],
        _code: int,
        _msg: str,
        _headers: Message,
        _newurl: str,
    ) -> None:
        return None


def post(address: str, token: str) -> int:
    """Over HTTPS, following no redirect; an error status is an answer."""
    request = urllib.request.Request(  # noqa: S310 - https
        address,
        method="POST",
        data=b"",
        headers={"Authorization": f"Bearer {token}", "User-Agent": "arbor-operations"},
    )
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
