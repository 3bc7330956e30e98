"""Names of final snapshots, which RDS and ElastiCache take when a store is deleted."""

from collections.abc import Mapping

import pulumi
import pulumi_random as random

SUFFIX_BYTES = 4


def final_snapshot(
    name: str,
    identifier: str,
    *,
    keepers: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """A unique name; AWS refuses a deletion whose snapshot name is taken.

    `keepers` are the inputs whose change replaces the store, so that the new one gets another name.
    The provider uses the name only at deletion; a change of it calls no AWS API
    (terraform-provider-aws, internal/service/rds/instance.go and
    internal/service/elasticache/replication_group.go).
    """
    suffix = random.RandomId(
        f"{name}-final", byte_length=SUFFIX_BYTES, keepers=dict(keepers), opts=opts
    )
    return pulumi.Output.concat(identifier, "-final-", suffix.hex)
