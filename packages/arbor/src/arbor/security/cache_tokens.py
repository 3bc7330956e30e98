"""AUTH tokens of the stack's cache: added beside the last one, then left alone.

ROTATE lets a new token in beside the last one; SET, "allowed only after ROTATE", leaves one of the
two: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
Both answer at once and take effect later; until then the group is `modifying` and refuses another
change, with AuthTokenStatus among its pending values:
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroupPendingModifiedValues.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from arbor.account import Account
from arbor.procedure import Refused, Step
from arbor_names import naming

AVAILABLE = "available"
HALF_AN_HOUR = 1800.0
Takes = Callable[[Account, str], bool]
"""Whether the cache lets in a client with a token; raises Refused and Failed."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Of one stack's cache."""

    account: Account
    takes: Takes

    @property
    def name(self) -> str:
        """Of the replication group."""
        return naming.cache_replication_group(self.account.stack)

    def let_in(self, token: str) -> bool:
        """Whether a client with this token gets in."""
        return self.takes(self.account, token)

    def add(self, token: str) -> Step:
        """Let the token in beside the last one."""
        return self._modify(
            "ROTATE",
            token,
            f"add the pending token to {self.name} beside the current one, and log in with it",
            lambda: self.let_in(token),
        )

    def leave_only(self, token: str, outdated: Callable[[], Iterable[str]]) -> Step:
        """Refuse every token but this one; `outdated` are those that must not get in any more."""
        return self._modify(
            "SET",
            token,
            f"leave only the new token in {self.name}, and see that the old one is refused",
            lambda: self.let_in(token) and not any(map(self.let_in, outdated())),
        )

    def _modify(
        self, strategy: Literal["ROTATE", "SET"], token: str, says: str, proved: Callable[[], bool]
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
                # A call that took effect although its answer was lost, and was repeated.
                if not is_changing(self.describe()):
                    raise
            except (
                cache.exceptions.InvalidParameterCombinationException,
                cache.exceptions.InvalidParameterValueException,
            ):
                # SET of a token that is alone already: an earlier run came as far as that.
                if not took_effect():
                    raise

        def took_effect() -> bool:
            return _is_settled(self.describe()) and proved()

        return Step(says=says, do=change, took_effect=took_effect, timeout=HALF_AN_HOUR)

    def describe(self) -> dict[str, Any]:
        """The group as ElastiCache describes it; raises Refused where there is none."""
        cache = self.account.client("elasticache")
        try:
            (found,) = cache.describe_replication_groups(ReplicationGroupId=self.name)[
                "ReplicationGroups"
            ]
        except cache.exceptions.ReplicationGroupNotFoundFault:
            raise Refused(
                f"There is no cache {self.name}; run `pulumi up` of {self.account.stack}."
            ) from None
        return dict(found)


def is_changing(found: dict[str, Any]) -> bool:
    """Whether a token is being added, or others taken away."""
    return "AuthTokenStatus" in found.get("PendingModifiedValues", {})


def _is_settled(found: dict[str, Any]) -> bool:
    return found["Status"] == AVAILABLE and not is_changing(found)
