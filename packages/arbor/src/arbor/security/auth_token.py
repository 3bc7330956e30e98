"""rotate-token: a new AUTH token in the cache, the secret and the running tasks.

At no moment is a client refused: the cache takes both tokens until every task has the new one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arbor.account import Account
from arbor.cache import token
from arbor.procedure import Step
from arbor.secret import Secret, Value
from arbor.security import cache_tokens, rotation
from arbor.security.cache_tokens import Takes, Tokens
from arbor.security.rotation import DEPLOY


@dataclass(frozen=True, kw_only=True)
class AuthToken(rotation.Part):
    """The rotation of the cache's AUTH token."""

    found: Secret[Value]
    tokens: Tokens

    @property
    def arn(self) -> str:
        return self.found.arn

    @property
    def what(self) -> str:
        return "AUTH token"

    def steps(self) -> Iterator[Step | None]:
        """Of the cache first, of the secret once a login is proved; the old token ends last."""
        found = token.read(self.found.account)
        is_new = found.pending is None
        if is_new:
            found = found.beside(replace(found.current, text=token.generate()))
            yield found.keep()
        assert found.pending is not None
        if not found.is_promoted:
            if is_new or not self.tokens.let_in(found.pending.text):
                yield self.tokens.add(found.pending.text)
            yield found.promote()
        yield DEPLOY
        yield self.tokens.leave_only(
            found.pending.text, lambda: [one.text for one in found.outdated()]
        )
        yield found.end()

    def in_the_way(self) -> Iterator[str]:
        group = self.tokens.describe()
        if self.found.is_rotated_by_lambda:
            yield rotation.by_lambda(self.found.name)
        if not group.get("AuthTokenEnabled"):
            yield f"{self.tokens.name} takes no AUTH token; run `pulumi up`."
        if group["Status"] != cache_tokens.AVAILABLE and not cache_tokens.is_changing(group):
            yield f"{self.tokens.name} is {group['Status']}: wait until it is available."
            return
        # The way in must be open. Which token is taken does not matter: ElastiCache adds one
        # without the last, so this also mends a cache whose token was changed outside the secret.
        self.tokens.let_in(self.found.current.text)


def plan(account: Account, takes: Takes) -> AuthToken:
    """Raises Refused where the secret can't be read."""
    return AuthToken(found=token.read(account), tokens=Tokens(account=account, takes=takes))
