"""audit access: who may assume the pipeline's roles and every other role of the stack."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from arbor.account import Account
from arbor.procedure import Refused
from arbor.security.audit.line import Line
from arbor.security.audit.trust import Trusted, trusted, wildcards
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import RoleDetailTypeDef

SIGNED_IN = "AWSReservedSSO_"
"""How the roles of IAM Identity Center are called."""
ANY_WORKFLOW = (
    "a job of any workflow, so that a pushed tag can run its own: no job_workflow_ref of main"
)
MAIN = "refs/heads/main"
ANY_REF = f"a job of any branch, whose workflow can call main's: no ref {MAIN}"


def audit(account: Account) -> list[Line]:
    """One line for each principal of each role. Raises Refused where the stack has no role."""
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
            f"No role of this account is tagged Stack={account.stack}: is {account.stack} the "
            "right stack, and is this its account?"
        )
    names = {role["RoleName"] for role in found}
    lines = [
        Line(verdict="SKIP", what=name, says=f"there is no such role: {why}")
        for name, why in _pipeline(account.stack).items()
        if name not in names
    ]
    lines += [line for role in found for line in _of_role(account.stack, role)]
    return [*lines, _operators(account.stack, found, everything)]


def _pipeline(stack: str) -> dict[str, str]:
    """The pipeline's roles, and why one may be absent."""
    none = "the stack's config names no repository on GitHub"
    return {
        naming.ci_deploy_role(stack): none,
        naming.ci_preview_role(stack): none,
        naming.ci_bootstrap_role(stack): "it is needed for the first `up` only",
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


def _of_role(stack: str, role: "RoleDetailTypeDef") -> Iterator[Line]:
    name, owner = role["RoleName"], role["Arn"].split(":")[4]
    everybody = list(trusted(_trust(role), owner))
    for one in everybody:
        wrong = [*one.wrong, *_wrong_subjects(stack, name, one)]
        yield Line(
            verdict="NG" if wrong else "OK",
            what=name,
            says=one.who + (f" ({'; '.join(wrong)})" if wrong else ""),
            look=_look(name),
            mend=_mend(stack, role) if wrong else "",
            about={
                "role": name,
                "principal": one.principal,
                "conditions": one.conditions,
                "subjects": one.subjects,
                "wrong": wrong,
            },
        )
    if not everybody:
        yield Line(verdict="OK", what=name, says="nobody", look=_look(name), about={"role": name})


def _wrong_subjects(stack: str, role: str, one: Trusted) -> Iterator[str]:
    for subject in wildcards(one.subjects, one.conditions):
        yield f"{subject} has a wildcard"
    writes = {naming.ci_deploy_role(stack), naming.ci_bootstrap_role(stack)}
    if role not in {*writes, naming.ci_images_role(stack)}:
        return
    environment = f":environment:{stack}"
    for subject in one.subjects:
        if not subject.endswith(environment):
            yield f"{subject} is not of the environment {stack}, whose reviewers decide"
    # The application's tags push images by their own workflow, as they must.
    if (
        role in writes
        and one.subjects
        and not (one.workflows and all(map(_is_of_main, one.workflows)))
    ):
        yield ANY_WORKFLOW
    if role in writes and one.subjects and one.refs != (MAIN,):
        yield ANY_REF


def _is_of_main(workflow: str) -> bool:
    """Whether it is a file of the branch main, spelled out.

    A pattern that ends like this also matches the tag `v1@refs/heads/main`.
    """
    return (
        workflow.endswith(f"@{MAIN}") and workflow.count("@") == 1 and not set("*?") & set(workflow)
    )


def _look(role: str) -> str:
    return f"aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument"


def _mend(stack: str, role: "RoleDetailTypeDef") -> str:
    name = role["RoleName"]
    if name == naming.ci_bootstrap_role(stack):
        return f"`python -m pipeline bootstrap --stack {stack}` writes its trust policy anew."
    if _tags(role).get("ManagedBy") == "pulumi":
        return f"The program has it right: `pulumi refresh`, then `pulumi up`, of {stack}."
    return f"aws iam update-assume-role-policy --role-name {name} --policy-document file://TRUST"


def _operators(
    stack: str, found: "list[RoleDetailTypeDef]", everything: "list[RoleDetailTypeDef]"
) -> Line:
    """People's access is not the stack's to give, and another list says who they are."""
    names = [role["RoleName"] for role in found if _lets_people_in(role)]
    people = [name for name in names if name not in _pipeline(stack)]
    signed = [r["RoleName"] for r in everything if r["RoleName"].startswith(SIGNED_IN)]
    where = f" ({', '.join(sorted(signed))})" if signed else ""
    return Line(
        verdict="SKIP",
        what="operators",
        says=(
            f"by the stack's roles {', '.join(people)}; "
            if people
            else "no role of the stack is for people; "
        )
        + f"who signs in through IAM Identity Center{where} is decided there",
        look="aws sso-admin list-instances",
        about={"roles": people, "signed_in_by": sorted(signed)},
    )


def _lets_people_in(role: "RoleDetailTypeDef") -> bool:
    owner = role["Arn"].split(":")[4]
    everybody = trusted(_trust(role), owner)
    return any(not one.who.startswith("the service ") and not one.subjects for one in everybody)
