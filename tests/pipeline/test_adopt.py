"""`adopt`: resources found by name, the import file, and the report of the rest."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from pulumi.automation import events
from typer.testing import CliRunner

import terraform_stack
from arbor.account import Account
from emulated_account import configure
from pipeline.__main__ import app
from pipeline.adopt import command, import_file, lookups, origin, pages
from pipeline.adopt.plan import Plan
from pipeline.adopt.registrations import Registration, Registrations
from pipeline.adopt.verdicts import Judged, Judgement, Verdict
from pulumi_moto import correction

STACK = "production"
URN = f"urn:pulumi:{STACK}::arbor::"
NAMES = {
    lookups.BUCKET: ("bucket", "arbor-log-exports"),
    lookups.CACHE: ("replicationGroupId", "arbor-production-redis"),
    lookups.CAPACITY: ("clusterName", "arbor-production-cluster"),
    lookups.CLUSTER: ("name", "arbor-production-cluster"),
    lookups.INSTANCE: ("identifier", "arbor-production-db"),
    lookups.LOG_GROUP: ("name", "/ecs/arbor-production/backend"),
    lookups.PARAMETERS: ("name", "arbor-production-params"),
    lookups.REPOSITORY: ("name", "arbor-production-backend"),
    lookups.ROLE: ("name", "arbor-production-ci-deploy"),
    lookups.SECRET: ("name", "arbor/production/db"),
    lookups.SERVICE: ("name", "arbor-production-backend"),
    lookups.ZONE: ("name", "arbor-energy.com"),
}
OF_TERRAFORM = {
    lookups.CACHE: "arbor-production-redis",
    lookups.CAPACITY: "arbor-production-cluster",
    lookups.CLUSTER: "arbor-production-cluster",
    lookups.INSTANCE: "arbor-production-db",
    lookups.LOG_GROUP: "/ecs/arbor-production/backend",
    lookups.REPOSITORY: "arbor-production-backend",
    lookups.SERVICE: "arbor-production-cluster/arbor-production-backend",
}


def registered(token: str, inputs: dict[str, Any], name: str = "thing") -> Registration:
    return Registration(
        urn=f"{URN}{token}::{name}", token=token, parent="", is_component=False, inputs=inputs
    )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account, without other network access."""
    configure(monkeypatch)
    correction.apply()
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        return clients.setdefault(service, boto3.client(service, region_name="us-east-1"))

    with mock_aws():
        yield Account(stack=STACK, client=client)


def test_the_original_stack_is_found_by_the_runbooks_names(account: Account) -> None:
    terraform_stack.make(account.client)
    found = {
        token: held.import_id
        for token, (key, name) in NAMES.items()
        if (held := lookups.find(account, registered(token, {key: name})))
    }
    assert found == OF_TERRAFORM


def test_an_empty_account_has_nothing(account: Account) -> None:
    assert set(NAMES) == set(lookups.LOOKUPS)
    for token, (key, name) in NAMES.items():
        assert lookups.find(account, registered(token, {key: name})) is None, token
    assert origin.not_adopted(account) == []


def test_generated_names_are_not_searched(account: Account) -> None:
    terraform_stack.make(account.client)
    chosen = {"name": "arbor-production-backend", "__defaults": ["name"]}
    assert lookups.find(account, registered(lookups.REPOSITORY, chosen)) is None


def test_a_denied_read_is_an_error() -> None:
    refuses: Any = SimpleNamespace(describe_db_instances=refused)
    blind = Account(stack=STACK, client=lambda _service: refuses)
    with pytest.raises(ClientError, match="AccessDenied"):
        lookups.find(blind, registered(lookups.INSTANCE, {"identifier": "arbor-production-db"}))


def refused(**_asked: str) -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Describe")


