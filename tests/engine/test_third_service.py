"""A service is an entry of `arbor:services`: one more and one fewer, by config alone."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from subprocess import CompletedProcess
from typing import Any

import pytest

from config_changes import SERVICES
from engine_stack import Deployed
from proof import trial

CLUSTER = "arbor-staging-cluster"
LIVE, NEW = "v1.0.0", "v1.2.3"
ADMIN = {
    **SERVICES["frontend"],
    "paths": ["/admin/*"],
    "healthCheckPath": "/admin/health",
    "port": 9000,
    "priority": 50,
    "releaseOrder": 1,
}
QUOTA = {"arbor:fargateVcpuQuota": 7}
pytestmark = pytest.mark.xdist_group("third service")  # one worker: the last test changes the stack


@pytest.fixture(scope="module")
def stack(pristine_staging: Deployed) -> Iterator[Deployed]:
    """Staging with an additional internal service, deployed with the policy pack."""
    with pristine_staging.copy() as copy:
        configure(copy, {**SERVICES, "admin": ADMIN})
        for app in (*SERVICES, "admin"):
            for version in (LIVE, NEW):
                push(copy, app, version)
        yield copy


def configure(stack: Deployed, services: dict[str, Any]) -> None:
    """Bring the stack up with these services; a policy violation fails it."""
    stack.deployment.configure({"arbor:services": services, **QUOTA})
    replace(stack.deployment, policy_packs=(trial.PACK,)).up()


def push(stack: Deployed, app: str, version: str) -> None:
    repository = f"arbor-staging-{app}"
    manifest = {"schemaVersion": 2, "config": {"digest": f"sha256:{repository}{version}"}}
    ecr = stack.client("ecr")
    ecr.put_image(
        repositoryName=repository,
        imageTag=version,
        imageManifest=json.dumps(manifest),
        imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
    )


def arbor(stack: Deployed, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = stack.operate(*words, "--stack", "staging")
    assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def changed(stack: Deployed, *words: str) -> str:
    """The output of a command that writes."""
    return arbor(stack, *words, "--yes", "--every", "0.5").stdout


def version(stack: Deployed, app: str) -> str:
    ecs, name = stack.client("ecs"), f"arbor-staging-{app}"
    (found,) = ecs.describe_services(cluster=CLUSTER, services=[name])["services"]
    task = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    return str(task["containerDefinitions"][0]["image"]).rsplit(":", 1)[-1]


@pytest.fixture(scope="module")
def deployment(stack: Deployed) -> str:
    """What `arbor deploy` of the new version printed; all three services run it since."""
    return changed(stack, "deploy", NEW, "--no-url")


def test_no_rule_finds_anything_in_a_third_service(stack: Deployed) -> None:
    assert trial.findings(replace(stack.deployment, policy_packs=(trial.PACK,))) == []


@pytest.mark.usefixtures("deployment")
def test_a_deployment_covers_a_third_service(stack: Deployed) -> None:
    assert [version(stack, app) for app in ("admin", "backend", "frontend")] == [NEW] * 3


def test_a_deployment_follows_the_release_order(deployment: str) -> None:
    admin, backend = (
        deployment.index(f"deploy {NEW} to arbor-staging-{app}") for app in ("admin", "backend")
    )
    assert admin < backend


@pytest.mark.usefixtures("deployment")
def test_a_third_service_is_rolled_back_and_scaled_alone(stack: Deployed) -> None:
    changed(stack, "rollback", "admin")
    assert [version(stack, app) for app in ("admin", "backend")] == [LIVE, NEW]
    assert "admin of" not in changed(stack, "scale", "backend", "2")
    assert "admin of staging serves with 2 tasks" in changed(stack, "scale", "admin", "2")


@pytest.mark.parametrize("command", ["status", "triage"])
def test_status_and_triage_report_a_third_service(stack: Deployed, command: str) -> None:
    """The domain does not resolve here, so both report its URLs as down."""
    assert re.search(r"\badmin\b", arbor(stack, command, code=1).stdout)


def test_verify_checks_a_third_service(stack: Deployed) -> None:
    checks = json.loads(stack.operate("verify", NEW, "--json", "--stack", "staging").stdout)
    (images,) = (one["message"] for one in checks if one["name"] == "images")
    assert f"arbor-staging-admin:{NEW}" in images


def test_the_logs_of_a_third_service_are_searched(stack: Deployed) -> None:
    assert "/ecs/arbor-staging/admin has no line" in arbor(stack, "logs", "admin").stderr


def test_the_runbook_page_shows_a_third_service(stack: Deployed) -> None:
    page = arbor(stack, "runbook").stdout
    assert "`<admin-production-rule-arn>`" in page
    assert "arbor-staging-admin arbor-staging-backend arbor-staging-frontend" in page


def test_an_unknown_service_is_refused_with_the_services_of_the_stack(stack: Deployed) -> None:
    refused = arbor(stack, "scale", "worker", "2", "--yes", code=2)
    assert "allowed: 'admin', 'backend', 'frontend'" in " ".join(refused.stderr.split())


@pytest.mark.usefixtures("deployment")
def test_a_stack_without_the_frontend_is_operated_alike(stack: Deployed) -> None:
    """The last test of this file, because it removes the frontend."""
    configure(stack, {app: one for app, one in SERVICES.items() if app != "frontend"})
    assert "frontend" not in arbor(stack, "status", code=1).stdout
    assert "frontend" not in arbor(stack, "triage", code=1).stdout
    changed(stack, "restart")
    changed(stack, "rollback")
    assert version(stack, "backend") == LIVE
    assert "There is no service arbor-staging-frontend" in arbor(stack, "runbook").stdout
