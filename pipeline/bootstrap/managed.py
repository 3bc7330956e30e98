"""A managed policy that bootstrap makes: it is there, and says what it should.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

import json
from collections.abc import Iterator
from typing import Any

from arbor.procedure import Refused, Step
from pipeline.bootstrap.place import MADE_BY, Place, ours, same

MOST_VERSIONS = 5


def arn(place: Place, name: str) -> str:
    """Of the account's policy of this name."""
    return f"arn:aws:iam::{place.account_id}:policy/{name}"


def refuse(place: Place, name: str) -> None:
    """Raises Refused for a policy of that name that bootstrap did not make."""
    found = _read(place, name)
    if found is None:
        return
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    if not ours(tags, Stack=place.stack):
        wanted = MADE_BY | {"Stack": place.stack}
        spelled = ", ".join(f"{key}={value}" for key, value in wanted.items())
        raise Refused(f"bootstrap did not make the policy {name}: it is not tagged {spelled}.")


def steps(place: Place, name: str, document: str, what: str) -> Iterator[Step]:
    """Make it, or give it a version that says this; `what` is its purpose in a sentence."""
    iam = place.client("iam")
    tags = {**MADE_BY, "Stack": place.stack, "Component": "ci"}

    def renew() -> None:
        versions = iam.list_policy_versions(PolicyArn=arn(place, name))["Versions"]
        if len(versions) == MOST_VERSIONS:
            spare = [one for one in versions if not one["IsDefaultVersion"]]
            oldest = min(spare, key=lambda one: str(one["CreateDate"]))
            iam.delete_policy_version(PolicyArn=arn(place, name), VersionId=oldest["VersionId"])
        iam.create_policy_version(
            PolicyArn=arn(place, name), PolicyDocument=document, SetAsDefault=True
        )

    yield Step(
        says=f"make the policy {name}",
        do=lambda: iam.create_policy(
            PolicyName=name,
            PolicyDocument=document,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        ),
        took_effect=lambda: _read(place, name) is not None,
    )
    yield Step(
        says=f"let {name} {what}",
        do=renew,
        took_effect=lambda: same(_document(place, name, document), document),
    )


def taken_away(place: Place, name: str) -> Step:
    """Delete it with its versions, once no role has it."""
    iam = place.client("iam")

    def delete() -> None:
        for version in iam.list_policy_versions(PolicyArn=arn(place, name))["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(
                    PolicyArn=arn(place, name), VersionId=version["VersionId"]
                )
        iam.delete_policy(PolicyArn=arn(place, name))

    return Step(
        says=f"delete the policy {name}",
        do=delete,
        took_effect=lambda: _read(place, name) is None,
    )


def _document(place: Place, name: str, unmade: str) -> str:
    """Its default version; one that isn't there yet will be right from the start."""
    found = _read(place, name)
    if found is None:
        return unmade
    version = place.client("iam").get_policy_version(
        PolicyArn=arn(place, name), VersionId=found["DefaultVersionId"]
    )
    return json.dumps(version["PolicyVersion"]["Document"])


def _read(place: Place, name: str) -> dict[str, Any] | None:
    iam = place.client("iam")
    try:
        found: dict[str, Any] = iam.get_policy(PolicyArn=arn(place, name))["Policy"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return found
