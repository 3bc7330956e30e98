"""The runbook's AWS commands, with the AWS CLI v2, against the deployed production stack.

Each is run as printed; only `<placeholders>` are filled in. Those that AWS refuses as written are
listed with the reason, refused by the account if it models the reason, and run corrected.
"""

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import missing
from engine_stack import Deployed
from programs import captured
from pulumi_moto import aws_shim
from runbook_fixtures import RUNBOOK

ONE_A_ZONE = 3
"""Tasks of a production service without a count in config."""
CLI = aws_shim.find_aws()
pytestmark = pytest.mark.skipif(
    CLI is None or aws_shim.version(CLI) < (2,), reason=missing.needs("the AWS CLI v2", "awscli")
)


@dataclass(frozen=True)
class Shell:
    """Runs a line of the runbook as an operator would."""

    environment: dict[str, str]
    directory: Path

    def try_(self, line: str) -> subprocess.CompletedProcess[str]:
        return captured(["bash", "-c", line], cwd=self.directory, env=self.environment)

    def run(self, line: str) -> Any:
        done = self.try_(line)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        try:
            return json.loads(done.stdout)
        except ValueError:  # `logs tail`, a wait, or several answers
            return done.stdout


@pytest.fixture
def shell(production: Deployed, tmp_path: Path) -> Shell:
    aws_shim.install(tmp_path, production.environment["AWS_ENDPOINT_URL"])
    path = aws_shim.search_path(tmp_path)
    return Shell({**os.environ, **production.environment, "PATH": path}, tmp_path)


@pytest.fixture(scope="session")
def outputs(pristine_production: Deployed) -> dict[str, Any]:
    return {k: v.value for k, v in pristine_production.deployment.stack.outputs().items()}


@pytest.fixture
def logged(production: Deployed) -> None:
    """Write some lines to the backend's log."""
    logs, group = production.client("logs"), "/ecs/arbor-production/backend"
    logs.create_log_stream(logGroupName=group, logStreamName="backend/backend/1")
    lines = [
        {"level": "ERROR", "customer_id": "abc123", "duration": 2500},
        {"level": "INFO", "customer_id": "xyz", "duration": 12},
    ]
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName="backend/backend/1",
        logEvents=[{"timestamp": now + n, "message": json.dumps(x)} for n, x in enumerate(lines)],
    )


def test_incident_checklist(shell: Shell, outputs: dict[str, Any], logged: None) -> None:  # noqa: ARG001 - there are logs
    services = shell.run(
        "aws ecs describe-services --cluster arbor-production-cluster "
        "--services arbor-production-backend arbor-production-frontend"
    )["services"]
    assert [(s["serviceName"], s["runningCount"]) for s in services] == [
        ("arbor-production-backend", ONE_A_ZONE),
        ("arbor-production-frontend", ONE_A_ZONE),
    ]
    assert "abc123" in shell.run("aws logs tail /ecs/arbor-production/backend --since 30m")
    healthy = [
        target["TargetHealth"]["State"]
        for colour in ("blue", "green")
        for target in shell.run(
            "aws elbv2 describe-target-health --target-group-arn "
            + outputs["services"]["backend"][f"{colour}_target_group_arn"]
        )["TargetHealthDescriptions"]
    ]
    assert healthy == ["healthy"] * ONE_A_ZONE


def test_tasks_and_their_logs(shell: Shell, logged: None) -> None:  # noqa: ARG001 - there are logs
    tasks = shell.run(
        "aws ecs list-tasks --cluster arbor-production-cluster "
        "--service-name arbor-production-backend"
    )
    assert len(tasks["taskArns"]) == ONE_A_ZONE
    events = shell.run(
        "aws logs get-log-events --log-group-name /ecs/arbor-production/backend "
        "--log-stream-name backend/backend/1 --limit 50"
    )
    assert len(events["events"]) == 2


