"""rotate-token: a new AUTH token for the cache, the secret and the running tasks.

The cache accepts both tokens until every task has the new one, so clients stay connected.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arbor.account import Account
from arbor.cache import group, token
from arbor.procedure import Step
from arbor.secret import Secret, Value
from arbor.security import cache_tokens, rotation
from arbor.security.cache_tokens import Accepts, CacheTokens
from arbor.security.rotation import DEPLOY


@dataclass(frozen=True, kw_only=True)
class AuthTokenRotation(rotation.SecretRotation):
    """The rotation of the cache's AUTH token."""

    found: Secret[Value]
    tokens: CacheTokens

    @property
    def arn(self) -> str:
        return self.found.arn

    @property
    def what(self) -> str:
        return "AUTH token"

    def steps(self) -> Iterator[Step | None]:
        """Add the token to the cache, promote it after a login, remove the old one last."""
        found = token.read(self.found.account)
        is_new = found.pending is None
        if is_new:
            found = found.with_pending(replace(found.current, text=token.generate()))
            yield found.keep()
        assert found.pending is not None
        if not found.is_promoted:
            if is_new or not self.tokens.accepts(found.pending.text):
                yield self.tokens.add(found.pending.text)
            yield found.promote()
        yield DEPLOY
        yield self.tokens.keep_only(
            found.pending.text, lambda: [one.text for one in found.outdated()]
        )
        yield found.end()

    def obstacles(self) -> Iterator[str]:
        described = group.describe(self.found.account)
        if self.found.is_rotated_by_lambda:
            yield rotation.by_lambda(self.found.name)
        if not described.get("AuthTokenEnabled"):
            yield f"{self.tokens.name} has no AUTH token enabled; run `pulumi up`."
        status = described["Status"]
        if status != group.AVAILABLE and not cache_tokens.is_changing(described):
            yield f"{self.tokens.name} is {status}: wait until it is available."
            return
        # Raises if the cache is unreachable. The result doesn't matter: ROTATE requires no valid
        # token, so a rotation also repairs a cache whose token was changed outside the secret.
        self.tokens.accepts(self.found.current.text)


def plan(account: Account, accepts: Accepts) -> AuthTokenRotation:
    """Raises Refused if the secret can't be used."""
    tokens = CacheTokens(account=account, probe=accepts)
    return AuthTokenRotation(found=token.read(account), tokens=tokens)