def test_a_secret_scheduled_for_deletion_blocks(account: Account) -> None:
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name="arbor/production/db", SecretString="{}")
    secret = registered(lookups.SECRET, {"name": "arbor/production/db"})
    live = lookups.find(account, secret)
    assert live is not None
    assert live.import_id.startswith("arn:aws:secretsmanager:")
    assert not live.obstacle
    secrets.delete_secret(SecretId="arbor/production/db", RecoveryWindowInDays=7)
    waiting = lookups.find(account, secret)
    assert waiting is not None
    assert "restore-secret --secret-id arbor/production/db" in waiting.obstacle


def test_a_single_public_zone_is_adopted_and_two_need_config(account: Account) -> None:
    route53 = account.client("route53")
    zone = registered(lookups.ZONE, {"name": "arbor-energy.com"})
    made = [
        route53.create_hosted_zone(Name="arbor-energy.com", CallerReference=one)["HostedZone"]["Id"]
        for one in ("first",)
    ]
    found = lookups.find(account, zone)
    assert found is not None
    assert f"/hostedzone/{found.import_id}" == made[0]
    assert not found.obstacle
    route53.create_hosted_zone(Name="arbor-energy.com", CallerReference="second")
    several = lookups.find(account, zone)
    assert several is not None
    assert "arbor:hostedZoneId" in several.obstacle


def test_a_bucket_of_another_account_blocks() -> None:
    def forbidden(**_asked: str) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadBucket")

    s3: Any = SimpleNamespace(head_bucket=forbidden)
    other = Account(stack=STACK, client=lambda _service: s3)
    found = lookups.find(other, registered(lookups.BUCKET, {"bucket": "arbor-log-exports"}))
    assert found is not None
    assert "arbor:logExportBucket" in found.obstacle


def test_the_rest_of_the_original_stack_is_listed_as_not_adopted(account: Account) -> None:
    terraform_stack.make(account.client)
    assert {one.address for one in origin.not_adopted(account)} == {
        "aws_db_parameter_group.main",
        "aws_db_subnet_group.main",
        "aws_elasticache_subnet_group.main",
        "aws_iam_role.ecs_task",
        "aws_iam_role.ecs_task_execution",
        "aws_lb.main",
        "aws_lb_target_group.backend",
        "aws_lb_target_group.frontend",
        "aws_secretsmanager_secret.app_secrets",
        "aws_secretsmanager_secret.db_password",
        "aws_secretsmanager_secret.redis_auth_token",
        "aws_vpc.main",
    }


COMPONENT = "arbor:compute:Registry"
PARENT = f"{URN}{COMPONENT}::registry"
CHILD = f"{URN}{COMPONENT}${lookups.REPOSITORY}::registry-backend"
FREE = f"{URN}{lookups.LOG_GROUP}::logs"


def step(urn: str, op: str, **reported: Any) -> Any:
    """An event of the engine, with the fields that are read."""
    custom = not urn.startswith(PARENT) or urn == CHILD
    state = SimpleNamespace(
        urn=urn,
        type=urn.split("::")[2].rpartition("$")[2],
        parent=reported.pop("parent", f"{URN}pulumi:pulumi:Stack::arbor-{STACK}"),
        custom=custom,
        inputs=reported.pop("new", {}),
    )
    metadata = SimpleNamespace(
        urn=urn,
        op=SimpleNamespace(value=op),
        new=state,
        old=SimpleNamespace(inputs=reported.pop("old", {})),
        keys=reported.pop("keys", None),
        diffs=reported.pop("diffs", None),
    )
    assert not reported
    return SimpleNamespace(resource_pre_event=SimpleNamespace(metadata=metadata))


@pytest.fixture
def program() -> Registrations:
    seen = Registrations()
    seen.record(step(f"{URN}pulumi:pulumi:Stack::arbor-{STACK}", "create"))
    seen.record(step(f"{URN}pulumi:providers:aws::default_7_0_0", "create"))
    seen.record(step(PARENT, "create"))
    seen.record(step(CHILD, "create", parent=PARENT, new={"name": "arbor-production-backend"}))
    seen.record(step(FREE, "create", new={"name": "/ecs/arbor-production/backend"}))
    seen.record(events.EngineEvent(sequence=1, timestamp=1))
    return seen


