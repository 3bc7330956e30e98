"""The identity that GitHub gives a job, in both forms, and whether a role trusts it."""

import functools
import json
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from access import trust as ci_documents
from arbor_names import naming
from pipeline.bootstrap import stack_account

OWNER_ID, REPOSITORY_ID = "1001", "2002"
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": operator.eq,
    "StringLike": fnmatchcase,
}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The claims that a trust policy can evaluate.

    https://docs.github.com/en/actions/reference/security/oidc
    """

    repository: str
    workflow: str
    """The file in .github/workflows with the job; for a called workflow, the called file."""
    ref: str
    event: str
    environment: str = ""
    repository_id: str = REPOSITORY_ID

    def token(self, *, immutable: bool) -> dict[str, str]:
        """The claims, with the subject of an old repository or of one created since July 2026.

        https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
        """
        owner, name = self.repository.split("/")
        place = f"{owner}@{OWNER_ID}/{name}@{self.repository_id}" if immutable else self.repository
        if self.environment:
            kind = f"environment:{self.environment}"
        else:
            kind = "pull_request" if self.event == "pull_request" else f"ref:{self.ref}"
        return {
            "aud": ci_documents.AUDIENCE,
            "sub": f"repo:{place}:{kind}",
            "repository": self.repository,
            "repository_id": self.repository_id,
            "ref": self.ref,
            "job_workflow_ref": f"{self.repository}/.github/workflows/{self.workflow}@{self.ref}",
        }


def trusted(document: str, token: dict[str, str]) -> bool:
    """Whether a trust policy accepts a job with this token; unknown parts of a policy raise."""
    return any(_allows(one, token) for one in json.loads(document)["Statement"])


def _allows(statement: dict[str, Any], token: dict[str, str]) -> bool:
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    for name, conditions in statement["Condition"].items():
        match = OPERATORS[name]
        for key, allowed in conditions.items():
            claim = token.get(key.removeprefix(f"{ci_documents.ISSUER}:"))
            wanted = [allowed] if isinstance(allowed, str) else allowed
            if claim is None or not any(match(claim, one) for one in wanted):
                return False
    return True


@functools.cache
def trust_by_role(stacks: tuple[str, ...], *, immutable: bool) -> dict[str, str]:
    """The trust policies of the roles that bootstrap and the committed stacks create, by ARN."""
    found = {}
    for stack in stacks:
        pipeline = _pipeline(stack, immutable=immutable)
        provider = ci_documents.provider_arn(pipeline.account_id)
        arn = f"arn:aws:iam::{pipeline.account_id}:role"
        found[f"{arn}/{naming.ci_preview_role(stack)}"] = ci_documents.preview_trust(
            pipeline, provider
        )
        found[f"{arn}/{naming.ci_deploy_role(stack)}"] = ci_documents.deploy_trust(
            pipeline, provider
        )
        found[f"{arn}/{naming.ci_bootstrap_role(stack)}"] = ci_documents.bootstrap_trust(
            pipeline, provider
        )
    return found


def _pipeline(stack: str, *, immutable: bool) -> ci_documents.Pipeline:
    """The values that bootstrap reads from the stack's file, with or without GitHub's numbers."""
    described = stack_account.of_stack(stack, lambda _region: lambda _service: None).pipeline
    return replace(
        described,
        owner_id=OWNER_ID if immutable else None,
        repository_id=REPOSITORY_ID if immutable else None,
    )
