"""Roles, inline and managed policies, and attachments."""

import json

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.equivalence import same_policy
from pulumi_moto.services.missing import deleting, found_or_none, ignore_missing
from pulumi_moto.shapes import Members, tag_dict, tag_list

LONGEST_ROLE = 64
ROOT_PATH = "/"
MOST_VERSIONS = 5
SHORTEST_MAXIMUM = 3600
"""Seconds; a role's default maximum session duration."""


def create_role(iam: Client, props: Props) -> str:
    name, boundary = str(props["name"]), props.get("permissionsBoundary")
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=props["assumeRolePolicy"],
        Description=props.get("description", ""),
        Path=props.get("path", ROOT_PATH),
        MaxSessionDuration=int(props.get("maxSessionDuration", SHORTEST_MAXIMUM)),
        Tags=tag_list(props.get("tags")),
        **({"PermissionsBoundary": boundary} if boundary else {}),
    )
    return name


def read_role(iam: Client, name: str) -> State | None:
    answer = found_or_none(iam.get_role, RoleName=name)
    if answer is None:
        return None
    found = answer["Role"]
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {
        "name": name,
        "assumeRolePolicy": json.dumps(found["AssumeRolePolicyDocument"]),
        "description": found.get("Description", ""),
        "path": found["Path"],
        "maxSessionDuration": found["MaxSessionDuration"],
        **({"permissionsBoundary": boundary} if boundary else {}),
        "tags": tag_dict(iam.list_role_tags(RoleName=name)["Tags"]),
        "arn": found["Arn"],
        "uniqueId": found["RoleId"],
    }


def update_role(iam: Client, name: str, change: Change) -> None:
    if "assumeRolePolicy" in change.keys:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=change.new["assumeRolePolicy"])
    if "description" in change.keys:
        iam.update_role_description(RoleName=name, Description=change.new.get("description", ""))
    if "maxSessionDuration" in change.keys:
        seconds = int(change.new.get("maxSessionDuration", SHORTEST_MAXIMUM))
        iam.update_role(RoleName=name, MaxSessionDuration=seconds)
    if "permissionsBoundary" in change.keys:
        boundary = change.new.get("permissionsBoundary")
        if boundary:
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    if "tags" in change.keys:
        iam.untag_role(RoleName=name, TagKeys=list(change.old.get("tags") or {}))
        iam.tag_role(RoleName=name, Tags=tag_list(change.new.get("tags")))


def put_policy(iam: Client, props: Props) -> str:
    iam.put_role_policy(
        RoleName=props["role"], PolicyName=props["name"], PolicyDocument=props["policy"]
    )
    return f"{props['role']}:{props['name']}"


def update_policy(iam: Client, _physical_id: str, change: Change) -> None:
    put_policy(iam, change.new)


def read_policy(iam: Client, physical_id: str) -> State | None:
    role, name = physical_id.split(":", 1)
    answer = found_or_none(iam.get_role_policy, RoleName=role, PolicyName=name)
    if answer is None:
        return None
    return {"role": role, "name": name, "policy": json.dumps(answer["PolicyDocument"])}


def delete_policy(iam: Client, physical_id: str, _state: Props) -> None:
    role, name = physical_id.split(":", 1)
    ignore_missing(iam.delete_role_policy, RoleName=role, PolicyName=name)


def attach(iam: Client, props: Props) -> str:
    iam.attach_role_policy(RoleName=props["role"], PolicyArn=props["policyArn"])
    return f"{props['role']}/{props['policyArn']}"


def read_attachment(iam: Client, physical_id: str) -> State | None:
    role, arn = physical_id.split("/", 1)
    answer: Members | None = found_or_none(iam.list_attached_role_policies, RoleName=role)
    attached = [p["PolicyArn"] for p in (answer or {}).get("AttachedPolicies", [])]
    return {"role": role, "policyArn": arn} if arn in attached else None


def detach(iam: Client, physical_id: str, _state: Props) -> None:
    role, arn = physical_id.split("/", 1)
    ignore_missing(iam.detach_role_policy, RoleName=role, PolicyArn=arn)


def create_managed(iam: Client, props: Props) -> str:
    answer = iam.create_policy(
        PolicyName=props["name"],
        Path=props.get("path", ROOT_PATH),
        PolicyDocument=props["policy"],
        Description=props.get("description", ""),
        Tags=tag_list(props.get("tags")),
    )
    return str(answer["Policy"]["Arn"])


def read_managed(iam: Client, arn: str) -> State | None:
    answer = found_or_none(iam.get_policy, PolicyArn=arn)
    if answer is None:
        return None
    found = answer["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=found["DefaultVersionId"])
    return {
        "name": found["PolicyName"],
        "path": found["Path"],
        "policy": json.dumps(version["PolicyVersion"]["Document"]),
        "description": found.get("Description", ""),
        "tags": tag_dict(found.get("Tags", [])),
        "arn": arn,
        "policyId": found["PolicyId"],
    }


def update_managed(iam: Client, arn: str, change: Change) -> None:
    if "policy" in change.keys:
        # A policy has at most five versions; the provider deletes the oldest first.
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        if len(versions) == MOST_VERSIONS:
            oldest = min(
                (one for one in versions if not one["IsDefaultVersion"]),
                key=lambda one: one["CreateDate"],
            )
            iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
        iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=change.new["policy"], SetAsDefault=True
        )
    if "tags" in change.keys:
        iam.untag_policy(PolicyArn=arn, TagKeys=list(change.old.get("tags") or {}))
        iam.tag_policy(PolicyArn=arn, Tags=tag_list(change.new.get("tags")))


def delete_managed(iam: Client, arn: str, _state: Props) -> None:
    found = found_or_none(iam.list_policy_versions, PolicyArn=arn)
    for version in (found or {}).get("Versions", []):
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    ignore_missing(iam.delete_policy, PolicyArn=arn)


ROWS = (
    Row(
        token="aws:iam/policy:Policy",
        client="iam",
        source="internal/service/iam/policy.go",
        inputs=fields("name path policy description tags.*"),
        outputs=fields("arn policyId"),
        replaces=fields("name path description"),
        computed=fields("name"),
        same={"policy": same_policy},
        autoname=Autoname(longest=128),
        create=create_managed,
        read=read_managed,
        update=update_managed,
        delete=delete_managed,
    ),
    Row(
        token="aws:iam/role:Role",
        client="iam",
        source="internal/service/iam/role.go",
        inputs=fields(
            "name path assumeRolePolicy description maxSessionDuration permissionsBoundary tags.*"
        ),
        outputs=fields("arn uniqueId"),
        replaces=fields("name path"),
        computed=fields("name"),
        same={"assumeRolePolicy": same_policy},
        autoname=Autoname(longest=LONGEST_ROLE),
        create=create_role,
        read=read_role,
        update=update_role,
        delete=deleting("delete_role", "RoleName"),
    ),
    Row(
        token="aws:iam/rolePolicy:RolePolicy",
        client="iam",
        source="internal/service/iam/role_policy.go",
        inputs=fields("role name policy"),
        replaces=fields("role name"),
        computed=fields("name"),
        same={"policy": same_policy},
        autoname=Autoname(longest=128),
        create=put_policy,
        read=read_policy,
        update=update_policy,
        delete=delete_policy,
    ),
    Row(
        token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        client="iam",
        source="internal/service/iam/role_policy_attachment.go",
        inputs=fields("role policyArn"),
        replaces=fields("role policyArn"),
        create=attach,
        read=read_attachment,
        delete=detach,
    ),
)