def test_log_searches(shell: Shell, logged: None) -> None:  # noqa: ARG001 - there are logs
    search = "aws logs filter-log-events --log-group-name /ecs/arbor-production/backend "

    def found(pattern: str) -> int:
        return len(shell.run(f"{search} --filter-pattern {pattern}")["events"])

    assert found('"ERROR"') == 1
    assert found(r'"{ $.customer_id = \"abc123\" }"') == 1
    assert found('"{ $.duration > 2000 }"'.replace("$", r"\$")) == 1


def test_force_a_new_deployment_and_wait(shell: Shell, production: Deployed) -> None:
    service = shell.run(
        "aws ecs update-service --cluster arbor-production-cluster "
        "--service arbor-production-backend --force-new-deployment"
    )["service"]
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    production.advance(3600)
    shell.run(
        "aws ecs wait services-stable --cluster arbor-production-cluster "
        "--services arbor-production-backend"
    )


def test_scale_the_services(shell: Shell) -> None:
    def scale(service: str, count: int) -> int:
        line = (
            "aws ecs update-service --cluster arbor-production-cluster "
            f"--service arbor-production-{service} --desired-count {count}"
        )
        return int(shell.run(line)["service"]["desiredCount"])

    assert (scale("backend", 6), scale("frontend", 4)) == (6, 4)


def test_roll_back_to_a_previous_revision(shell: Shell, production: Deployed) -> None:
    listed = shell.run(
        "aws ecs list-task-definitions --family-prefix arbor-production-backend --sort DESC"
    )["taskDefinitionArns"]
    revision = listed[-1].rsplit(":", 1)[1]
    service = shell.run(
        "aws ecs update-service --cluster arbor-production-cluster --service "
        f"arbor-production-backend --task-definition arbor-production-backend:{revision}"
    )["service"]
    assert service["taskDefinition"] == listed[-1]
    production.advance(3600)


def test_migrations(shell: Shell, outputs: dict[str, Any], production: Deployed) -> None:
    subnet = outputs["private_subnet_ids"][0]
    group = outputs["security_group_ids"]["migrations"]
    task = shell.run(
        "aws ecs run-task --cluster arbor-production-cluster "
        "--task-definition arbor-production-migrations --launch-type FARGATE "
        f'--network-configuration "awsvpcConfiguration={{subnets=[{subnet}],'
        f'securityGroups=[{group}],assignPublicIp=DISABLED}}" --overrides '
        """'{"containerOverrides":[{"name":"backend","command":["alembic","upgrade","head"]}]}'"""
    )["tasks"][0]["taskArn"]
    production.advance(3600)
    described = shell.run(
        f"aws ecs describe-tasks --cluster arbor-production-cluster --tasks {task}"
    )["tasks"][0]
    assert (described["lastStatus"], described["containers"][0]["exitCode"]) == ("STOPPED", 0)


def test_database_backup_and_slow_queries(shell: Shell) -> None:
    shell.run(
        "aws rds create-db-snapshot --db-instance-identifier arbor-production-db "
        "--db-snapshot-identifier arbor-production-manual-$(date +%Y%m%d-%H%M%S)"
    )
    snapshots = shell.run(
        "aws rds describe-db-snapshots --db-instance-identifier arbor-production-db"
    )["DBSnapshots"]
    assert snapshots
    shell.run(
        "aws rds modify-db-parameter-group --db-parameter-group-name arbor-production-params "
        '--parameters "ParameterName=log_min_duration_statement,ParameterValue=1000,'
        'ApplyMethod=immediate"'
    )
    events = shell.run(
        "aws logs filter-log-events "
        "--log-group-name /aws/rds/instance/arbor-production-db/postgresql "
        '--filter-pattern "duration"'
    )
    assert events["events"] == []


def test_export_logs(shell: Shell, production: Deployed) -> None:
    task = shell.run(
        "aws logs create-export-task --log-group-name /ecs/arbor-production/backend "
        "--from $(date -d '24 hours ago' +%s)000 --to $(date +%s)000 "
        "--destination arbor-log-exports --destination-prefix logs/backend"
    )["taskId"]
    production.advance(600)
    described = shell.run(f"aws logs describe-export-tasks --task-id {task}")["exportTasks"][0]
    assert described["status"]["code"] == "COMPLETED"


