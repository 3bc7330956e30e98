"""IAM: refused trust policies, names, sizes and deletions."""

import json
import re
from typing import Any

from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    LimitExceededException,
    MalformedPolicyDocument,
    ValidationError,
)
from moto.iam.models import IAMBackend, ManagedPolicy, PolicyVersion, Role
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.resource_policy import listed
from pulumi_moto.shapes import Members

LONGEST_ROLE = 64
LONGEST_DESCRIPTION = 1000
LONGEST_TRUST = 2048
LONGEST_INLINE = 10_240
LONGEST_MANAGED = 6144
ROLE_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
DESCRIPTION = re.compile("[\t\n\r\x20-\x7e\xa1-\xff]*")
VERSIONS = ("2008-10-17", "2012-10-17")
ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::(?P<account>\d{12}):(?P<kind>[^/]+)(/.+)?")
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")


def _size(document: str) -> int:
    """Return the size without white space, as IAM counts it."""
    return len(re.sub(r"\s", "", document))


def _refuse_trust(self: IAMBackend, document: str) -> None:
    try:
        policy = json.loads(document)
    except ValueError:
        raise MalformedPolicyDocument("This policy contains invalid Json") from None
    if not isinstance(policy, dict):
        raise MalformedPolicyDocument("Syntax errors in policy.")
    if policy.get("Version", VERSIONS[0]) not in VERSIONS:
        raise MalformedPolicyDocument("The policy must contain a valid version string")
    statements = listed(policy.get("Statement", []))
    if not statements:
        raise MalformedPolicyDocument("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict):
            raise MalformedPolicyDocument("Syntax errors in policy.")
        _refuse_trusting(self, statement)
    if _size(document) > LONGEST_TRUST:
        raise LimitExceededException(f"Cannot exceed quota for ACLSizePerRole: {LONGEST_TRUST}")


def _refuse_trusting(self: IAMBackend, statement: Members) -> None:
    if "Effect" not in statement:
        raise MalformedPolicyDocument("Missing required field Effect")
    if statement["Effect"] not in {"Allow", "Deny"}:
        raise MalformedPolicyDocument(f"Invalid effect: {statement['Effect']}")
    if "NotPrincipal" in statement:
        raise MalformedPolicyDocument("Allow with NotPrincipal is not allowed.")
    _refuse_principal(self, statement)
    actions = [*listed(statement.get("Action", [])), *listed(statement.get("NotAction", []))]
    if not actions:
        raise MalformedPolicyDocument("Missing required field Action")
    if not all(str(action).startswith("sts:") for action in actions):
        raise MalformedPolicyDocument("AssumeRole policy may only specify STS AssumeRole actions.")
    if "Resource" in statement:
        raise MalformedPolicyDocument("Has prohibited field Resource")
    if "NotResource" in statement:
        raise MalformedPolicyDocument("AssumeRole policy must not contain resources.")


def _refuse_principal(self: IAMBackend, statement: Members) -> None:
    if "Principal" not in statement:
        raise MalformedPolicyDocument("Missing required field Principal")
    principal = statement["Principal"]
    if principal == "*":
        return
    if not principal:
        raise MalformedPolicyDocument("Missing required field Principal cannot be empty!")
    if not isinstance(principal, dict):
        raise MalformedPolicyDocument("Principal must be a JSON object.")
    for kind, names in principal.items():
        if kind not in {"AWS", "Service", "Federated"}:
            raise MalformedPolicyDocument(f'Invalid principal in policy: "{kind}"')
        for name in listed(names):
            if not _can_be_trusted(self, kind, str(name)):
                raise MalformedPolicyDocument(
                    f'Invalid principal in policy: "{kind.upper()}":"{name}"'
                )


def _can_be_trusted(self: IAMBackend, kind: str, name: str) -> bool:
    """A role or user of this account must exist; of other accounts, only the form is checked."""
    if kind == "Service":
        return SERVICE.fullmatch(name) is not None
    if kind == "Federated" or re.fullmatch(r"\*|\d{12}", name):
        return True
    arn = ARN.fullmatch(name)
    if arn is None:
        return False
    if arn["account"] != self.account_id or arn["kind"] not in {"role", "user"}:
        return True
    roles = {role.arn for role in self.get_roles()}
    return name in roles | {user.arn for user in self.users.values()}


def _refuse_described(name: str, description: str | None) -> None:
    if len(name) > LONGEST_ROLE:
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'roleName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {LONGEST_ROLE}"
        )
    if not ROLE_NAME.fullmatch(name):
        raise ValidationError(
            "The specified value for roleName is invalid. It must contain only alphanumeric "
            "characters and/or the following: +=,.@_-"
        )
    description = description or ""
    if len(description) > LONGEST_DESCRIPTION:
        raise ValidationError(
            "1 validation error detected: Value at 'description' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_DESCRIPTION}"
        )
    if not DESCRIPTION.fullmatch(description):
        raise ValidationError(
            "1 validation error detected: Value at 'description' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: "
            r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*"
        )


