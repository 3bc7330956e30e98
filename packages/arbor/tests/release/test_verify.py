"""Checks of deployment prerequisites: passed, failed and skipped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.ecr.models import ecr_backends
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from arbor.check import Check
from arbor.procedure import Refused
from arbor.release.verify import registry, snapshot, table
from connection_fixtures import database
from ecs_world import client, forward
from staging_fixtures import ALARM, BACKEND, CLUSTER, FRONTEND, NEW, OLD, STACK, Staging, push

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef

TASKS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
VALUE = json.dumps({"username": "u", "password": "p"})


@pytest.fixture
def ready(staging: Staging) -> Staging:
    """Staging with roles, and a secret with every key."""
    iam, ecs = client("iam"), client("ecs")
    roles = {
        kind: iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TASKS))["Role"][
            "Arn"
        ]
        for kind, name in (("executionRoleArn", "execution"), ("taskRoleArn", "task"))
    }
    for app_name in ("backend", "frontend", "migrations"):
        family = f"arbor-{STACK}-{app_name}"
        found = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="512",
            memory="1024",
            containerDefinitions=found["containerDefinitions"],
            tags=[{"key": "ManagedBy", "value": "pulumi"}],
            **roles,
        )
    client("secretsmanager").put_secret_value(SecretId=f"arbor/{STACK}/db", SecretString=VALUE)
    database("db.t3.small")
    return staging


def lines(staging: Staging) -> list[Check]:
    return table.checks(snapshot.read(staging.account, NEW))


def test_every_passed_check_has_its_numbers(ready: Staging) -> None:
    before = ready.writes()
    found = lines(ready)
    assert [line.name for line in found] == list(table.CHECKS)
    assert {line.status for line in found} == {"OK"}
    messages = {line.name: line.message for line in found}
    assert messages["images"] == f"backend:{NEW}, frontend:{NEW}."
    assert messages["platforms"] == "2 images for linux/amd64."
    assert messages["live targets"].startswith("healthy targets behind production: backend ")
    assert messages["secrets"] == f"arbor/{STACK}/db contain every key that tasks use."
    assert messages["roles"] == "3 roles exist and trust their service."
    assert messages["target groups"] == "backend two on port 8000, frontend two on port 3000."
    assert messages["quotas"].startswith("3.5 of 6 Fargate vCPUs needed")
    assert ready.writes() == before


def groups(staging: Staging) -> tuple[str, str]:
    balancer = staging.service(BACKEND)["loadBalancers"][0]
    return (
        balancer["targetGroupArn"],
        balancer["advancedConfiguration"]["alternateTargetGroupArn"],
    )


def no_image(_: Staging) -> None:
    client("ecr").batch_delete_image(repositoryName="frontend", imageIds=[{"imageTag": NEW}])


def another_platform(_: Staging) -> None:
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": NEW}])
    push("backend", NEW, "arm64", "s390x")


def only_one_kept(_: Staging) -> None:
    """Both services run the older of two versions."""
    rule = {
        "rulePriority": 1,
        "selection": {
            "tagStatus": "tagged",
            "tagPatternList": ["*"],
            "countType": "imageCountMoreThan",
            "countNumber": 1,
        },
        "action": {"type": "expire"},
    }
    repository = ecr_backends["123456789012"]["us-east-1"].repositories["frontend"]
    for held in repository.images:  # both were pushed within a second
        held.image_pushed_at += int(NEW in held.image_tags)
    client("ecr").put_lifecycle_policy(
        repositoryName="frontend", lifecyclePolicyText=json.dumps({"rules": [rule]})
    )


def no_live_target(staging: Staging) -> None:
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[staging.rules["backend"]])["Rules"]
    for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]:
        arn = group["TargetGroupArn"]
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        if found and group["Weight"]:
            elb.deregister_targets(TargetGroupArn=arn, Targets=[one["Target"] for one in found])


def no_role(_: Staging) -> None:
    client("iam").delete_role(RoleName="execution")


def another_trust(_: Staging) -> None:
    document = json.dumps(TASKS).replace("ecs-tasks", "ec2")
    client("iam").update_assume_role_policy(RoleName="task", PolicyDocument=document)


def another_infrastructure_trust(_: Staging) -> None:
    client("iam").update_assume_role_policy(
        RoleName="infrastructure", PolicyDocument=json.dumps(TASKS)
    )


def no_key(_: Staging) -> None:
    client("secretsmanager").put_secret_value(
        SecretId=f"arbor/{STACK}/db", SecretString=json.dumps({"username": "u"})
    )


def no_json(_: Staging) -> None:
    client("secretsmanager").put_secret_value(SecretId=f"arbor/{STACK}/db", SecretString="s3cret")


def deleted_secret(_: Staging) -> None:
    client("secretsmanager").delete_secret(SecretId=f"arbor/{STACK}/db")


def no_log_group(_: Staging) -> None:
    client("logs").delete_log_group(logGroupName=f"/ecs/arbor-{STACK}/frontend")


def one_group_in_the_rule(staging: Staging) -> None:
    client("elbv2").modify_rule(
        RuleArn=staging.rules["backend"], Actions=[forward((groups(staging)[0], 100))]
    )


def half_and_half(staging: Staging) -> None:
    blue, green = groups(staging)
    client("elbv2").modify_rule(
        RuleArn=staging.rules["backend"], Actions=[forward((blue, 50), (green, 50))]
    )


def no_forward(staging: Staging) -> None:
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    client("elbv2").modify_rule(RuleArn=staging.rules["backend"], Actions=[answer])


def no_rule(staging: Staging) -> None:
    client("elbv2").delete_rule(RuleArn=staging.rules["frontend"])


def another_port(staging: Staging) -> None:
    staging.infrastructure("backend", portMappings=[{"containerPort": 9000}])


def too_many(staging: Staging) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, desiredCount=7)
    assert staging


def no_alarm(_: Staging) -> None:
    client("cloudwatch").delete_alarms(AlarmNames=[ALARM.format("backend")])


def an_alarm(staging: Staging) -> None:
    staging.ring("frontend")


def a_deployment(_: Staging) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=FRONTEND, forceNewDeployment=True)


def a_second_group_of_the_migrations(staging: Staging) -> None:
    found = client("ec2").describe_security_groups(
        GroupIds=[staging.security_groups["migrations"]]
    )["SecurityGroups"][0]
    client("ec2").create_tags(Resources=[staging.security_groups["backend"]], Tags=found["Tags"])


@pytest.mark.parametrize(
    ("trouble", "check", "sentence"),
    [
        (no_image, "images", f"frontend has no image {NEW}: push it"),
        (another_platform, "platforms", f"backend:{NEW} is for linux/arm64, linux/s390x; its"),
        (only_one_kept, "kept images", f"frontend:{OLD} is due to expire: 1 image newer, 1 kept"),
        (no_live_target, "live targets", "which has 0 healthy targets, so they get 503: run `arb"),
        (no_role, "roles", f"There is no role execution, the execution role of {BACKEND}"),
        (another_trust, "roles", "ecs-tasks.amazonaws.com may not assume task, the task role"),
        (another_infrastructure_trust, "roles", "ecs.amazonaws.com may not assume infrastructure"),
        (no_key, "secrets", f"arbor/{STACK}/db lacks password in its JSON"),
        (no_json, "secrets", f"arbor/{STACK}/db lacks password in its JSON"),
        (deleted_secret, "secrets", "Restore it: `aws secretsmanager restore-secret"),
        (no_log_group, "log groups", f"There is no log group /ecs/arbor-{STACK}/frontend"),
        (one_group_in_the_rule, "rules", f"of {BACKEND} must forward to exactly its two target"),
        (half_and_half, "rules", "has the weights 50/50 instead of 100/0"),
        (no_forward, "rules", f"production rule of {BACKEND} has 0 forward actions"),
        (no_rule, "rules", f"The production rule of {FRONTEND} is missing; run `pulumi"),
        (another_port, "target groups", "sends to backend:8000, and the new revision of backend"),
        (too_many, "quotas", "needs 8.5 Fargate vCPUs; the account's quota is 6"),
        (no_alarm, "alarms", "There is no deployment alarm backend-5xx"),
        (an_alarm, "alarms", "frontend-5xx is in ALARM"),
        (a_deployment, "in progress", f"{FRONTEND} is being deployed"),
        (a_second_group_of_the_migrations, "security groups", "2 security groups have the tags"),
    ],
)
def test_a_missing_or_wrong_prerequisite_is_ng(
    ready: Staging, trouble: Callable[[Staging], None], check: str, sentence: str
) -> None:
    trouble(ready)
    wrong = [line for line in lines(ready) if line.status != "OK"]
    assert check in {line.name for line in wrong}
    assert any(sentence in line.message for line in wrong if line.name == check), wrong
    assert {line.status for line in wrong} == {"NG"}
    assert "s3cret" not in str(wrong)


def answering(call: str, answer: Callable[..., Any], service: str, patch: Any) -> None:
    patch.setattr(client(service), call, answer)


def test_subnets_without_addresses_for_a_second_colour_are_ng(
    ready: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    subnets = [{"SubnetId": ready.subnets[0], "AvailableIpAddressCount": 2}]
    answering("describe_subnets", lambda **_: {"Subnets": subnets}, "ec2", monkeypatch)
    full, gone = sorted(line.message for line in lines(ready) if line.status == "NG")
    assert f"Subnet {ready.subnets[0]} has 2 free addresses; a second colour" in full
    assert "up to 3" in full  # for both services and a migration
    assert f"There is no subnet {ready.subnets[1]}" in gone


def test_a_check_without_permission_is_skipped(
    ready: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Call")

    answering("get_service_quota", denied, "service-quotas", monkeypatch)
    answering("get_secret_value", denied, "secretsmanager", monkeypatch)
    answering("get_role", denied, "iam", monkeypatch)
    found = {line.name: line for line in lines(ready) if line.status != "OK"}
    assert {line.status for line in found.values()} == {"SKIP"}
    assert list(found) == ["roles", "secrets", "quotas"]
    assert "you may not read its value" in found["secrets"].message


def test_an_unknown_quota_is_skipped(ready: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    quotas = client("service-quotas")

    def unknown(**_: object) -> None:
        raise quotas.exceptions.NoSuchResourceException({"Error": {}}, "GetServiceQuota")

    monkeypatch.setattr(quotas, "get_service_quota", unknown)
    (line,) = (line for line in lines(ready) if line.status != "OK")
    assert (line.name, line.status) == ("quotas", "SKIP")
    assert "3.5 are needed" in line.message


def test_without_infrastructures_revision_it_is_refused(ready: Staging) -> None:
    for arn in ready.revisions(BACKEND):
        client("ecs").untag_resource(resourceArn=arn, tagKeys=["ManagedBy"])
    with pytest.raises(Refused, match="was registered by infrastructure"):
        snapshot.read(ready.account, NEW)


def operate(*words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--stack", STACK])


@pytest.mark.usefixtures("ready")
def test_the_command_exits_0_or_1() -> None:
    done = operate("verify", NEW)
    assert done.exit_code == 0, done.output
    assert "OK  images" in done.stdout
    as_json = operate("verify", "v9.9.9", "--json")
    assert as_json.exit_code == 1
    states = {line["name"]: line["status"] for line in json.loads(as_json.stdout)}
    assert states["images"] == "NG"
    assert f"v9.9.9 is not ready for {STACK}: images." in as_json.stderr
    assert operate("verify", "latest").exit_code == 3


@pytest.mark.usefixtures("ready")
def test_the_live_version_is_the_default() -> None:
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    done = operate("verify")
    assert done.exit_code == 1
    assert f"{OLD} is not ready for {STACK}: images." in done.stderr


def one_manifest(patch: pytest.MonkeyPatch, config: bytes | Exception) -> None:
    """Both images are for one platform, which is in their config."""
    manifest = {"schemaVersion": 2, "config": {"digest": "sha256:c"}}
    found = {"images": [{"imageManifest": json.dumps(manifest)}]}
    answering("batch_get_image", lambda **_: found, "ecr", patch)
    url = {"downloadUrl": "https://layers.example/c"}
    answering("get_download_url_for_layer", lambda **_: url, "ecr", patch)

    def fetch(_: str) -> bytes:
        if isinstance(config, Exception):
            raise config
        return config

    patch.setattr(registry, "fetch", fetch)


def of_platforms(staging: Staging) -> list[tuple[str, str]]:
    return [(line.status, line.message) for line in lines(staging) if line.name == "platforms"]


def test_platforms_are_those_of_existing_images(ready: Staging) -> None:
    no_image(ready)
    assert of_platforms(ready) == [("OK", "1 image for linux/amd64, 1 image missing.")]
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": NEW}])
    assert of_platforms(ready) == [("SKIP", "no image exists.")]


def test_the_platform_of_a_single_manifest_is_in_its_config(
    ready: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_manifest(monkeypatch, b'{"os": "linux", "architecture": "amd64"}')
    assert of_platforms(ready) == [("OK", "2 images for linux/amd64.")]
    one_manifest(monkeypatch, b'{"os": "linux", "architecture": "arm64"}')
    assert {state for state, _ in of_platforms(ready)} == {"NG"}


def test_an_unreadable_config_is_skipped(ready: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    one_manifest(monkeypatch, OSError("no route to host"))
    ((state, messages),) = of_platforms(ready)
    assert state == "SKIP"
    assert "is unknown: its config can't be read (no route to host)" in messages


def test_a_service_that_was_not_created_is_a_failed_check(ready: Staging) -> None:
    client("ecs").delete_service(cluster=CLUSTER, service=FRONTEND, force=True)
    (check,) = [line for line in lines(ready) if line.name == "services"]
    assert check.status == "NG"
    assert check.message.startswith(f"There is no service {FRONTEND}. Run `arbor migrate")


def image(days: int, *tags: str) -> "ImageDetailTypeDef":
    return {"imagePushedAt": datetime.now(UTC) - timedelta(days=days), "imageTags": list(tags)}


def rule(priority: int, selection: registry.Selection) -> registry.ExpiryRule:
    return {"rulePriority": priority, "selection": selection}


UNTAGGED = rule(1, {"tagStatus": "untagged", "countType": "sinceImagePushed", "countNumber": 7})
NEWEST = rule(
    2,
    {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": 2,
    },
)
RELEASES = rule(
    1,
    {
        "tagStatus": "tagged",
        "tagPrefixList": ["v"],
        "countType": "imageCountMoreThan",
        "countNumber": 9,
    },
)
HELD = [image(1, "v3"), image(2, "v2"), image(3, "v1"), image(9), image(1)]


@pytest.mark.parametrize(
    ("rules", "mine", "why"),
    [
        ([UNTAGGED, NEWEST], HELD[1], ""),
        ([UNTAGGED, NEWEST], HELD[2], "2 images newer, 2 kept"),
        ([UNTAGGED, NEWEST], HELD[3], "it was pushed more than 7 days ago"),
        ([UNTAGGED, NEWEST], HELD[4], ""),
        # The rule with the lower number selects it, and keeps it.
        ([NEWEST, RELEASES], HELD[2], ""),
        ([], HELD[2], ""),
    ],
)
def test_the_first_rule_that_selects_an_image_decides_its_expiry(
    rules: list[registry.ExpiryRule], mine: "ImageDetailTypeDef", why: str
) -> None:
    assert registry.expiry(rules, HELD, mine) == why
