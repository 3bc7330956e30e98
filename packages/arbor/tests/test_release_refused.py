"""Obstacles of a release are reported before any change."""

# ruff: noqa: ARG001 - every case gets the account

from collections.abc import Callable
from dataclasses import replace

import pytest

from arbor.procedure import Refused
from arbor.release import release
from ecs_world import client
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, MIGRATIONS, NEW, OLD, STACK, Staging, push


def no_backend_image(staging: Staging) -> None:
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": NEW}])


def no_frontend_image(staging: Staging) -> None:
    client("ecr").batch_delete_image(repositoryName="frontend", imageIds=[{"imageTag": NEW}])


def no_repository(staging: Staging) -> None:
    client("ecr").delete_repository(repositoryName="frontend", force=True)


def no_service(staging: Staging) -> None:
    client("ecs").delete_service(cluster=CLUSTER, service=FRONTEND, force=True)


def no_services(staging: Staging) -> None:
    """The first start: `pulumi up` has created everything but the services."""
    for name in (BACKEND, FRONTEND):
        client("ecs").delete_service(cluster=CLUSTER, service=name, force=True)


def no_secret(staging: Staging) -> None:
    client("secretsmanager").delete_secret(
        SecretId=f"arbor/{STACK}/db", ForceDeleteWithoutRecovery=True
    )


def a_secret_that_is_to_be_deleted(staging: Staging) -> None:
    client("secretsmanager").delete_secret(SecretId=f"arbor/{STACK}/db")


def no_log_group(staging: Staging) -> None:
    client("logs").delete_log_group(logGroupName=f"/ecs/arbor-{STACK}/migrations")


def a_deployment_of_another_version(staging: Staging) -> None:
    push("backend", "v1.2.0")
    push("frontend", "v1.2.0")
    plan = release.plan(staging.account, "v1.2.0", migrates=False, opener=None)
    (register,) = plan.parts[0].planned.steps()
    register.do()
    assert plan.parts[0].rollout is not None
    plan.parts[0].rollout.step().do()


def a_migration(staging: Staging) -> None:
    network = {"awsvpcConfiguration": {"subnets": staging.subnets}}
    client("ecs").run_task(
        cluster=CLUSTER,
        taskDefinition=MIGRATIONS,
        launchType="FARGATE",
        networkConfiguration=network,
        startedBy="ana",
    )


def no_revision_of_infrastructure(staging: Staging) -> None:
    ecs = client("ecs")
    for arn in staging.revisions(BACKEND):
        ecs.untag_resource(resourceArn=arn, tagKeys=["ManagedBy"])


def an_image_outside_ecr(staging: Staging) -> None:
    for arn in staging.revisions(BACKEND):
        definition = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
        definition["containerDefinitions"][0]["image"] = "docker.io/arbor/backend:v1.0.0"
        client("ecs").register_task_definition(
            family=BACKEND,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="512",
            memory="1024",
            containerDefinitions=definition["containerDefinitions"],
            tags=[{"key": "ManagedBy", "value": "pulumi"}],
        )


def a_second_security_group(staging: Staging) -> None:
    (found,) = client("ec2").describe_security_groups(
        GroupIds=[staging.security_groups["migrations"]]
    )["SecurityGroups"]
    client("ec2").create_tags(Resources=[staging.security_groups["backend"]], Tags=found["Tags"])


def writes(staging: Staging) -> tuple[object, ...]:
    """The state that a release changes; ECS lists no deployments of a deleted service."""
    families = (BACKEND, FRONTEND, MIGRATIONS)
    named = [name for name in (BACKEND, FRONTEND) if staging.service(name)["status"] == "ACTIVE"]
    return (
        [staging.revisions(family) for family in families],
        [staging.deployments(name) for name in named],
        len(staging.migrations()),
    )


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (no_backend_image, r"^backend has no image v1\.1\.0: push it"),
        (no_frontend_image, r"^frontend has no image v1\.1\.0: push it"),
        (no_repository, r"There is no repository frontend in account \d{12}"),
        (no_service, f"There is no service {FRONTEND}. Run `arbor migrate --stack staging` if the"),
        (no_services, "There is no service of staging. Run .* is new, then `pulumi up` of staging"),
        (no_secret, r"There is no secret arn:aws:secretsmanager:.*:secret:arbor/staging/db-\w{6};"),
        (a_secret_that_is_to_be_deleted, "restore-secret --secret-id arbor/staging/db"),
        (no_log_group, "There is no log group /ecs/arbor-staging/migrations"),
        (
            a_deployment_of_another_version,
            rf"{BACKEND} is being deployed: {BACKEND}:2 \(v1\.2\.0\).* is IN_PROGRESS at \w+",
        ),
        (a_migration, r"A migration is running, started by ana: wait until task [\w-]+ has"),
        (no_revision_of_infrastructure, f"No revision of {BACKEND} was registered by infra"),
        (an_image_outside_ecr, "runs docker.io/arbor/backend:v1.0.0, which is not in ECR"),
        (a_second_security_group, "2 security groups have the tags .*'migrations'"),
    ],
)
def test_a_refused_release_writes_nothing(
    staging: Staging, trouble: Callable[[Staging], None], sentence: str
) -> None:
    trouble(staging)
    before = writes(staging)
    with pytest.raises(Refused, match=sentence):
        release.plan(staging.account, NEW, opener=None)
    assert writes(staging) == before


def test_target_groups_of_another_stack_are_ignored(staging: Staging) -> None:
    no_service(staging)
    elb = client("elbv2")
    for group in elb.describe_target_groups(Names=["frontend-blue", "frontend-green"])[
        "TargetGroups"
    ]:
        other = [{"Key": "Stack", "Value": "production"}]
        elb.add_tags(ResourceArns=[group["TargetGroupArn"]], Tags=other)
    planned = release.plan(staging.account, NEW, opener=None)
    assert [part.service.app for part in planned.parts] == ["backend"]


@pytest.mark.parametrize("version", ["latest", "", "v1/1", "-v1", "sha256:12", "backend:v1"])
def test_a_version_must_identify_one_build(staging: Staging, version: str) -> None:
    with pytest.raises(Refused, match="is not a version; allowed: the images' tag"):
        release.plan(staging.account, version, opener=None)


def test_the_refusal_has_every_obstacle(staging: Staging) -> None:
    no_backend_image(staging)
    no_frontend_image(staging)
    no_log_group(staging)
    with pytest.raises(Refused) as refused:
        release.plan(staging.account, NEW, opener=None)
    assert len(str(refused.value).splitlines()) == 3


def test_a_missing_stack_is_refused(staging: Staging) -> None:
    with pytest.raises(Refused, match="There is no cluster arbor-prodcution-cluster"):
        release.plan(replace(staging.account, stack="prodcution"), NEW, opener=None)


def test_a_release_after_a_finished_migration_is_planned(staging: Staging) -> None:
    a_migration(staging)
    staging.finish()
    assert release.plan(staging.account, OLD, opener=None).migration is not None
