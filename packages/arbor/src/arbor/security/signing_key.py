"""rotate-key: a new SECRET_KEY in its secret and in the running tasks.

The application signs access tokens with it (HS256) and takes those of its own key alone
(backend/app/core/security.py of its repository), so every client signs in again.
"""

import base64
import hashlib
import hmac
import json
import secrets
import string
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from arbor import secret
from arbor.account import Account
from arbor.cache.endpoint import UNAUTHORIZED
from arbor.ecs import backend, health
from arbor.procedure import Step
from arbor.secret import Secret, Value
from arbor.security import rotation
from arbor.security.rotation import DEPLOY

KIND = secret.of_key("app", "SECRET_KEY", "JSON with a SECRET_KEY", "SECRET_KEY")
LENGTH = 64
"""As the program's first one; HS256 wants 32 bytes at least (RFC 7518, 3.2)."""
ALPHABET = string.ascii_letters + string.digits
VALIDATE = "/api/v1/auth/token/validate"
"""Answers 200 to an access token that the application takes, 401 to another."""
SUBJECT = "arbor-rotate-key"
VALID_SECONDS = 60
"""Of a token that asks; long enough for clocks that differ, too short to be of use in a log."""
Poster = Callable[[str, str], int]
"""Posts to an address with a bearer token; returns the status. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class SigningKey(rotation.Part):
    """The rotation of the key that signs the application's access tokens."""

    found: Secret[Value]
    post: Poster | None
    """None leaves the application unasked."""

    @property
    def arn(self) -> str:
        return self.found.arn

    @property
    def what(self) -> str:
        return "SECRET_KEY"

    def steps(self) -> Iterator[Step | None]:
        """Nothing but the tasks checks the key, so it is given out at once."""
        found = secret.read(self.found.account, KIND)
        if found.pending is None:
            found = found.beside(replace(found.current, text=generate()))
            yield self._keep(found)
        if not found.is_promoted:
            yield found.promote()
        yield DEPLOY
        if self.post is not None:
            yield self._prove(found, self.post)
        yield found.end()

    def _keep(self, found: Secret[Value]) -> Step:
        kept = found.keep()
        return replace(
            kept,
            says=f"{kept.says}; from the deployment on, access tokens that the old one signed are "
            "refused, so every client signs in again",
        )

    def _prove(self, found: Secret[Value], post: Poster) -> Step:
        assert found.pending is not None
        new, address = found.pending.text, _address(self.found.account)
        answered = ""

        def is_proved() -> bool:
            taken = asked(post, address, new)
            old = [asked(post, address, one.text) for one in found.outdated()]
            nonlocal answered
            answered = (
                f"to a token of the new SECRET_KEY it answers {taken}, to one of the old "
                f"{', '.join(old)}"
            )
            return taken == str(HTTPStatus.OK.value) and all(map(_refuses, old))

        return Step(
            says=f"see that {address} takes tokens of the new SECRET_KEY and refuses the old one's",
            took_effect=is_proved,
            shows=lambda: answered,
        )

    def in_the_way(self) -> Iterator[str]:
        if self.found.is_rotated_by_lambda:
            yield rotation.by_lambda(self.found.name)
        # While a rotation is under way the tasks may have either key.
        if self.post is None or self.found.pending is not None:
            return
        address = _address(self.found.account)
        answer = asked(self.post, address, self.found.current.text)
        if answer != str(HTTPStatus.OK.value):
            yield (
                f"{address} answers {answer} to an access token of the current SECRET_KEY, so it "
                "could not prove the new one; add --no-url to rotate without this proof."
            )


def plan(account: Account, post: Poster | None) -> SigningKey:
    """Raises Refused where the secret can't be read."""
    return SigningKey(found=secret.read(account, KIND), post=post)


def generate() -> str:
    """A new key of about 381 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def access_token(key: str, now: float) -> str:
    """A JSON Web Token as the application's own, signed with `key` (RFC 7515, RFC 7519).

    `now` in seconds since 1970. It is valid for VALID_SECONDS.
    """
    claims = {"sub": SUBJECT, "exp": int(now) + VALID_SECONDS, "type": "access"}
    signed = ".".join(
        _base64(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    return f"{signed}.{_base64(hmac.digest(key.encode(), signed.encode(), hashlib.sha256))}"


def asked(post: Poster, address: str, key: str) -> str:
    """What the application answers to an access token of this key: a status, or why there is none.

    Its endpoint reads the query; in the header as well the token reaches one that reads that.
    """
    token = access_token(key, time.time())
    query = urllib.parse.urlencode({"authorization": f"Bearer {token}"})
    try:
        return str(int(post(f"{address}?{query}", token)))
    except OSError as error:
        return f"nothing ({error})"


def _refuses(answer: str) -> bool:
    return answer in {str(int(status)) for status in UNAUTHORIZED}


def _address(account: Account) -> str:
    return f"https://{health.host(backend.read(account))}{VALIDATE}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
