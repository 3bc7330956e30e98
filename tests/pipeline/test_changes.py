"""Refused changes, by steps alone; tests/engine runs them with the engine."""

from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from arbor.account import Account
from config_changes import REFUSED, WORKS, covered, keys
from pipeline.hazards import changes
from pipeline.report.steps import Step
from runbook_fixtures import RUNBOOK

HEADINGS = {line.lstrip("# ") for line in RUNBOOK.read_text().splitlines() if line.startswith("#")}
NOWHERE = Account(stack="staging", client=lambda service: pytest.fail(f"{service} was called"))


def step(op: str, token: str, name: str, **changed: tuple[Any, Any]) -> Step:
    return Step(
        op=op,
        urn=f"urn:pulumi:staging::arbor::{token}::{name}",
        token=token,
        name=name,
        keys=tuple(changed),
        old={key: old for key, (old, _) in changed.items()},
        new={key: new for key, (_, new) in changed.items()},
    )


def rule(op: str, app: str, old: int | None, new: int | None) -> Step:
    return step(op, changes.LISTENER_RULE, f"{app}-test", priority=(old, new))


def refusals(*steps: Step) -> list[str]:
    return changes.refusals(list(steps), NOWHERE)


@pytest.mark.parametrize("hazard", changes.HAZARDS, ids=lambda hazard: hazard.name)
def test_each_procedure_is_a_heading_of_the_runbook(hazard: changes.Hazard) -> None:
    assert hazard.procedure in HEADINGS


def test_every_key_and_service_field_has_a_case() -> None:
    assert keys() - covered() == set()
    assert covered() - keys() == set()


def test_a_priority_that_another_rule_releases_in_the_same_change_is_refused() -> None:
    (found,) = refusals(rule("update", "backend", 100, 90), rule("create", "reports", None, 100))
    assert found.startswith("arbor:services.reports.priority is 100, the priority of backend")


def test_a_free_priority_is_allowed() -> None:
    assert refusals(rule("update", "backend", 100, 90), rule("create", "web", None, 80)) == []


def test_services_of_a_new_stack_wait_for_the_migration() -> None:
    service = step("create", changes.ECS_SERVICE, "backend-service")
    cluster = step("create", changes.CLUSTER, "cluster")
    (found,) = refusals(service, cluster)
    assert found.startswith("backend-service would start before the database is migrated")
    assert changes.refusals([service, cluster], NOWHERE, (changes.FIRST_START,)) == []
    assert refusals(cluster) == []
    assert refusals(service) == []


def test_a_network_may_grow_but_not_shrink() -> None:
    assert refusals(step("create", changes.SUBNET, "network-vpc-public-4")) == []
    (found,) = refusals(step("delete", changes.SUBNET, "network-vpc-public-4"))
    assert found.startswith("network-vpc-public-4 would be deleted, with the database")


def test_a_deleted_service_may_lose_its_access_to_stores() -> None:
    way = step("delete", changes.EGRESS, "backend-task-database-out")
    assert refusals(way, step("delete", changes.ECS_SERVICE, "backend-service")) == []
    (found,) = refusals(way)
    assert "backend would lose its access to the database" in found


@pytest.mark.parametrize(
    ("images", "forced", "refused"), [(1, False, True), (0, False, False), (1, True, False)]
)
def test_a_repository_is_deleted_only_without_images(
    *, images: int, forced: bool, refused: bool
) -> None:
    with mock_aws():
        ecr = boto3.Session("testing", "testing", region_name="us-east-1").client("ecr")
        ecr.create_repository(repositoryName="reports-1")
        for _ in range(images):
            ecr.put_image(
                repositoryName="reports-1",
                imageManifest='{"schemaVersion": 2}',
                imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
                imageTag="v1",
            )
        account = Account(stack="staging", client=lambda _service: ecr)
        gone = replace(
            step("delete", changes.REPOSITORY, "registry-reports"),
            old={"name": "reports-1", "forceDelete": forced},
        )
        assert bool(changes.refusals([gone], account)) == refused


@pytest.mark.parametrize(("there", "found"), [(True, 1), (False, 0)])
def test_an_existing_repository_is_not_created(*, there: bool, found: int) -> None:
    """For example one of the application's own Terraform: both use the promised name."""
    with mock_aws():
        ecr = boto3.Session("testing", "testing", region_name="us-east-1").client("ecr")
        if there:
            ecr.create_repository(repositoryName="arbor-staging-backend")
        account = Account(stack="staging", client=lambda _service: ecr)
        made = replace(
            step("create", changes.REPOSITORY, "registry-backend"),
            new={"name": "arbor-staging-backend"},
        )
        sentences = changes.refusals([made], account)
    assert len(sentences) == found
    assert all("arbor-staging-backend (registry-backend) would be created" in s for s in sentences)


@pytest.mark.parametrize("token", sorted(changes.SERVES))
def test_resources_on_users_path_are_not_replaced(token: str) -> None:
    (found,) = refusals(step("replace", token, "it", port=(1, 2)))
    assert found.startswith("it would be replaced (port), and users reach")


def test_each_case_has_one_outcome() -> None:
    assert all(case.refused for case in REFUSED.values())
    assert not any(case.refused for case in WORKS)
