"""rotate-key: a new SECRET_KEY for the running tasks.

The application signs access tokens with it (HS256) and rejects those of other keys
(backend/app/core/security.py of its repository), so every client must sign in again.
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
"""As the program's first value; HS256 requires at least 32 bytes (RFC 7518, 3.2)."""
ALPHABET = string.ascii_letters + string.digits
VALIDATE = "/api/v1/auth/token/validate"
"""Answers 200 to a valid access token, 401 to others."""
SUBJECT = "arbor-rotate-key"
VALID_SECONDS = 60
"""Validity of a probe's token: covers clock skew, and too short to be useful in a log."""
Poster = Callable[[str, str], int]
"""Posts to a URL with a bearer token; returns the HTTP status. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class SigningKeyRotation(rotation.SecretRotation):
    """The rotation of the key that signs the application's access tokens."""

    found: Secret[Value]
    post: Poster | None
    """None skips the probe of the application."""

    @property
    def arn(self) -> str:
        return self.found.arn

    @property
    def what(self) -> str:
        return "SECRET_KEY"

    def steps(self) -> Iterator[Step | None]:
        """Only the tasks check the key, so it is promoted at once."""
        found = secret.read(self.found.account, KIND)
        if found.pending is None:
            found = found.with_pending(replace(found.current, text=generate()))
            yield self._keep(found)
        if not found.is_promoted:
            yield found.promote()
        yield DEPLOY
        if self.post is not None:
            yield self._verify(found, self.post)
        yield found.end()

    def _keep(self, found: Secret[Value]) -> Step:
        kept = found.keep()
        return replace(
            kept,
            action=f"{kept.action}; the deployment invalidates access tokens of the old one, so "
            "every client must sign in again",
        )

    def _verify(self, found: Secret[Value], post: Poster) -> Step:
        assert found.pending is not None
        new, address = found.pending.text, _address(self.found.account)
        answers = ""

        def is_verified() -> bool:
            accepted = probe(post, address, new)
            old = [probe(post, address, one.text) for one in found.outdated()]
            nonlocal answers
            answers = f"token of the new SECRET_KEY: {accepted}, of the old one: {', '.join(old)}"
            return accepted == str(HTTPStatus.OK.value) and all(map(_rejects, old))

        return Step(
            action=f"check that {address} accepts tokens of the new SECRET_KEY and rejects "
            "old ones",
            took_effect=is_verified,
            shows=lambda: answers,
        )

    def obstacles(self) -> Iterator[str]:
        if self.found.is_rotated_by_lambda:
            yield rotation.by_lambda(self.found.name)
        # During a rotation the tasks may have either key.
        if self.post is None or self.found.pending is not None:
            return
        address = _address(self.found.account)
        answer = probe(self.post, address, self.found.current.text)
        if answer != str(HTTPStatus.OK.value):
            yield (
                f"{address} answers {answer} to an access token of the current SECRET_KEY, so it "
                "can't verify the new one; add --no-url to rotate without this check."
            )


def plan(account: Account, post: Poster | None) -> SigningKeyRotation:
    """Raises Refused if the secret can't be used."""
    return SigningKeyRotation(found=secret.read(account, KIND), post=post)


def generate() -> str:
    """A random key of 381 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def access_token(key: str, now: float) -> str:
    """A JSON Web Token like the application's, signed with `key` (RFC 7515, RFC 7519).

    `now` in seconds since 1970; the token is valid for VALID_SECONDS.
    """
    claims = {"sub": SUBJECT, "exp": int(now) + VALID_SECONDS, "type": "access"}
    signed = ".".join(
        _base64(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    return f"{signed}.{_base64(hmac.digest(key.encode(), signed.encode(), hashlib.sha256))}"


def probe(post: Poster, address: str, key: str) -> str:
    """The application's status for an access token of this key, or the connection error.

    The endpoint reads the token from the query; the header serves one that reads it there.
    """
    token = access_token(key, time.time())
    query = urllib.parse.urlencode({"authorization": f"Bearer {token}"})
    try:
        return str(int(post(f"{address}?{query}", token)))
    except OSError as error:
        return f"nothing ({error})"


def _rejects(answer: str) -> bool:
    return answer in {str(int(status)) for status in UNAUTHORIZED}


def _address(account: Account) -> str:
    return f"https://{health.host(backend.read(account))}{VALIDATE}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