def test_only_the_programs_registrations_are_collected(program: Registrations) -> None:
    assert {one.name: one.is_component for one in program.by_urn.values()} == {
        "registry": True,
        "registry-backend": False,
        "logs": False,
    }


def test_the_file_contains_each_parent_that_the_state_lacks(program: Registrations) -> None:
    ids = {CHILD: "arbor-production-backend", FREE: "/ecs/arbor-production/backend"}
    made = import_file.content(program, ids)
    parent, child, free = made["resources"]
    assert made["nameTable"] == {}
    assert parent == {
        "type": COMPONENT,
        "name": f"{COMPONENT}::registry",
        "logicalName": "registry",
        "component": True,
    }
    assert child.pop("version").count(".") == free.pop("version").count(".") == 2
    assert child == {
        "type": lookups.REPOSITORY,
        "name": "registry-backend",
        "id": "arbor-production-backend",
        "parent": parent["name"],
    }
    assert "parent" not in free


def test_the_file_names_a_parent_of_the_state_by_its_urn(program: Registrations) -> None:
    made = import_file.content(program, {CHILD: "arbor-production-backend"}, {PARENT})
    assert made["nameTable"] == {f"{COMPONENT}::registry": PARENT}
    (only,) = made["resources"]
    assert only["parent"] == f"{COMPONENT}::registry"