def test_execute_a_command_in_a_task(production: Deployed) -> None:
    """The CLI needs the session manager plugin for this; the test calls the API behind it."""
    ecs = production.client("ecs")
    cluster = "arbor-production-cluster"
    task = ecs.list_tasks(cluster=cluster, serviceName="arbor-production-backend")["taskArns"][0]
    answer = ecs.execute_command(
        cluster=cluster, task=task, container="backend", interactive=True, command="python -V"
    )
    assert answer["session"]["sessionId"]


def test_security_reviews(shell: Shell, outputs: dict[str, Any]) -> None:
    group = outputs["security_group_ids"]["database"]
    described = shell.run(
        f"aws ec2 describe-security-groups --group-ids {group} "
        "--query 'SecurityGroups[*].{Name:GroupName,Rules:IpPermissions}'"
    )
    assert described[0]["Rules"]
    open_groups = shell.run(
        "aws ec2 describe-security-groups "
        "--query 'SecurityGroups[?IpPermissions[?IpRanges[?CidrIp==`0.0.0.0/0`]]]'"
    )
    assert [g["GroupId"] for g in open_groups] == [outputs["security_group_ids"]["balancer"]]
    certificate = shell.run(
        f"aws acm describe-certificate --certificate-arn {outputs['certificate_arn']} "
        "--query 'Certificate.{Status:Status,NotAfter:NotAfter}'"
    )
    assert certificate["Status"] == "ISSUED"


def test_latency_metric_needs_the_dimension_not_the_arn(
    shell: Shell, outputs: dict[str, Any]
) -> None:
    """As written (with the ARN) it runs and finds nothing; the dimension is app/NAME/ID."""
    dimension = outputs["load_balancer_metric_dimension"]
    assert dimension.startswith("app/")
    answer = shell.run(
        "aws cloudwatch get-metric-statistics --namespace AWS/ApplicationELB "
        f"--metric-name TargetResponseTime --dimensions Name=LoadBalancer,Value={dimension} "
        "--start-time $(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%S) "
        "--end-time $(date -u +%Y-%m-%dT%H:%M:%S) --period 300 --statistics Average"
    )
    assert answer["Label"] == "TargetResponseTime"


CREATE_GREEN = (
    "aws ecs create-service --cluster arbor-production-cluster "
    "--service-name arbor-production-backend-green "
    "--task-definition arbor-production-backend --desired-count 2"
)
DELETE_BLUE = (
    "aws ecs delete-service --cluster arbor-production-cluster "
    "--service arbor-production-backend-blue --force"
)
PROMOTE = "aws rds promote-read-replica --db-instance-identifier arbor-production-db"
PASSWORD_WITH_SLASH = (
    "aws rds modify-db-instance --db-instance-identifier arbor-production-db "
    "--master-user-password 'abc/def/ghi'"
)
SNAPSHOT_OF_THE_GROUP = (
    "aws elasticache create-snapshot --replication-group-id arbor-production-redis "
    "--snapshot-name arbor-redis-manual-$(date +%Y%m%d)"
)
REFUSED_AS_WRITTEN = {
    "the cache is not in cluster mode": (SNAPSHOT_OF_THE_GROUP, "cluster-mode disabled"),
    "a green service has no network": (CREATE_GREEN, "Network Configuration must be provided"),
    "there is no blue service": (DELETE_BLUE, "ServiceNotFound"),
    "the instance is no replica": (PROMOTE, "replica"),
    "openssl draws a slash": (PASSWORD_WITH_SLASH, "assword"),
}
"""Commands that AWS refuses as the runbook writes them, with words of each refusal."""


