"""audit access: principals that may assume the pipeline's roles and other roles of the stack."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from arbor.account import Account
from arbor.check import Check
from arbor.procedure import Refused
from arbor.security.audit.trust import TrustedPrincipal, trusted, wildcards
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import RoleDetailTypeDef

SIGNED_IN = "AWSReservedSSO_"
"""Prefix of IAM Identity Center's roles."""
ANY_WORKFLOW = "a job of any workflow, such as one in a pushed tag: no job_workflow_ref of main"
MAIN = "refs/heads/main"
ANY_REF = f"a job of any branch that calls main's workflow: no ref {MAIN}"


def audit(account: Account) -> list[Check]:
    """One check for each principal of each role. Raises Refused if the stack has no role."""
    pages = account.client("iam").get_paginator("get_account_authorization_details")
    everything = [
        role for page in pages.paginate(Filter=["Role"]) for role in page["RoleDetailList"]
    ]
    found = sorted(
        (role for role in everything if _is_ours(account.stack, role)),
        key=lambda role: (role["RoleName"] not in _pipeline(account.stack), role["RoleName"]),
    )
    if not found:
        raise Refused(
            f"No role of this account has the tag Stack={account.stack}. Check the stack and the "
            "account."
        )
    names = {role["RoleName"] for role in found}
    checks = [
        Check(status="SKIP", name=name, message=f"no such role: {why}")
        for name, why in _pipeline(account.stack).items()
        if name not in names
    ]
    checks += [check for role in found for check in _of_role(account.stack, role)]
    return [*checks, _operators(account.stack, found, everything)]


def _pipeline(stack: str) -> dict[str, str]:
    """The pipeline's roles, each with the reason why it may be absent."""
    none = "the stack's config names no repository on GitHub"
    return {
        naming.ci_deploy_role(stack): none,
        naming.ci_preview_role(stack): none,
        naming.ci_bootstrap_role(stack): "it is required for the first `up` only",
        naming.ci_images_role(stack): "arbor:applicationRepository is empty",
    }


def _tags(role: "RoleDetailTypeDef") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}


def _trust(role: "RoleDetailTypeDef") -> dict[str, Any]:
    """The trust policy; botocore has parsed IAM's JSON."""
    policy = role["AssumeRolePolicyDocument"]
    assert isinstance(policy, dict)
    return dict(policy)


def _is_ours(stack: str, role: "RoleDetailTypeDef") -> bool:
    tags = _tags(role)
    tagged = (tags.get("Project"), tags.get("Stack")) == (naming.PROJECT, stack)
    return tagged or role["RoleName"].startswith(naming.service(stack, ""))


def _of_role(stack: str, role: "RoleDetailTypeDef") -> Iterator[Check]:
    name, owner = role["RoleName"], role["Arn"].split(":")[4]
    principals = list(trusted(_trust(role), owner))
    for one in principals:
        findings = [*one.findings, *_subject_findings(stack, name, one)]
        yield Check(
            status="NG" if findings else "OK",
            name=name,
            message=one.who + (f" ({'; '.join(findings)})" if findings else ""),
            shown_by=_command(name),
            remedy=_remedy(stack, role) if findings else "",
            details={
                "role": name,
                "principal": one.principal,
                "conditions": one.conditions,
                "subjects": one.subjects,
                "findings": findings,
            },
        )
    if not principals:
        yield Check(
            status="OK",
            name=name,
            message="no principal",
            shown_by=_command(name),
            details={"role": name},
        )


def _subject_findings(stack: str, role: str, one: TrustedPrincipal) -> Iterator[str]:
    for subject in wildcards(one.subjects, one.conditions):
        yield f"{subject} has a wildcard"
    writes = {naming.ci_deploy_role(stack), naming.ci_bootstrap_role(stack)}
    if role not in {*writes, naming.ci_images_role(stack)}:
        return
    environment = f":environment:{stack}"
    for subject in one.subjects:
        if not subject.endswith(environment):
            yield f"{subject} is not the environment {stack}, which requires reviewers"
    # Tags of the application push images with their own workflow.
    if (
        role in writes
        and one.subjects
        and not (one.workflows and all(map(_is_of_main, one.workflows)))
    ):
        yield ANY_WORKFLOW
    if role in writes and one.subjects and one.refs != (MAIN,):
        yield ANY_REF


def _is_of_main(workflow: str) -> bool:
    """Whether it names a file of the branch main, without a wildcard.

    A wildcard before `@` would also match the tag `v1@refs/heads/main`.
    """
    return (
        workflow.endswith(f"@{MAIN}") and workflow.count("@") == 1 and not set("*?") & set(workflow)
    )


def _command(role: str) -> str:
    return f"aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument"


def _remedy(stack: str, role: "RoleDetailTypeDef") -> str:
    name = role["RoleName"]
    if name == naming.ci_bootstrap_role(stack):
        return f"`python -m pipeline bootstrap --stack {stack}` writes its trust policy again."
    if _tags(role).get("ManagedBy") == "pulumi":
        return (
            f"Restore the program's trust policy: `pulumi refresh`, then `pulumi up`, of {stack}."
        )
    return f"aws iam update-assume-role-policy --role-name {name} --policy-document file://TRUST"


def _operators(
    stack: str, found: "list[RoleDetailTypeDef]", everything: "list[RoleDetailTypeDef]"
) -> Check:
    """Access of people, which IAM Identity Center manages outside the stack."""
    names = [role["RoleName"] for role in found if _admits_people(role)]
    people = [name for name in names if name not in _pipeline(stack)]
    signed = [r["RoleName"] for r in everything if r["RoleName"].startswith(SIGNED_IN)]
    where = f" ({', '.join(sorted(signed))})" if signed else ""
    return Check(
        status="SKIP",
        name="operators",
        message=(
            f"people may assume {', '.join(people)}; "
            if people
            else "no role of the stack is for people; "
        )
        + f"IAM Identity Center{where} manages sign-in",
        shown_by="aws sso-admin list-instances",
        details={"roles": people, "signed_in_by": sorted(signed)},
    )


def _admits_people(role: "RoleDetailTypeDef") -> bool:
    owner = role["Arn"].split(":")[4]
    principals = trusted(_trust(role), owner)
    return any(not one.who.startswith("service ") and not one.subjects for one in principals)
