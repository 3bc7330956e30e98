"""ElastiCache: AUTH tokens of a replication group, which take effect after the response."""

from moto.elasticache.exceptions import ElastiCacheException, InvalidParameterCombinationException
from moto.elasticache.models import ReplicationGroup

from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections.elasticache_refusals import refuse_token
from pulumi_moto.shapes import Members

SECONDS = 30.0
TOKENS = "auth_tokens"
"""The tokens that a group accepts, newest first: one, or two between ROTATE and SET."""
NEXT, DUE = "next_auth_tokens", "auth_tokens_due"
STATUS = {"ROTATE": "ROTATING", "SET": "SETTING"}


class InvalidReplicationGroupState(ElastiCacheException):
    """Another change of the tokens is in progress."""

    code = "InvalidReplicationGroupState"


def tokens_after(group: ReplicationGroup, params: Members) -> list[str] | None:
    """Return the tokens after the change: ROTATE adds one, SET keeps one of the two.

    None if the call does not change tokens. SET is "allowed only after ROTATE":
    https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
    """
    token, strategy = params.get("AuthToken"), params.get("AuthTokenUpdateStrategy")
    held: list[str] = group.__dict__[TOKENS]
    if token is None and strategy is None:
        return None
    if token is None:
        raise InvalidParameterCombinationException(
            "The AUTH token update strategy must be specified with an AUTH token."
        )
    refuse_token(token, tls=bool(group.transit_encryption_enabled))
    if strategy == "DELETE":
        raise InvalidParameterCombinationException(
            "The AUTH token can only be deleted when a user group is associated."
        )
    if group.__dict__.get(NEXT) is not None:
        raise InvalidReplicationGroupState(
            f"Replication group {group.replication_group_id} is not in available state."
        )
    if strategy != "SET":
        return [token, *held[:1]]
    if held and (token not in held or len(held) == 1):
        raise InvalidParameterCombinationException(
            "The AUTH token can be set only after it was added with the ROTATE strategy."
        )
    return [token]


def begin(group: ReplicationGroup, tokens: list[str], strategy: str | None) -> None:
    """Start the change: for SECONDS the group is `modifying` and accepts the old tokens."""
    group.__dict__[NEXT], group.__dict__[DUE] = tokens, CLOCK.now() + SECONDS
    group.__dict__["pending_modified_values"] = {
        "AuthTokenStatus": STATUS.get(strategy or "", STATUS["ROTATE"])
    }
    group.status = "modifying"


def settle(group: ReplicationGroup) -> None:
    """Apply the new tokens once they are due."""
    tokens: list[str] | None = group.__dict__.get(NEXT)
    if tokens is None or CLOCK.now() < group.__dict__[DUE]:
        return
    group.__dict__[TOKENS], group.__dict__[NEXT] = tokens, None
    group.__dict__["pending_modified_values"] = {}
    group.auth_token_enabled = bool(tokens)
    group.status = "available"
