"""A managed policy of bootstrap: its existence and its document.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

import json
from collections.abc import Iterator
from typing import Any

from arbor.procedure import Refused, Step
from pipeline.bootstrap.stack_account import MADE_BY, StackAccount, ours, same

MOST_VERSIONS = 5


def arn(account: StackAccount, name: str) -> str:
    """The ARN of the account's policy of this name."""
    return f"arn:aws:iam::{account.account_id}:policy/{name}"


def refuse(account: StackAccount, name: str) -> None:
    """Raises Refused for a policy of that name that bootstrap did not make."""
    found = _read(account, name)
    if found is None:
        return
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    if not ours(tags, Stack=account.stack):
        wanted = MADE_BY | {"Stack": account.stack}
        spelled = ", ".join(f"{key}={value}" for key, value in wanted.items())
        raise Refused(f"bootstrap did not create the policy {name}: its tags lack {spelled}.")


def steps(account: StackAccount, name: str, document: str, what: str) -> Iterator[Step]:
    """Create the policy, or a version with this document; `what` is its purpose."""
    iam = account.client("iam")
    tags = {**MADE_BY, "Stack": account.stack, "Component": "ci"}

    def renew() -> None:
        versions = iam.list_policy_versions(PolicyArn=arn(account, name))["Versions"]
        if len(versions) == MOST_VERSIONS:
            spare = [one for one in versions if not one["IsDefaultVersion"]]
            oldest = min(spare, key=lambda one: str(one["CreateDate"]))
            iam.delete_policy_version(PolicyArn=arn(account, name), VersionId=oldest["VersionId"])
        iam.create_policy_version(
            PolicyArn=arn(account, name), PolicyDocument=document, SetAsDefault=True
        )

    yield Step(
        action=f"create the policy {name}",
        do=lambda: iam.create_policy(
            PolicyName=name,
            PolicyDocument=document,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        ),
        took_effect=lambda: _read(account, name) is not None,
    )
    yield Step(
        action=f"set {name}: {what}",
        do=renew,
        took_effect=lambda: same(_document(account, name, document), document),
    )


def taken_away(account: StackAccount, name: str) -> Step:
    """Delete the policy with its versions, after it was detached from every role."""
    iam = account.client("iam")

    def delete() -> None:
        for version in iam.list_policy_versions(PolicyArn=arn(account, name))["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(
                    PolicyArn=arn(account, name), VersionId=version["VersionId"]
                )
        iam.delete_policy(PolicyArn=arn(account, name))

    return Step(
        action=f"delete the policy {name}",
        do=delete,
        took_effect=lambda: _read(account, name) is None,
    )


def _document(account: StackAccount, name: str, unmade: str) -> str:
    """The document of its default version; `unmade` before the policy exists."""
    found = _read(account, name)
    if found is None:
        return unmade
    version = account.client("iam").get_policy_version(
        PolicyArn=arn(account, name), VersionId=found["DefaultVersionId"]
    )
    return json.dumps(version["PolicyVersion"]["Document"])


def _read(account: StackAccount, name: str) -> dict[str, Any] | None:
    iam = account.client("iam")
    try:
        found: dict[str, Any] = iam.get_policy(PolicyArn=arn(account, name))["Policy"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return found