def test_the_file_is_written_atomically(
    tmp_path: Path, program: Registrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "adopt.json"
    import_file.write(file, import_file.content(program, {FREE: "logs"}))
    before = file.read_text()
    assert json.loads(before)["resources"][0]["id"] == "logs"

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        import_file.write(file, import_file.content(program, {}))
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def judged(*events: Any) -> Judged:
    judgement = Judgement()
    for event in events:
        judgement.record(event)
    return judgement.of(FREE)


def test_a_replacement_counts_by_the_inputs_that_cause_it() -> None:
    found = judged(
        step(
            FREE,
            "create-replacement",
            keys=["dbName"],
            diffs=["dbName", "tags"],
            old={"dbName": "arbor_energy"},
            new={"dbName": "arbor_production"},
        ),
        step(FREE, "replace", keys=["dbName"]),
    )
    assert (found.op, found.keys) == ("replace", ("dbName",))
    assert found.change("dbName") == ("dbName is arbor_energy; the program sets arbor_production")


def test_unchanged_and_updated_resources_are_distinguished() -> None:
    assert judged(step(FREE, "same")).op == "same"
    updated = judged(step(FREE, "update", diffs=["tags", "retentionInDays"]))
    assert (updated.op, updated.keys) == ("update", ("retentionInDays", "tags"))


def verdict(token: str, name: str, op: str, *keys: str, obstacle: str = "") -> Verdict:
    cluster = "arbor-production-cluster/" if token == lookups.SERVICE else ""
    return Verdict(
        registered=registered(token, {}),
        found=lookups.Existing(name=name, import_id=f"{cluster}{name}", obstacle=obstacle),
        judged=None if obstacle else Judged(op=op, keys=keys, old={}, new={}),
    )


def test_a_database_in_other_subnets_is_not_adopted() -> None:
    moved = verdict(lookups.INSTANCE, "arbor-production-db", "update", "dbSubnetGroupName", "tags")
    assert any("RDS refuses that" in sentence for sentence in moved.reasons)
    assert verdict(lookups.INSTANCE, "arbor-production-db", "update", "tags").reasons == []


WHOLE = Plan(
    stack=STACK,
    verdicts=[
        verdict(lookups.REPOSITORY, "arbor-production-backend", "update", "imageTagMutability"),
        verdict(lookups.LOG_GROUP, "/aws/rds/instance/arbor-production-db/upgrade", "same"),
        verdict(lookups.INSTANCE, "arbor-production-db", "replace", "dbName"),
        verdict(lookups.CACHE, "arbor-production-redis", "replace", "kmsKeyId"),
        verdict(
            lookups.SERVICE, "arbor-production-backend", "replace", "capacityProviderStrategies"
        ),
        verdict(
            lookups.SECRET, "arbor/production/db", "", obstacle="It is scheduled for deletion."
        ),
    ],
    not_adopted=[
        origin.NotAdopted(address="aws_lb.main", name="arbor-production-alb", why="Its name.")
    ],
    content=import_file.Content(nameTable={}, resources=[]),
)


def test_the_page_lists_adopted_and_blocking_resources_and_next_commands() -> None:
    page = pages.render(WHOLE, Path("adopt.json"))
    assert "Repository arbor-production-backend (thing); `up` changes imageTagMutability" in page
    assert "--new-db-instance-identifier arbor-production-db-terraform" in page
    assert "delete-replication-group --replication-group-id arbor-production-redis" in page
    assert "--cluster arbor-production-cluster --service arbor-production-backend --force" in page
    assert "It is scheduled for deletion." in page
    assert "arbor-production-alb (aws_lb.main)" in page
    assert page.splitlines()[-1].strip() == AGAIN


AGAIN = "python -m pipeline adopt --stack production --write adopt.json"
CLEAR = replace(WHOLE, verdicts=WHOLE.verdicts[:2])


def test_with_nothing_blocking_the_page_ends_with_the_preview() -> None:
    *_, imports, forgets, previews = pages.render(CLEAR, Path("adopt.json")).splitlines()
    assert imports.strip() == (
        "pulumi import --file adopt.json --stack production --protect=false --generate-code=false"
    )
    assert previews.strip().startswith("pulumi preview --stack production")
    # Each has an id with which `terraform destroy` would find the program's resource.
    addresses = forgets.split("state rm ")[1].split()
    assert len(addresses) == len(set(addresses)) == 18
    assert {
        "aws_ecs_service.backend",
        "aws_appautoscaling_target.frontend",
        "aws_ecr_lifecycle_policy.backend",
        "aws_elasticache_replication_group.main",
    } <= set(addresses)


def test_without_a_file_the_page_prints_the_command_that_writes_one() -> None:
    assert pages.render(CLEAR, None).splitlines()[-1].strip() == AGAIN


def test_resources_in_the_stacks_state_are_removed_from_terraform_too() -> None:
    page = pages.render(replace(CLEAR, verdicts=[]), None)
    assert "state rm " in page
    assert "pulumi import" not in page


NOTHING = Plan(
    stack=STACK,
    verdicts=[],
    not_adopted=[],
    content=import_file.Content(nameTable={}, resources=[]),
)


def run(monkeypatch: pytest.MonkeyPatch, plan: Plan, *words: str) -> Any:
    @contextmanager
    def opened(_stack: str) -> Iterator[Any]:
        yield SimpleNamespace(stack=SimpleNamespace(name=STACK))

    monkeypatch.setattr(command, "in_aws", opened)
    monkeypatch.setattr(command, "make", lambda _opened: plan)
    return CliRunner().invoke(app, ["adopt", "--stack", STACK, *words])


def test_a_blocking_resource_exits_with_refused_and_the_file_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "adopt.json"
    done = run(monkeypatch, WHOLE, "--write", str(file))
    assert done.exit_code == 3
    assert file.is_file()


def test_nothing_to_adopt_writes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "adopt.json"
    done = run(monkeypatch, NOTHING, "--write", str(file))
    assert (done.exit_code, file.exists()) == (0, False)
    assert "nothing to adopt" in done.output


def test_a_file_in_a_missing_directory_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = run(monkeypatch, WHOLE, "--write", str(tmp_path / "none" / "adopt.json"))
    assert done.exit_code == 2
    assert "There is no directory" in done.output
    taken = run(monkeypatch, WHOLE, "--write", str(tmp_path))
    assert taken.exit_code == 2
