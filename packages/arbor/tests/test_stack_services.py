"""The services of a stack: found by the cluster and their tags, in release order."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import staging_fixtures
from arbor import options
from arbor.__main__ import app as arbor
from arbor.ecs import backend, health, services
from arbor.ecs.services import NoServiceError
from arbor.procedure import Refused
from arbor.release import release, rollback
from ecs_world import client
from staging_fixtures import ADMIN, APPS, CLUSTER, NEW, OLD, STACK, Staging


@pytest.fixture
def three() -> Iterator[Staging]:
    """Staging with a service `admin` that is released first."""
    with staging_fixtures.staging((*APPS, ADMIN), admin=1) as found:
        yield found


@pytest.fixture
def alone() -> Iterator[Staging]:
    """Staging without the frontend."""
    with staging_fixtures.staging(("backend",)) as found:
        yield found


def names(staging: Staging) -> list[str]:
    return [service.app for service in services.every(staging.account)]


def tag(app: str, **pairs: str) -> None:
    arn = client("ecs").describe_services(cluster=CLUSTER, services=[f"arbor-{STACK}-{app}"])[
        "services"
    ][0]["serviceArn"]
    client("ecs").tag_resource(
        resourceArn=arn, tags=[{"key": key, "value": value} for key, value in pairs.items()]
    )


def copy_by_hand(staging: Staging, name: str, **changes: Any) -> None:
    """A service that an operator created beside the live one, as in the runbook."""
    found = staging.service(f"arbor-{STACK}-backend")
    client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=found["taskDefinition"],
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=found["networkConfiguration"],
        **changes,
    )


def test_services_without_an_order_are_sorted_by_name(staging: Staging) -> None:
    assert names(staging) == ["backend", "frontend"]


def test_configs_release_order_precedes_the_name(three: Staging) -> None:
    assert names(three) == ["admin", "backend", "frontend"]
    tag("frontend", ReleaseOrder="1")
    tag(ADMIN, ReleaseOrder="20")
    tag("backend", ReleaseOrder="3")
    assert names(three) == ["frontend", "backend", "admin"]


def test_a_copy_made_by_hand_is_left_out(staging: Staging) -> None:
    tags = staging_fixtures.tags("backend")
    copy_by_hand(staging, f"arbor-{STACK}-backend-green")
    copy_by_hand(
        staging,
        f"arbor-{STACK}-backend-blue",
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    )
    assert names(staging) == ["backend", "frontend"]


@pytest.mark.parametrize("changed", [{"Stack": "production"}, {"ManagedBy": "terraform"}])
def test_a_service_with_other_tags_is_left_out(staging: Staging, changed: dict[str, str]) -> None:
    tag("frontend", **changed)
    assert names(staging) == ["backend"]


def test_more_services_than_one_call_describes_are_all_found(
    three: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "DESCRIBED", 2)
    assert names(three) == ["admin", "backend", "frontend"]


def test_the_backend_is_the_service_with_the_image_of_the_migrations(three: Staging) -> None:
    assert backend.read(three.account).app == "backend"
    three.infrastructure("migrations")
    assert backend.read(three.account).app == "backend"


def test_without_a_service_with_that_image_there_is_no_backend(three: Staging) -> None:
    staging_fixtures.register("migrations", "registry.example:5000/other:v1@sha256:" + "a" * 64)
    with pytest.raises(Refused, match=r"an image of registry\.example:5000/other,"):
        backend.read(three.account)


def test_a_service_is_probed_at_the_path_of_its_target_group(three: Staging) -> None:
    urls = {
        service.app: health.address(service, health.production_rule(service))
        for service in services.every(three.account)
    }
    assert urls == {
        "admin": "https://staging.example.com/admin/health",
        "backend": "https://staging.example.com/api/v1/health",
        "frontend": "https://staging.example.com/",
    }


def test_a_path_that_the_rule_does_not_forward_is_not_probed(three: Staging) -> None:
    """The load balancer checks the task directly; users of `/health` reach the frontend."""
    service = services.read(three.account, ADMIN)
    client("elbv2").modify_target_group(
        TargetGroupArn=service.balancers[0]["targetGroupArn"], HealthCheckPath="/health"
    )
    assert health.address(service, health.production_rule(service)) is None
    assert not list(health.url_steps([service], lambda _: (500, ""), lambda _: None))


def test_a_release_deploys_a_third_service_in_its_order(three: Staging) -> None:
    release.plan(three.account, NEW, opener=None).execute(three.run())
    deployed = [text for text in three.output if text.startswith(f"deploy {NEW} to")]
    assert [text.rsplit("-", 1)[-1] for text in deployed] == ["admin", "backend", "frontend"]
    assert {three.image(f"arbor-{STACK}-{app}") for app in (*APPS, ADMIN)} == {NEW}


def test_a_version_of_one_service_leaves_the_others(three: Staging) -> None:
    release.plan(three.account, NEW, others={ADMIN: OLD}, opener=None).execute(three.run())
    assert three.image(f"arbor-{STACK}-admin") == OLD
    assert three.image(f"arbor-{STACK}-backend") == NEW


def test_a_stack_without_the_frontend_is_released_and_rolled_back(alone: Staging) -> None:
    release.plan(alone.account, NEW, opener=None).execute(alone.run())
    assert alone.image(f"arbor-{STACK}-backend") == NEW
    rollback.plan(alone.account, options.chosen(alone.account, None)).execute(alone.run())
    assert alone.image(f"arbor-{STACK}-backend") == OLD


def test_an_unknown_service_is_refused_with_those_of_the_stack(three: Staging) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        options.chosen(three.account, "worker")
    assert str(refused.value) == (
        "'worker' is not a service of staging; allowed: 'admin', 'backend', 'frontend'."
    )


def test_before_the_first_service_the_refusal_names_the_first_steps(alone: Staging) -> None:
    client("ecs").delete_service(cluster=CLUSTER, service=f"arbor-{STACK}-backend", force=True)
    with pytest.raises(NoServiceError, match="`arbor migrate --stack staging` if the database"):
        options.chosen(alone.account, "backend")


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "words", [("scale", "worker", "2"), ("deploy", NEW, "--image", "worker=v1")]
)
def test_an_unknown_service_exits_2(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(arbor, [*words, "--yes", "--stack", STACK])
    assert done.exit_code == 2
    assert "'worker' is not a service of staging" in " ".join(done.output.split())


@pytest.mark.parametrize("text", ["backend", "=v1", "backend="])
def test_an_image_option_is_a_service_and_a_version(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="SERVICE=VERSION"):
        options.versions([text], None)


def test_two_versions_of_one_service_are_refused() -> None:
    assert options.versions(["frontend=v1"], "v1") == {"frontend": "v1"}
    with pytest.raises(typer.BadParameter, match="frontend has two versions, v1 and v2"):
        options.versions(["frontend=v1"], "v2")
