"""Resources of the account outside the state, with which a change would collide."""

from botocore.exceptions import ClientError

from access.trust import ISSUER
from arbor.account import Account
from arbor.ecs import services
from arbor.procedure import Refused


def has_github_provider(account: Account) -> bool:
    """Whether IAM lists it; False without the permission to list."""
    try:
        found = account.client("iam").list_open_id_connect_providers()
    except ClientError:
        return False
    arns = [one["Arn"] for one in found["OpenIDConnectProviderList"]]
    return any(arn.endswith(ISSUER) for arn in arns)


def is_role(account: Account, name: str) -> bool:
    """Whether there is a role of this name."""
    iam = account.client("iam")
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def is_policy(account: Account, arn: str) -> bool:
    """Whether there is a managed policy with this ARN."""
    iam = account.client("iam")
    try:
        iam.get_policy(PolicyArn=arn)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def live_port(account: Account, app: str) -> int | None:
    """The port of the live version; None without a service."""
    try:
        return services.read(account, app).port
    except Refused:
        return None


def has_images(account: Account, repository: str) -> bool:
    """Whether an image repository of this name holds an image."""
    ecr = account.client("ecr")
    try:
        return bool(ecr.list_images(repositoryName=repository, maxResults=1)["imageIds"])
    except ecr.exceptions.RepositoryNotFoundException:
        return False


def is_repository(account: Account, name: str) -> bool:
    """Whether there is an image repository of this name."""
    ecr = account.client("ecr")
    try:
        ecr.describe_repositories(repositoryNames=[name])
    except ecr.exceptions.RepositoryNotFoundException:
        return False
    return True


def is_log_group(account: Account, group: str) -> bool:
    """Whether there is a log group of exactly this name."""
    pages = account.client("logs").get_paginator("describe_log_groups")
    return any(
        found["logGroupName"] == group
        for page in pages.paginate(logGroupNamePrefix=group)
        for found in page["logGroups"]
    )
