"""The cache's AUTH tokens: add a second one, then keep only one.

ROTATE adds a token; SET, "allowed only after ROTATE", keeps one of the two:
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
Both return at once and take effect later; until then the group is `modifying`, rejects changes, and
has AuthTokenStatus among its pending values:
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroupPendingModifiedValues.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from arbor.account import Account
from arbor.cache import group
from arbor.procedure import Step
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_elasticache.type_defs import ReplicationGroupTypeDef

HALF_AN_HOUR = 1800.0
Accepts = Callable[[Account, str], bool]
"""Whether the cache accepts a token. Raises Refused and Failed."""


@dataclass(frozen=True, kw_only=True)
class CacheTokens:
    """The tokens of one stack's cache."""

    account: Account
    probe: Accepts

    @property
    def name(self) -> str:
        """The replication group's name."""
        return naming.cache_replication_group(self.account.stack)

    def accepts(self, token: str) -> bool:
        """Whether the cache accepts the token. Raises Refused and Failed."""
        return self.probe(self.account, token)

    def add(self, token: str) -> Step:
        """Add the token; the current one stays valid."""
        return self._modify(
            "ROTATE",
            token,
            f"add the pending token to {self.name} and log in with it; the current one stays valid",
            lambda: self.accepts(token),
        )

    def keep_only(self, token: str, outdated: Callable[[], Iterable[str]]) -> Step:
        """Keep only this token; the ones that `outdated` returns must be rejected."""
        return self._modify(
            "SET",
            token,
            f"remove the old token from {self.name} and check that it is rejected",
            lambda: self.accepts(token) and not any(map(self.accepts, outdated())),
        )

    def _modify(
        self,
        strategy: Literal["ROTATE", "SET"],
        token: str,
        action: str,
        verified: Callable[[], bool],
    ) -> Step:
        cache = self.account.client("elasticache")

        def change() -> None:
            try:
                cache.modify_replication_group(
                    ReplicationGroupId=self.name,
                    AuthToken=token,
                    AuthTokenUpdateStrategy=strategy,
                    ApplyImmediately=True,
                )
            except cache.exceptions.InvalidReplicationGroupStateFault:
                # Expected if an earlier call took effect and its response was lost.
                if not is_changing(group.describe(self.account)):
                    raise
            except (
                cache.exceptions.InvalidParameterCombinationException,
                cache.exceptions.InvalidParameterValueException,
            ):
                # SET of the only token: an earlier run has completed this step.
                if not took_effect():
                    raise

        def took_effect() -> bool:
            return _is_settled(group.describe(self.account)) and verified()

        return Step(action=action, do=change, took_effect=took_effect, timeout=HALF_AN_HOUR)


def is_changing(found: "ReplicationGroupTypeDef") -> bool:
    """Whether a change of the tokens is pending."""
    return "AuthTokenStatus" in found.get("PendingModifiedValues", {})


def _is_settled(found: "ReplicationGroupTypeDef") -> bool:
    return found["Status"] == group.AVAILABLE and not is_changing(found)
