"""What a role's trust policy says: who may assume it, on which condition, and what is wrong in it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

GITHUB = "token.actions.githubusercontent.com"
SAY_FOR_WHOM = frozenset(
    {"ecs-tasks.amazonaws.com", "monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com"}
)
"""Services that name the resource and the account on whose behalf they assume a role; ECS doesn't
when it moves traffic.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
"""
FOR_WHOM = ("aws:sourceaccount", "aws:sourcearn")
GONE = re.compile(r"A(ROA|IDA|GPA|KIA)[A-Z0-9]{12,}")
"""What IAM shows in place of a role or user that was deleted."""
ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<who>.+)")
OIDC = "oidc-provider/"
IMMUTABLE = re.compile(r"([\w-]+)@(\d+)/([\w.-]+)@(\d+)", re.ASCII)
"""OWNER@ID/NAME@ID: how GitHub's immutable subjects name a repository."""
Conditions = dict[str, tuple[str, ...]]
Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Trusted:
    """One principal of one statement."""

    principal: str
    who: str
    """In words."""
    conditions: tuple[str, ...] = ()
    """Each as `operator key: values`."""
    subjects: tuple[str, ...] = ()
    """Of GitHub's tokens, as the policy writes them."""
    workflows: tuple[str, ...] = ()
    """The values of job_workflow_ref, the file and the ref of the job's workflow; none is any."""
    refs: tuple[str, ...] = ()
    """The values of ref, the branch or tag of the run; none is any."""
    wrong: tuple[str, ...] = field(default=())


def trusted(policy: dict[str, Any], account: str) -> Iterator[Trusted]:
    """Everybody whom a policy lets in; what it denies makes none of it wider."""
    for statement in listed(policy.get("Statement", [])):
        if statement.get("Effect") == "Allow":
            for kind, name in _principals(statement):
                yield _read(kind, name, statement, account)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - IAM's documents are whatever was written
    """IAM takes one thing in place of a list of one."""
    return value if isinstance(value, list) else [value]


def _principals(statement: Statement) -> Iterator[tuple[str, str]]:
    if "NotPrincipal" in statement or "Principal" not in statement:
        yield "AWS", "*"  # everybody but a few
        return
    principal = statement["Principal"]
    if not isinstance(principal, dict):
        yield "AWS", str(principal)
        return
    for kind, names in principal.items():
        for name in listed(names):
            yield kind, str(name)


def _read(kind: str, name: str, statement: Statement, account: str) -> Trusted:
    conditions = _conditions(statement)
    found, wrong, subjects = name, list[str](), tuple[str, ...]()
    if kind == "Service":
        found = f"the service {name}"
        wrong += _wrong_service(name, conditions, account)
    elif kind == "Federated":
        found, subjects = _federated(name, statement, conditions)
        wrong += _wrong_provider(name, conditions)
    elif kind == "AWS":
        found = _who(name, account)
    if name == "*":
        wrong.append("anybody: a wildcard principal")
    elif GONE.fullmatch(name):
        wrong.append("somebody who was deleted")
    elif (owner := _owner(name)) not in {"", account}:
        wrong.append(f"another account, {owner}")
    return Trusted(
        principal=name,
        who=found,
        conditions=tuple(_spelled(statement)),
        subjects=subjects,
        workflows=conditions.get(f"{GITHUB}:job_workflow_ref", ()),
        refs=conditions.get(f"{GITHUB}:ref", ()),
        wrong=tuple(wrong),
    )


def _owner(name: str) -> str:
    """The account in an ARN or by itself; nothing where there is none."""
    if re.fullmatch(r"\d{12}", name):
        return name
    found = ARN.fullmatch(name)
    return found["account"] if found else ""


def _who(name: str, account: str) -> str:
    if name == "*":
        return "everybody"
    found = ARN.fullmatch(name)
    if name == account or (found and found["who"] == "root"):
        return f"whoever the account {_owner(name)} lets assume roles"
    return found["who"] if found else name


def _conditions(statement: Statement) -> Conditions:
    """Keys in small letters with what they must be; only operators that demand the key.

    `...IfExists`, `ForAllValues:` and the negated ones are true when the key is absent.
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


def _spelled(statement: Statement) -> Iterator[str]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield f"{operator} {key}: {', '.join(map(str, listed(values)))}"


def _wrong_service(name: str, conditions: Conditions, account: str) -> Iterator[str]:
    values = {key: conditions[key] for key in FOR_WHOM if key in conditions}
    if not values:
        if name in SAY_FOR_WHOM:
            yield "on behalf of any account: no aws:SourceAccount condition"
        return
    accounts = {
        one if key == FOR_WHOM[0] else (one.split(":") + [""] * 5)[4]
        for key, found in values.items()
        for one in found
    }
    for other in sorted(accounts - {account}):
        yield f"on behalf of the account {other or 'of anybody'}"


def _federated(
    name: str, statement: Statement, conditions: Conditions
) -> tuple[str, tuple[str, ...]]:
    issuer = name.partition(OIDC)[2]
    if issuer != GITHUB:
        return f"whoever {issuer or name} signs in", ()
    subjects = conditions.get(f"{GITHUB}:sub", ())
    if not subjects:
        return "every job on GitHub", ()
    likes = any("like" in operator.lower() for operator in statement.get("Condition", {}))
    return "; ".join(_job(one, likes=likes) for one in subjects), subjects


def _job(subject: str, *, likes: bool) -> str:
    """`repo:OWNER/NAME:environment:production` in words."""
    kind, _, rest = subject.partition(":")
    repository, _, context = rest.partition(":")
    repository, numbers = _repository(repository)
    if kind != "repo" or (likes and "*" in repository):
        return f"every job whose subject is like {subject}"
    what, _, which = context.partition(":")
    jobs = {
        "environment": f"jobs of the environment {which}",
        "pull_request": "pull requests",
        "ref": f"jobs of {which.removeprefix('refs/heads/')}",
    }
    return f"{jobs.get(what, f'jobs like {context}')} in {repository}{numbers}"


def _repository(part: str) -> tuple[str, str]:
    """OWNER/NAME, and GitHub's numbers where the subject is an immutable one.

    https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    """
    found = IMMUTABLE.fullmatch(part)
    if found is None:
        return part, ""
    return f"{found[1]}/{found[3]}", f" (owner {found[2]}, repository {found[4]})"


def _wrong_provider(name: str, conditions: Conditions) -> Iterator[str]:
    issuer = name.partition(OIDC)[2]
    if not issuer:
        return
    for claim in ("aud", "sub"):
        if not conditions.get(f"{issuer}:{claim}".lower()):
            yield f"whatever the token's {claim}: no condition on {issuer}:{claim}"


def wildcards(subjects: Iterable[str], conditions: Iterable[str]) -> list[str]:
    """Subjects that match more than they name: StringLike alone knows a star."""
    like = [one for one in conditions if "like" in one.split(" ", 1)[0].lower()]
    return [one for one in subjects if "*" in one and any(one in text for text in like)]
