"""Changes of roles that the pipeline may not make, by the caller's role."""

from dataclasses import replace
from typing import Any

import pytest

from arbor.account import Account
from engine import stack_file
from pipeline.hazards import changes, roles
from pipeline.report.steps import UNKNOWN, Step

SESSION = "arn:aws:sts::123456789012:assumed-role/arbor-staging-ci-{}/run"
PREVIEWS, DEPLOYS, FIRST = (SESSION.format(kind) for kind in ("preview", "deploy", "bootstrap"))
PERSON = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin/someone"
GITHUB = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
BOUNDARY = "arn:aws:iam::123456789012:policy/arbor-staging-boundary"
WAY = f'Follow "{changes.OWN_ROLES}" in docs/runbook.md.'
OLD, OTHER = "backend-roles-task-role-1a2b3c4", "backend-infrastructure-1a2b3c4"


class NoSuchEntityError(Exception):
    """The exception of IAM's client."""


class Iam:
    """IAM and STS for a caller with this ARN, in an account with these resources."""

    def __init__(self, caller: str, *there: str) -> None:
        self.caller, self.there = caller, there
        self.exceptions = type("Exceptions", (), {"NoSuchEntityException": NoSuchEntityError})

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": self.caller}

    def list_open_id_connect_providers(self) -> dict[str, Any]:
        arns = [{"Arn": arn} for arn in self.there if ":oidc-provider/" in arn]
        return {"OpenIDConnectProviderList": arns}

    def get_role(self, *, RoleName: str) -> None:  # noqa: N803 - boto3's name
        self._find(RoleName)

    def get_policy(self, *, PolicyArn: str) -> None:  # noqa: N803 - boto3's name
        self._find(PolicyArn)

    def _find(self, name: str) -> None:
        if name not in self.there:
            raise NoSuchEntityError(name)


def own(op: str, token: str = roles.ROLE, name: str = "ci-preview") -> Step:
    return Step(op=op, urn="urn", token=token, name=name, keys=(), old={}, new={})


def program(op: str = "update", **given: Any) -> Step:
    step = own(op, name="backend-roles-task-role")
    return replace(step, old={"name": OLD, **given.pop("old", {})}, new=given)


def refusals(caller: str, step: Step, *there: str) -> list[str]:
    iam: Any = Iam(caller, *there)
    where = Account(stack="staging", client=lambda _: iam)
    return changes.refusals([step], where)


@pytest.mark.parametrize("op", ["create", "update", "replace", "delete"])
@pytest.mark.parametrize("token", [roles.ROLE, roles.POLICY])
def test_the_deploy_role_refuses_changes_of_the_pipelines_roles(op: str, token: str) -> None:
    (output,) = refusals(DEPLOYS, own(op, token))
    assert output.startswith("ci-preview would change, which the deploy role may not do.")
    assert output.endswith(WAY)
    assert refusals(FIRST, own(op, token)) == []
    assert refusals(PERSON, own(op, token)) == []
    assert refusals(DEPLOYS, own(op, token, name="backend-task")) == []


def test_a_pull_request_with_such_a_change_needs_the_first_deploy_role() -> None:
    (output,) = refusals(PREVIEWS, own("update"))
    assert "the role arbor-staging-ci-bootstrap, which may, does not exist" in output
    assert output.endswith(WAY)
    assert refusals(PREVIEWS, own("update"), "arbor-staging-ci-bootstrap") == []


def test_the_shared_provider_is_not_deleted() -> None:
    gone = own("delete", roles.PROVIDER, "ci-github")
    (output,) = refusals(FIRST, gone)
    assert "every stack's pipeline" in output
    assert refusals(FIRST, replace(gone, is_retained=True)) == []


def test_a_second_provider_is_refused() -> None:
    step = own("create", roles.PROVIDER, "ci-github")
    (output,) = refusals(FIRST, step, GITHUB)
    assert "arbor:githubOidcProviderArn is empty" in output
    assert refusals(FIRST, step) == []


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Any:
    def name(*older: str) -> None:
        monkeypatch.setattr(stack_file, "stack_config", lambda _: {"arbor:olderRoles": list(older)})

    return name


@pytest.mark.parametrize("caller", [PREVIEWS, DEPLOYS, FIRST])
def test_a_role_with_a_missing_boundary_is_refused(caller: str, named: Any) -> None:
    named(OLD)
    bounded = program(permissionsBoundary=BOUNDARY)
    (output,) = refusals(caller, bounded)
    assert f"has the permissions boundary {BOUNDARY}, which does not exist" in output
    assert "`python -m pipeline bootstrap --stack staging`" in output
    assert output.endswith(WAY)
    assert refusals(caller, bounded, BOUNDARY) == []
    assert refusals(PERSON, bounded) == []  # IAM reports it
    kept = program(permissionsBoundary=BOUNDARY, old={"permissionsBoundary": BOUNDARY})
    assert refusals(caller, kept) == []
    assert refusals(caller, program(permissionsBoundary=UNKNOWN)) == []


@pytest.mark.parametrize("op", ["update", "delete"])
def test_an_older_role_missing_from_config_is_refused_with_the_line_to_add(
    op: str, named: Any
) -> None:
    named(OTHER)
    (output,) = refusals(DEPLOYS, program(op))
    assert output.startswith(f"{OLD} would change, outside the path /arbor/staging/")
    line = f"`arbor:olderRoles: [{OTHER}, {OLD}]` into Pulumi.staging.yaml."
    assert line in output
    assert output.endswith(WAY)
    assert refusals(PERSON, program(op)) == []
    assert refusals(DEPLOYS, program(op, old={"path": "/arbor/staging/"})) == []
    named(OTHER, OLD)
    assert refusals(DEPLOYS, program(op)) == []


def test_a_new_role_is_not_older(named: Any) -> None:
    named()
    assert refusals(DEPLOYS, replace(program("create"), old={})) == []
