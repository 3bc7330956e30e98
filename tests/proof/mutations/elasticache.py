"""Changes that violate the rules on ElastiCache."""

from proof.mutation import Mutation

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def _cache(rule: str, what: str, **inputs: object) -> Mutation:
    return Mutation(rule=rule, what=what, token=GROUP, resource="cache-redis", inputs=inputs)


MUTATIONS = (
    Mutation(
        rule="elasticache-tls",
        what="the cache has no TLS",
        token=GROUP,
        resource="cache-redis",
        inputs={"transit_encryption_enabled": False},
        alone="the cache is replaced, and what reads its address is not known in its preview",
    ),
    Mutation(
        rule="elasticache-auth",
        what="the cache has no AUTH token",
        token=GROUP,
        resource="cache-redis",
        inputs={"auth_token": None},
        options={"ignore_changes": []},  # otherwise the token is a rotation's
    ),
    _cache("elasticache-encrypted", "the cache loses its own key", kms_key_id=None),
    _cache("elasticache-failover", "the cache runs in one zone", multi_az_enabled=False),
    _cache("elasticache-snapshots", "snapshots are kept a day", snapshot_retention_limit=1),
    _cache("elasticache-slow-log", "the slow log isn't delivered", log_delivery_configurations=[]),
    Mutation(
        rule="elasticache-eviction",
        what="a full cache refuses writes",
        token="aws:elasticache/parameterGroup:ParameterGroup",
        resource="cache-parameters",
        inputs={"parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]},
    ),
)
