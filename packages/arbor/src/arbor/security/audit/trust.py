"""Principals and conditions of a role's trust policy, and findings in it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

GITHUB = "token.actions.githubusercontent.com"
SENDS_SOURCE = frozenset(
    {"ecs-tasks.amazonaws.com", "monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com"}
)
"""Services that send aws:SourceAccount and aws:SourceArn when they assume a role. ECS doesn't
when it shifts traffic.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
"""
SOURCE_KEYS = ("aws:sourceaccount", "aws:sourcearn")
DELETED = re.compile(r"A(ROA|IDA|GPA|KIA)[A-Z0-9]{12,}")
"""IAM's id in place of a deleted role or user."""
ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<who>.+)")
OIDC = "oidc-provider/"
IMMUTABLE = re.compile(r"([\w-]+)@(\d+)/([\w.-]+)@(\d+)", re.ASCII)
"""OWNER@ID/NAME@ID: the repository in GitHub's immutable subjects."""
Conditions = dict[str, tuple[str, ...]]
Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TrustedPrincipal:
    """One principal of one statement."""

    principal: str
    who: str
    """The principal in readable form."""
    conditions: tuple[str, ...] = ()
    """Each as `operator key: values`."""
    subjects: tuple[str, ...] = ()
    """Values of GitHub's `sub`."""
    workflows: tuple[str, ...] = ()
    """Values of job_workflow_ref, the job's workflow file and ref; empty: any."""
    refs: tuple[str, ...] = ()
    """Values of ref, the run's branch or tag; empty: any."""
    findings: tuple[str, ...] = ()


def trusted(policy: dict[str, Any], account: str) -> Iterator[TrustedPrincipal]:
    """The principals of a policy's Allow statements; Deny statements only narrow them."""
    for statement in listed(policy.get("Statement", [])):
        if statement.get("Effect") == "Allow":
            for kind, name in _principals(statement):
                yield _read(kind, name, statement, account)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """IAM accepts a single value for a list of one."""
    return value if isinstance(value, list) else [value]


def _principals(statement: Statement) -> Iterator[tuple[str, str]]:
    if "NotPrincipal" in statement or "Principal" not in statement:
        yield "AWS", "*"  # all principals except a few
        return
    principal = statement["Principal"]
    if not isinstance(principal, dict):
        yield "AWS", str(principal)
        return
    for kind, names in principal.items():
        for name in listed(names):
            yield kind, str(name)


def _read(kind: str, name: str, statement: Statement, account: str) -> TrustedPrincipal:
    conditions = _conditions(statement)
    found, findings, subjects = name, list[str](), tuple[str, ...]()
    if kind == "Service":
        found = f"service {name}"
        findings += _service_findings(name, conditions, account)
    elif kind == "Federated":
        found, subjects = _federated(name, statement, conditions)
        findings += _provider_findings(name, conditions)
    elif kind == "AWS":
        found = _who(name, account)
    if name == "*":
        findings.append("any principal: a wildcard")
    elif DELETED.fullmatch(name):
        findings.append("a deleted principal")
    elif (owner := _owner(name)) not in {"", account}:
        findings.append(f"another account, {owner}")
    return TrustedPrincipal(
        principal=name,
        who=found,
        conditions=tuple(_as_text(statement)),
        subjects=subjects,
        workflows=conditions.get(f"{GITHUB}:job_workflow_ref", ()),
        refs=conditions.get(f"{GITHUB}:ref", ()),
        findings=tuple(findings),
    )


def _owner(name: str) -> str:
    """The account id, from an ARN or alone; empty without one."""
    if re.fullmatch(r"\d{12}", name):
        return name
    found = ARN.fullmatch(name)
    return found["account"] if found else ""


def _who(name: str, account: str) -> str:
    if name == "*":
        return "every principal"
    found = ARN.fullmatch(name)
    if name == account or (found and found["who"] == "root"):
        return f"principals of account {_owner(name)} with sts:AssumeRole"
    return found["who"] if found else name


def _conditions(statement: Statement) -> Conditions:
    """Required values by lower-case key.

    `...IfExists`, `ForAllValues:` and negated operators are left out: they match an absent key.
    """
    found: Conditions = {}
    for operator, keys in statement.get("Condition", {}).items():
        plain = operator.lower().removeprefix("foranyvalue:")
        if plain in {
            "stringequals",
            "stringlike",
            "stringequalsignorecase",
            "arnequals",
            "arnlike",
        }:
            for key, values in keys.items():
                found[key.lower()] = tuple(map(str, listed(values)))
    return found


def _as_text(statement: Statement) -> Iterator[str]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield f"{operator} {key}: {', '.join(map(str, listed(values)))}"


def _service_findings(name: str, conditions: Conditions, account: str) -> Iterator[str]:
    values = {key: conditions[key] for key in SOURCE_KEYS if key in conditions}
    if not values:
        if name in SENDS_SOURCE:
            yield "on behalf of any account: no aws:SourceAccount condition"
        return
    accounts = {
        one if key == SOURCE_KEYS[0] else (one.split(":") + [""] * 5)[4]
        for key, found in values.items()
        for one in found
    }
    for other in sorted(accounts - {account}):
        yield f"on behalf of {f'account {other}' if other else 'any account'}"


def _federated(
    name: str, statement: Statement, conditions: Conditions
) -> tuple[str, tuple[str, ...]]:
    issuer = name.partition(OIDC)[2]
    if issuer != GITHUB:
        return f"any identity of {issuer or name}", ()
    subjects = conditions.get(f"{GITHUB}:sub", ())
    if not subjects:
        return "every job on GitHub", ()
    likes = any("like" in operator.lower() for operator in statement.get("Condition", {}))
    return "; ".join(_job(one, likes=likes) for one in subjects), subjects


def _job(subject: str, *, likes: bool) -> str:
    """`repo:OWNER/NAME:environment:production` as text."""
    kind, _, rest = subject.partition(":")
    repository, _, context = rest.partition(":")
    repository, numbers = _repository(repository)
    if kind != "repo" or (likes and "*" in repository):
        return f"every job with a subject like {subject}"
    what, _, which = context.partition(":")
    jobs = {
        "environment": f"jobs of the environment {which}",
        "pull_request": "pull requests",
        "ref": f"jobs of {which.removeprefix('refs/heads/')}",
    }
    return f"{jobs.get(what, f'jobs like {context}')} in {repository}{numbers}"


def _repository(part: str) -> tuple[str, str]:
    """OWNER/NAME, and GitHub's ids if the subject is immutable.

    https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    """
    found = IMMUTABLE.fullmatch(part)
    if found is None:
        return part, ""
    return f"{found[1]}/{found[3]}", f" (owner {found[2]}, repository {found[4]})"


def _provider_findings(name: str, conditions: Conditions) -> Iterator[str]:
    issuer = name.partition(OIDC)[2]
    if not issuer:
        return
    for claim in ("aud", "sub"):
        if not conditions.get(f"{issuer}:{claim}".lower()):
            yield f"any {claim} in the token: no condition on {issuer}:{claim}"


def wildcards(subjects: Iterable[str], conditions: Iterable[str]) -> list[str]:
    """Subjects with a wildcard under a ...Like operator, the only ones that expand it."""
    like = [one for one in conditions if "like" in one.split(" ", 1)[0].lower()]
    return [one for one in subjects if "*" in one and any(one in text for text in like)]
