"""Changes of roles that the pipeline's role may not make, refused before IAM refuses them.

access/ has the permissions of each role; the procedure is docs/runbook.md, "Change the Pipeline's
Own Roles". A person with other credentials may make these changes.
"""

import re
from collections.abc import Iterator
from typing import Final

from arbor.account import Account
from arbor_names import naming
from engine import stack_file
from pipeline.hazards import present
from pipeline.report.steps import UNKNOWN, Step, of_type

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
PROVIDER: Final = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
IAM: Final = frozenset(
    {
        PROVIDER,
        ROLE,
        POLICY,
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }
)
SESSION: Final = re.compile(r":assumed-role/arbor-[a-z0-9]+-ci-(?P<kind>\w+)/")
"""The ARN of a session that has assumed one of the pipeline's roles."""
ROOT: Final = "/"


def own(steps: list[Step], account: Account) -> Iterator[str]:
    """The roles and the provider of the pipeline, which the deploy role may not change.

    A preview refuses them, too, until the first deploy role exists and can make them. Then the
    pull request passes, and the workflow own-roles applies it once it is merged.
    """
    ours = [s for s in steps if s.token in IAM and (s.name == "ci" or s.name.startswith("ci-"))]
    for step in of_type(ours, PROVIDER, "delete", "replace"):
        if not step.is_retained:
            yield f"{step.name} would be deleted, and every stack's pipeline signs in through it."
    if any(of_type(ours, PROVIDER, "create")) and present.has_github_provider(account):
        yield (
            "arbor:githubOidcProviderArn is empty, but the account has GitHub's provider, and can "
            "have only one."
        )
    if not ours:
        return
    names = ", ".join(sorted(step.name for step in ours))
    kind = _caller(account)
    first = naming.ci_bootstrap_role(account.stack)
    if kind == "deploy":
        yield f"{names} would change, which the deploy role may not do."
    elif kind == "preview" and not present.is_role(account, first):
        yield (
            f"{names} would change, which the deploy role may not do; the role {first}, which "
            "may, does not exist."
        )


def unbounded(steps: list[Step], account: Account) -> Iterator[str]:
    """A role with a missing permissions boundary: IAM answers NoSuchEntity midway."""
    bounds = {
        boundary: step.name
        for step in of_type(steps, ROLE, "create", "update", "replace")
        if isinstance(boundary := step.new.get("permissionsBoundary"), str)
        and UNKNOWN not in boundary
        and boundary != step.old.get("permissionsBoundary")
    }
    if not bounds or not _caller(account):
        return
    for boundary, role in sorted(bounds.items()):
        if not present.is_policy(account, boundary):
            yield (
                f"{role} has the permissions boundary {boundary}, which does not exist: "
                f"`python -m pipeline bootstrap --stack {account.stack}` creates it."
            )


def older(steps: list[Step], account: Account) -> Iterator[str]:
    """Roles that are older than the stack's path; the deploy role may change those in config."""
    changed = {
        str(step.old["name"])
        for step in of_type(steps, ROLE, "update", "delete", "replace")
        if step.old.get("path", ROOT) == ROOT
        and isinstance(step.old.get("name"), str)
        and not step.name.startswith("ci-")
    }
    if not changed or not _caller(account):
        return
    named = stack_file.stack_config(account.stack).get("arbor:olderRoles") or []
    if lacking := changed - set(named):
        line = ", ".join(sorted({*named, *changed}))
        yield (
            f"{', '.join(sorted(lacking))} would change, outside the path "
            f"{naming.role_path(account.stack)} of the deploy role: put "
            f"`arbor:olderRoles: [{line}]` into Pulumi.{account.stack}.yaml."
        )


def _caller(account: Account) -> str:
    """`preview`, `deploy` or `bootstrap`; empty for credentials outside the pipeline."""
    found = SESSION.search(account.client("sts").get_caller_identity()["Arn"])
    return found["kind"] if found else ""