@pytest.mark.parametrize("case", REFUSED_AS_WRITTEN.values(), ids=REFUSED_AS_WRITTEN.keys())
def test_commands_refused_by_aws_are_refused(shell: Shell, case: tuple[str, str]) -> None:
    line, words = case
    done = shell.try_(line)
    assert done.returncode != 0
    assert words in done.stderr


def test_rotate_the_password_corrected(shell: Shell) -> None:
    """The generator excludes / @ and quotes; the database changes before the secret."""
    shell.run(
        "NEW_PASSWORD=$(LC_ALL=C tr -dc 'A-Za-z0-9' < /dev/urandom | head -c 32); "
        "aws rds modify-db-instance --db-instance-identifier arbor-production-db "
        '--master-user-password "$NEW_PASSWORD" --apply-immediately && '
        "aws secretsmanager update-secret --secret-id arbor/production/db "
        '--secret-string "{\\"username\\":\\"arbor_user\\",\\"password\\":\\"$NEW_PASSWORD\\"}"'
    )


def test_rotate_the_token_as_printed(shell: Shell, production: Deployed) -> None:
    """Every block of the section except the login, one after another, in one shell."""
    token = "NEW_TOKEN=of-the-shell-0123456789"
    blocks = printed("Rotate the Cache's AUTH Token")
    changes = [block for block in blocks if "modify-replication-group" in block]
    assert len(changes) == 2
    for block in blocks:
        if "redis-cli" in block:
            continue
        before, _, rest = block.partition("NEW_TOKEN=$(")
        shell.run(f"{token}\n{before}{rest.partition(chr(10))[2] if rest else ''}")
        production.advance(3600)
    secret = production.client("secretsmanager").describe_secret(SecretId="arbor/production/redis")
    held = [set(stages) for stages in secret["VersionIdsToStages"].values()]
    assert sorted(map(sorted, held)) == [["AWSCURRENT"], ["AWSPREVIOUS", "arbor-initial"]]
    # SET took effect: a second SET fails, because no token was rotated in.
    refused = shell.try_(f"{token}\n{changes[1]}")
    assert "only after it was added" in refused.stderr


def test_rotate_the_key_as_printed(shell: Shell, production: Deployed) -> None:
    for block in printed("Rotate SECRET_KEY"):
        shell.run(block)
    manager = production.client("secretsmanager")
    now, first = (
        manager.get_secret_value(SecretId="arbor/production/app", VersionStage=stage)
        for stage in ("AWSCURRENT", "arbor-initial")
    )
    key = json.loads(now["SecretString"])
    assert key.keys() == json.loads(first["SecretString"]).keys()
    assert len(key["SECRET_KEY"]) == 64
    assert now["SecretString"] != first["SecretString"]


def printed(section: str) -> list[str]:
    """The blocks of AWS commands in a section of the runbook."""
    _, _, text = RUNBOOK.read_text().partition(f"\n### {section}\n")
    text = text.partition("\n### ")[0]
    return [block for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) if "aws " in block]


def test_scale_the_database(shell: Shell) -> None:
    def scale(to: str) -> None:
        shell.run(
            "aws rds modify-db-instance --db-instance-identifier arbor-production-db "
            f"--db-instance-class {to} --apply-immediately"
        )

    scale("db.t3.large")
    scale("db.t3.medium")


def test_redis_backup_corrected(shell: Shell) -> None:
    """As written it is refused, and its name repeats on the same day."""
    node = shell.run(
        "aws elasticache describe-replication-groups --replication-group-id arbor-production-redis "
        "--query \"ReplicationGroups[0].NodeGroups[0].NodeGroupMembers[?CurrentRole=='replica']"
        ' | [0].CacheClusterId" --output text'
    ).strip()
    shell.run(
        f"aws elasticache create-snapshot --cache-cluster-id {node} "
        "--snapshot-name arbor-redis-manual-$(date -u +%Y%m%d-%H%M%S)"
    )
    found = shell.run(f"aws elasticache describe-snapshots --cache-cluster-id {node}")
    assert [one["CacheClusterId"] for one in found["Snapshots"]] == ["arbor-production-redis-002"]
