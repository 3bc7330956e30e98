"""The account of a stack, read from the stack's file without the engine."""

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import access.stack
from access import trust as ci_documents
from arbor.procedure import Refused
from arbor_names import naming
from engine import stack_file

MADE_BY = {"Project": naming.PROJECT, "ManagedBy": "bootstrap"}
"""The tags of bootstrap's own resources."""
ACCOUNT = re.compile(r"\d{12}", re.ASCII)
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
ATTEMPTS = 10
IDS = ("arbor:githubOwnerId", "arbor:githubRepositoryId")
Tags = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StackAccount:
    """One stack's account and region, and the AWS clients for them."""

    stack: str
    region: str
    pipeline: ci_documents.Pipeline
    client: Callable[[str], Any]
    """A boto3 client by service name."""

    @property
    def account_id(self) -> str:
        return self.pipeline.account_id


def of_stack(stack: str, connect: Callable[[str], Callable[[str], Any]]) -> StackAccount:
    """The account and region in Pulumi.<stack>.yaml, with clients for the region.

    Raises Refused for config without a pipeline, and stack_file.StackFileError.
    """
    config = stack_file.stack_config(stack)

    def read(key: str, allowed: str, pattern: re.Pattern[str]) -> str:
        value = config.get(key)
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            found = f"is {value!r}" if key in config else "is not set"
            raise Refused(f"{key} {found} in Pulumi.{stack}.yaml; allowed: {allowed}.")
        return value

    account = read("arbor:accountId", "the account's 12 digits in quotes", ACCOUNT)
    region = read("aws:region", "a region such as us-east-1", REGION)
    repository = read("arbor:githubRepository", "OWNER/NAME on GitHub", ci_documents.REPOSITORY)
    provider = ci_documents.provider_arn(account)
    owner_id, repository_id = _ids(config, stack)
    # If it is empty, the stack creates the provider again, and fails.
    read("arbor:githubOidcProviderArn", provider, re.compile(re.escape(provider)))
    return StackAccount(
        stack=stack,
        region=region,
        pipeline=access.stack.pipeline(
            stack,
            account_id=account,
            region=region,
            repository=repository,
            owner_id=owner_id,
            repository_id=repository_id,
            older_roles=_older_roles(config, stack),
            log_export_bucket=str(config.get("arbor:logExportBucket") or "") or None,
        ),
        client=connect(region),
    )


def _ids(config: Mapping[str, Any], stack: str) -> tuple[str | None, str | None]:
    """GitHub's numbers of the owner and the repository, both or neither. Raises Refused."""
    owner, repository = (str(config.get(key) or "") for key in IDS)
    if not owner and not repository:
        return None, None
    for key, value in zip(IDS, (owner, repository), strict=True):
        if ci_documents.GITHUB_ID.fullmatch(value) is None:
            raise Refused(
                f"{key} is {value!r} in Pulumi.{stack}.yaml; allowed: GitHub's number in quotes, "
                f"or {' and '.join(IDS)} both empty."
            )
    return owner, repository


def _older_roles(config: Mapping[str, Any], stack: str) -> tuple[str, ...]:
    """As the settings read it. Raises Refused."""
    value = config.get("arbor:olderRoles") or []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Refused(
            f"arbor:olderRoles is {value!r} in Pulumi.{stack}.yaml; allowed: a list of names."
        )
    return tuple(value)


def connect(region: str) -> Callable[[str], Any]:
    """Clients with the usual AWS credentials: environment, profile, instance role."""
    import boto3  # noqa: PLC0415 - slow, and --help is fast
    from botocore.config import Config  # noqa: PLC0415 - as above

    session = boto3.Session(region_name=region)
    config = Config(retries={"mode": "standard", "max_attempts": ATTEMPTS})

    @functools.cache
    def client(service: str) -> Any:  # noqa: ANN401 - boto3 clients carry no types
        return session.client(service, config=config)

    return client


def refuse_another_account(account: StackAccount) -> None:
    """Raises Refused unless the credentials belong to the account in config."""
    found = account.client("sts").get_caller_identity()
    if found["Account"] != account.account_id:
        raise Refused(
            f"these credentials ({found['Arn']}) are of account {found['Account']}, and "
            f"arbor:accountId in Pulumi.{account.stack}.yaml is {account.account_id}: sign in to "
            "that account."
        )


def ours(found: Tags, **more: str) -> bool:
    """Whether these are the tags of a resource of bootstrap."""
    return (MADE_BY | more).items() <= found.items()


def code(error: Exception) -> str:
    """AWS's error code."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def same(one: str, other: str) -> bool:
    """Whether two policies are equal; AWS reorders lists and unwraps lists of one."""
    return bool(_canonical(json.loads(one)) == _canonical(json.loads(other)))


def _canonical(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _canonical(part) for key, part in value.items()}
    if isinstance(value, list):
        parts = sorted((_canonical(part) for part in value), key=repr)
        return parts[0] if len(parts) == 1 else parts
    return value
