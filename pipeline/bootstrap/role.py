"""The first deploy role of a stack: it creates and changes the pipeline's two roles."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from access import deploy, reads
from access import sessions as ci_sessions
from access import trust as ci_documents
from arbor.procedure import Refused, Step
from arbor_names import naming
from pipeline.bootstrap import managed
from pipeline.bootstrap.stack_account import MADE_BY, StackAccount, ours, same

POLICY = "bootstrap"
WHAT = {
    "reads": "allow the reads of a refresh",
    "changes": "allow the provider's changes of plain resources",
    "roles": "allow changes of the pipeline's roles of this stack, without the first deploy role",
}
"""The purpose of each of its managed policies; a single document would be too long."""
DESCRIPTION = "The first deploy role; python -m pipeline bootstrap creates and retires it."


def refuse(account: StackAccount) -> None:
    """Raises Refused for a role of that name that bootstrap did not make."""
    name = naming.ci_bootstrap_role(account.stack)
    role = _read(account, name)
    if role is not None and not ours(_tags(role), Stack=account.stack):
        wanted = MADE_BY | {"Stack": account.stack}
        spelled = ", ".join(f"{key}={value}" for key, value in wanted.items())
        raise Refused(f"bootstrap did not create the role {name}: its tags lack {spelled}.")
    for part in WHAT:
        managed.refuse(account, naming.ci_bootstrap_policy(account.stack, part))


def refuse_to_retire(account: StackAccount) -> None:
    """Raises Refused while this is the only role that can deploy."""
    refuse(account)
    deploys = naming.ci_deploy_role(account.stack)
    if _read(account, deploys) is None:
        raise Refused(
            f"the role {deploys} does not exist yet, and only this role can create it: run `up` of "
            f"{account.stack} first."
        )


def steps(account: StackAccount) -> Iterator[Step]:
    """The required settings of the role; every other policy is removed."""
    iam = account.client("iam")
    name = naming.ci_bootstrap_role(account.stack)
    pipeline = account.pipeline
    trust = ci_documents.bootstrap_trust(pipeline, ci_documents.provider_arn(account.account_id))
    policy = deploy.of_bootstrap(pipeline)
    documents = {
        "reads": reads.shared(pipeline),
        "changes": deploy.changes(pipeline),
        "roles": deploy.own_roles(pipeline),
    }
    attached = {
        part: managed.arn(account, naming.ci_bootstrap_policy(account.stack, part))
        for part in documents
    }
    tags = {**MADE_BY, "Stack": account.stack, "Component": "ci"}

    def step(
        action: str,
        do: Callable[[], object],
        holds: Callable[[dict[str, Any]], bool],
        *,
        made_so: bool = False,
    ) -> Step:
        """`made_so`: a new role has the setting from its creation."""

        def took_effect() -> bool:
            role = _read(account, name)
            return made_so if role is None else holds(role)

        return Step(action=action, do=do, took_effect=took_effect)

    yield step(
        f"create the role {name}",
        lambda: iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust,
            Description=DESCRIPTION,
            MaxSessionDuration=ci_sessions.WRITE_SECONDS,
            Tags=_listed(tags),
        ),
        lambda _: True,
    )
    yield step(
        f"let only jobs of {pipeline.repository} in {account.stack} assume {name}",
        lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust),
        lambda role: same(json.dumps(role["AssumeRolePolicyDocument"]), trust),
        made_so=True,
    )
    yield step(
        f"set the longest session of {name} to {ci_sessions.WRITE_SECONDS} seconds",
        lambda: iam.update_role(
            RoleName=name,
            Description=DESCRIPTION,
            MaxSessionDuration=ci_sessions.WRITE_SECONDS,
        ),
        lambda role: role["MaxSessionDuration"] == ci_sessions.WRITE_SECONDS,
        made_so=True,
    )
    yield step(
        f"tag {name}",
        lambda: iam.tag_role(RoleName=name, Tags=_listed(tags)),
        lambda role: tags.items() <= _tags(role).items(),
        made_so=True,
    )
    yield from _taken_away(account, attached=set(attached.values()), inline={POLICY})
    for part, document in documents.items():
        policy_name = naming.ci_bootstrap_policy(account.stack, part)
        yield from managed.steps(account, policy_name, document, WHAT[part])
        yield _attach(account, name, attached[part])
    yield step(
        f"give {name} the permissions of the deploy role",
        lambda: iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=policy),
        lambda _: same(_inline(account, name, POLICY), policy),
    )


def retiring(account: StackAccount) -> Iterator[Step]:
    """The steps that delete the role and its policies."""
    iam = account.client("iam")
    name = naming.ci_bootstrap_role(account.stack)
    yield from _taken_away(account, attached=set(), inline=set())
    yield Step(
        action=f"delete the role {name}",
        do=lambda: iam.delete_role(RoleName=name),
        took_effect=lambda: _read(account, name) is None,
    )
    for part in WHAT:
        yield managed.taken_away(account, naming.ci_bootstrap_policy(account.stack, part))


def _attach(account: StackAccount, role: str, arn: str) -> Step:
    iam = account.client("iam")
    return Step(
        action=f"attach {arn} to {role}",
        do=lambda: iam.attach_role_policy(RoleName=role, PolicyArn=arn),
        took_effect=lambda: _read(account, role) is not None and arn in _attached(account, role),
    )


def _taken_away(account: StackAccount, *, attached: set[str], inline: set[str]) -> Iterator[Step]:
    """The steps that remove all other policies of the role."""
    iam = account.client("iam")
    name = naming.ci_bootstrap_role(account.stack)

    def detach(arn: str) -> Step:
        return Step(
            action=f"detach {arn} from {name}",
            do=lambda: iam.detach_role_policy(RoleName=name, PolicyArn=arn),
            took_effect=lambda: arn not in _attached(account, name),
        )

    def delete(policy: str) -> Step:
        return Step(
            action=f"delete the policy {policy} of {name}",
            do=lambda: iam.delete_role_policy(RoleName=name, PolicyName=policy),
            took_effect=lambda: policy not in _inlines(account, name),
        )

    if _read(account, name) is None:
        return
    for arn in sorted(_attached(account, name) - attached):
        yield detach(arn)
    for policy in sorted(_inlines(account, name) - inline):
        yield delete(policy)


def _read(account: StackAccount, name: str) -> dict[str, Any] | None:
    iam = account.client("iam")
    try:
        found: dict[str, Any] = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return found


def _attached(account: StackAccount, name: str) -> set[str]:
    pages = account.client("iam").get_paginator("list_attached_role_policies")
    found = pages.paginate(RoleName=name)
    return {policy["PolicyArn"] for page in found for policy in page["AttachedPolicies"]}


def _inlines(account: StackAccount, name: str) -> set[str]:
    pages = account.client("iam").get_paginator("list_role_policies").paginate(RoleName=name)
    return {policy for page in pages for policy in page["PolicyNames"]}


def _inline(account: StackAccount, name: str, policy: str) -> str:
    """An inline policy; an empty document where there is none."""
    iam = account.client("iam")
    try:
        found = iam.get_role_policy(RoleName=name, PolicyName=policy)
    except iam.exceptions.NoSuchEntityException:
        return "{}"
    return json.dumps(found["PolicyDocument"])


def _tags(role: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
