"""A customer-managed KMS key with yearly rotation: Key, Alias."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from access.trust import document

USE = ("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*")
DELETION_DAYS = 30
"""KMS's maximum, in which a deletion can be cancelled."""


@dataclass(frozen=True, kw_only=True)
class ServiceGrant:
    """Permissions of an AWS service that uses the key directly, without a role."""

    principal: str
    """For example `logs.us-east-1.amazonaws.com`."""
    actions: tuple[str, ...] = USE
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """The IAM policies of `account_id` control access to the key."""

    description: str
    account_id: str
    region: str
    services: tuple[ServiceGrant, ...] = ()
    keep: bool = False
    """Retain the key on destroy, for the snapshots that remain."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for grant in self.services:
            if not grant.principal.endswith(".amazonaws.com"):
                raise ValueError(
                    f"{self.description}: a grant's principal must be a service such as "
                    f"logs.{self.region}.amazonaws.com, got {grant.principal}"
                )


def logs_grant(account_id: str, region: str) -> ServiceGrant:
    """A grant for CloudWatch Logs and the log groups of this account.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = f"arn:aws:logs:{region}:{account_id}:log-group:*"
    return ServiceGrant(
        principal=f"logs.{region}.amazonaws.com",
        condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


class EncryptionKey(pulumi.ComponentResource):
    """A key for one kind of data."""

    arn: pulumi.Output[str]
    key_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:security:EncryptionKey", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        key = aws.kms.Key(
            f"{name}-key",
            description=args.description,
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=key_policy(args),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.keep),
        )
        aws.kms.Alias(f"{name}-alias", target_key_id=key.key_id, opts=child)

        self.arn = key.arn
        self.key_id = key.key_id
        self.register_outputs({"arn": self.arn, "key_id": self.key_id})


def key_policy(args: EncryptionKeyArgs) -> str:
    """Allow the account to administer the key through IAM, and each service its grant.

    Without the first statement the key could never be changed again.
    """
    account = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{args.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    services = [
        {
            "Sid": f"Service{number}",
            "Effect": "Allow",
            "Principal": {"Service": grant.principal},
            "Action": list(grant.actions),
            "Resource": "*",
            **({"Condition": dict(grant.condition)} if grant.condition else {}),
        }
        for number, grant in enumerate(args.services, start=1)
    ]
    return document([account, *services])
