"""cache warm --endpoint: by an application endpoint that requires the admin token."""

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
"""Posts to a URL with a bearer token; returns the HTTP status. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class EndpointWarmUp:
    """The request, ready to send."""

    address: str
    token: str = field(repr=False)
    post: Poster
    check: str
    """The command that shows the cache's keys."""

    def execute(self, run: Run) -> None:
        """Raises Failed unless the application answers 2xx."""
        step = Step(action=f"post {self.address}", do=self._post, took_effect=lambda: True)
        run.execute([step])

    def _post(self) -> None:
        try:
            status = self.post(self.address, self.token)
        except TimeoutError as error:
            raise Failed(
                f"{self.address} did not answer within {SECONDS} seconds and may still be working: "
                f"`{self.check}` shows the number of keys."
            ) from error
        except OSError as error:
            raise Failed(f"{self.address} is unreachable: {error}.") from error
        if status in UNAUTHORIZED:
            raise Failed(f"{self.address} answers {status}: it rejects {TOKEN}.")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Failed(
                f"{self.address} answers {status}; omit --endpoint to warm the cache in a task."
            )


def plan(account: Account, post: Poster) -> EndpointWarmUp:
    """Raises Refused if the token is missing or not valid in a header."""
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise Refused(f"{TOKEN} is not set; set it to the application's administrator token.")
    if not (token.isascii() and token.isprintable()):
        raise Refused(f"{TOKEN} contains characters other than printable ASCII; set it again.")
    host = health.host(backend.read(account))
    check = account.typed("arbor cache stats")
    return EndpointWarmUp(address=f"https://{host}{PATH}", token=token, post=post, check=check)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for one host, so a redirect is an answer and is not followed."""

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
    """POST over HTTPS without following redirects; an error status is returned. Raises OSError."""
    request = urllib.request.Request(  # noqa: S310 - https
        address,
        method="POST",
        data=b"",
        headers={"Authorization": f"Bearer {token}", "User-Agent": "arbor-operations"},
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