@corrects(
    IAMBackend,
    moto="accepts any trust policy, name and description",
    aws="refuses a trust policy that is malformed, too long or trusts a missing role, a name over "
    "64 characters or in use in another case, and characters beyond Latin-1",
)
def create_role(
    original: Replacement,
    self: IAMBackend,
    role_name: str,
    assume_role_policy_document: str,
    *args: Any,
    **kwargs: Any,
) -> Role:
    description = kwargs["description"] if "description" in kwargs else args[2]
    _refuse_described(role_name, description)
    if role_name.lower() in {role.name.lower() for role in self.get_roles()}:
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    _refuse_trust(self, assume_role_policy_document)
    role: Role = original(self, role_name, assume_role_policy_document, *args, **kwargs)
    return role


@corrects(
    IAMBackend, moto="does not check the principals", aws="refuses what it refuses for a new role"
)
def update_assume_role_policy(
    original: Replacement, self: IAMBackend, role_name: str, policy_document: str
) -> None:
    self.get_role(role_name)
    _refuse_trust(self, policy_document)
    original(self, role_name, policy_document)


@corrects(IAMBackend, moto="clears the description if the call has none", aws="keeps it")
def update_role(
    original: Replacement,
    self: IAMBackend,
    role_name: str,
    role_description: str | None,
    max_session_duration: str,
) -> Role:
    kept = self.get_role(role_name).description if role_description is None else role_description
    role: Role = original(self, role_name, kept, max_session_duration)
    return role


def _refuse_identity(document: str) -> None:
    IAMPolicyDocumentValidator(document).validate()
    for statement in listed(json.loads(document)["Statement"]):
        if {"Principal", "NotPrincipal"} & statement.keys():
            raise MalformedPolicyDocument("Policy document should not specify a principal.")


@corrects(
    IAMBackend,
    moto="accepts a principal, and inline policies of any size",
    aws="refuses a principal, and more than 10,240 characters in a role's inline policies together",
)
def put_role_policy(
    original: Replacement, self: IAMBackend, role_name: str, policy_name: str, policy_json: str
) -> None:
    role = self.get_role(role_name)
    _refuse_identity(policy_json)
    inline = {**role.policies, policy_name: policy_json}
    if sum(map(_size, inline.values())) > LONGEST_INLINE:
        raise LimitExceededException(
            f"Maximum policy size of {LONGEST_INLINE} bytes exceeded for role {role_name}"
        )
    original(self, role_name, policy_name, policy_json)


def _refuse_managed(document: str) -> None:
    _refuse_identity(document)
    if _size(document) > LONGEST_MANAGED:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {LONGEST_MANAGED}")


@corrects(
    IAMBackend,
    moto="accepts a principal, and any size",
    aws="refuses a principal, and more than 6,144 characters",
)
def create_policy(
    original: Replacement,
    self: IAMBackend,
    description: str,
    path: str,
    policy_document: str,
    *args: Any,
) -> ManagedPolicy:
    _refuse_managed(policy_document)
    policy: ManagedPolicy = original(self, description, path, policy_document, *args)
    return policy


@corrects(
    IAMBackend,
    moto="accepts a principal, and any size",
    aws="refuses a principal, and more than 6,144 characters",
)
def create_policy_version(
    original: Replacement,
    self: IAMBackend,
    policy_arn: str,
    policy_document: str,
    set_as_default: bool,  # noqa: FBT001 - moto's signature
) -> PolicyVersion:
    _refuse_managed(policy_document)
    version: PolicyVersion = original(self, policy_arn, policy_document, set_as_default)
    return version


@corrects(
    IAMBackend,
    moto="deletes a policy that is attached or has several versions",
    aws="refuses it with DeleteConflict",
)
def delete_policy(original: Replacement, self: IAMBackend, policy_arn: str) -> None:
    policy = self.get_policy(policy_arn)
    if policy.attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    original(self, policy_arn)
