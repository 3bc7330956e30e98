"""Log groups with retention and encryption: one LogGroup for each key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class LogGroupsArgs:
    """`groups` maps each key to its log group's name, which writers use."""

    groups: Mapping[str, str]
    retention_days: int
    kms_key_arn: pulumi.Input[str]
    """The key's policy must let CloudWatch Logs use it."""
    shared: frozenset[str] = frozenset()
    """Keys of groups shared with other writers of the account; they are retained on delete."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.retention_days < 1:
            raise ValueError(
                f"{', '.join(self.groups.values())}: retention_days must be 1 or more, "
                f"got {self.retention_days}; 0 would never expire the logs"
            )


class LogGroups(pulumi.ComponentResource):
    """The stack's log groups, created before a writer creates them without retention."""

    names: dict[str, pulumi.Output[str]]
    """By key; depends on the log group, so that a writer is created after it."""
    arns: dict[str, pulumi.Output[str]]
    """By key, without the suffix `:*` for streams."""

    def __init__(
        self, name: str, args: LogGroupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:observability:LogGroups", name, None, opts)

        made = {
            key: aws.cloudwatch.LogGroup(
                f"{name}-{key}",
                name=physical,
                retention_in_days=args.retention_days,
                kms_key_id=args.kms_key_arn,
                tags=args.tags,
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=key in args.shared),
            )
            for key, physical in args.groups.items()
        }

        self.names = {key: group.name for key, group in made.items()}
        self.arns = {key: group.arn for key, group in made.items()}
        self.register_outputs({"names": self.names, "arns": self.arns})
