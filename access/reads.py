"""The managed policy that the preview and the deploy role share: settings of resources, no data."""

from access import provider
from access.everywhere import EVERYWHERE
from access.statements import allow, of_services, scoped
from access.trust import Pipeline, document, provider_arn

CHECKS = frozenset({"ecr:ListImages", "ecs:DescribeServiceRevisions", "rds:DescribeDBSnapshots"})
"""Reads of the pipeline's own checks (pipeline/*.py) beyond the provider's."""
VALUES = frozenset({"secretsmanager:GetSecretValue"})
"""Reads of the provider that return data; another policy gives them to the deploy role."""
ELSEWHERE = ("iam", "kms", "s3", "secretsmanager")
"""Services whose resources are named below."""


def shared(pipeline: Pipeline) -> str:
    """The reads of a refresh of the program's types and of the pipeline's checks."""
    account = f"arn:aws:iam::{pipeline.account_id}"
    reads = (provider.reads() | CHECKS) - VALUES
    plain = reads - of_services(reads, *ELSEWHERE)
    policies = (pipeline.reads_policy, pipeline.changes_policy, pipeline.boundary)
    return document(
        [
            *scoped(pipeline, plain | (reads & EVERYWHERE)),
            allow(
                of_services(reads, "iam") - EVERYWHERE,
                [
                    f"{account}:role/*",
                    *(f"{account}:policy/{name}" for name in policies),
                    provider_arn(pipeline.account_id),
                ],
            ),
            allow(of_services(reads, "kms") - EVERYWHERE, f"arn:aws:kms:{pipeline.location}:key/*"),
            allow(of_services(reads, "s3"), [f"arn:aws:s3:::{name}" for name in pipeline.buckets]),
            allow(
                of_services(reads, "secretsmanager") | {"secretsmanager:ListSecretVersionIds"},
                f"arn:aws:secretsmanager:{pipeline.location}:secret:{pipeline.secrets}",
            ),
        ]
    )
