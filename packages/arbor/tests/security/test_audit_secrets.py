"""`arbor audit secrets`: secrets with a value of Pulumi's state, and the age of each value."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elasticache.models import elasticache_backends
from moto.secretsmanager.models import secretsmanager_backends
from typer.testing import CliRunner, Result

import first_secrets
from arbor.__main__ import app
from ecs_world import client
from first_secrets import APP, CACHE, DB, FIRST, GROUP, put
from staging_fixtures import STACK

Audit = Callable[..., Result]
ROTATED = {
    DB: {"username": "arbor_user", "password": "rotated"},
    CACHE: {"password": "rotated-token-of-letters"},
    APP: {"SECRET_KEY": "rotated", "OTHER": "kept"},
}


@pytest.fixture
def audit() -> Iterator[Audit]:
    """The command on staging with the secrets that the program created."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["audit", "secrets", *words, "--stack", STACK])

    with first_secrets.account():
        yield run


def age(name: str, days: int) -> None:
    """Set the age of the current version."""
    secret = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].secrets[name]
    created = datetime.now(UTC) - timedelta(days=days)
    secret.versions[str(secret.default_version_id)]["createdate"] = int(created.timestamp())


def age_cache(days: int) -> None:
    """Set the age of the replication group."""
    group = elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].replication_groups[GROUP]
    group.replication_group_create_time = datetime.now(UTC) - timedelta(days=days)


def unlabel(name: str) -> None:
    """Remove the program's label, which an adopted secret lacks."""
    manager = client("secretsmanager")
    stages = manager.describe_secret(SecretId=name)["VersionIdsToStages"]
    (version,) = [one for one, held in stages.items() if "arbor-initial" in held]
    manager.update_secret_version_stage(
        SecretId=name, VersionStage="arbor-initial", RemoveFromVersionId=version
    )


def found(audit: Audit) -> dict[str, dict[str, Any]]:
    """The checks by the secret's name."""
    return {check["name"]: check for check in json.loads(audit("--json").stdout)["checks"]}


def test_first_values_are_findings_with_the_rotation_command(audit: Audit) -> None:
    done = audit()
    assert done.exit_code == 1
    assert "3 findings in staging" in done.stderr
    assert done.stdout.count("remedy: arbor rotate-first --stack staging") == 3
    for name in (DB, CACHE, APP):
        assert f"{name}: still has its first value, which is in Pulumi's state" in done.stdout
        assert f"list-secret-version-ids --include-deprecated --secret-id {name}" in done.stdout


def test_a_rotated_secret_is_ok_and_its_age_is_shown(audit: Audit) -> None:
    for name, value in ROTATED.items():
        put(name, value)
    age(CACHE, 91)
    age_cache(92)
    age(APP, 1)
    done = audit()
    assert done.exit_code == 0, done.output
    assert "its value is 91 days old" in done.stdout
    assert "its value is 1 day old" in done.stdout
    lines = found(audit)
    assert {name: check["details"]["days"] for name, check in lines.items()} == {
        DB: 0,
        CACHE: 91,
        APP: 1,
    }
    assert {check["status"] for check in lines.values()} == {"OK"}


def test_a_first_version_that_is_current_again_is_a_finding(audit: Audit) -> None:
    """After a manual restore: the label decides, although a newer version exists."""
    for name, value in ROTATED.items():
        put(name, value)
    manager = client("secretsmanager")
    stages = {
        stage: version
        for version, held in manager.describe_secret(SecretId=DB)["VersionIdsToStages"].items()
        for stage in held
    }
    manager.update_secret_version_stage(
        SecretId=DB,
        VersionStage="AWSCURRENT",
        MoveToVersionId=stages["arbor-initial"],
        RemoveFromVersionId=stages["AWSCURRENT"],
    )
    assert {name for name, check in found(audit).items() if check["status"] == "NG"} == {DB}


def test_without_the_label_the_oldest_version_is_the_first(audit: Audit) -> None:
    for name in (DB, CACHE):
        age(name, 30)
        unlabel(name)
    age_cache(30)
    put(CACHE, ROTATED[CACHE])
    put(APP, ROTATED[APP])
    lines = found(audit)
    assert {name: check["status"] for name, check in lines.items()} == {
        DB: "NG",
        CACHE: "OK",
        APP: "OK",
    }


def test_versions_without_any_label_count_as_well(audit: Audit) -> None:
    """After two rotations a first version without the program's label has none."""
    for name, value in ROTATED.items():
        put(name, value)
    age(DB, 30)
    unlabel(DB)
    put(DB, {"username": "arbor_user", "password": "again"})
    put(DB, {"username": "arbor_user", "password": "and again"})
    assert found(audit)[DB]["status"] == "OK"


def test_the_same_value_in_a_new_version_is_a_finding(audit: Audit) -> None:
    """A key was added: the version is new, and SECRET_KEY is the state's."""
    put(DB, ROTATED[DB])
    put(CACHE, ROTATED[CACHE])
    put(APP, {**FIRST[APP], "ANOTHER": "key"})
    done = audit()
    assert done.exit_code == 1
    assert f"{APP}: has a new version with its first value" in done.stdout
    assert "remedy: arbor rotate-key --stack staging" in done.stdout
    assert FIRST[APP]["SECRET_KEY"] not in done.output


def test_without_permission_to_read_values_the_versions_decide(
    audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(DB, ROTATED[DB])
    put(APP, {**FIRST[APP], "ANOTHER": "key"})
    call = BaseClient._make_api_call  # noqa: SLF001 - what every call goes through

    def denied(self: Any, operation: str, arguments: Any) -> Any:
        if operation == "GetSecretValue":
            response = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise self.exceptions.ClientError(response, operation)
        return call(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", denied)
    assert {name: check["status"] for name, check in found(audit).items()} == {
        DB: "OK",
        CACHE: "NG",
        APP: "OK",
    }


def test_an_incomplete_rotation_is_a_finding(audit: Audit) -> None:
    for name, value in ROTATED.items():
        put(name, value)
    put(CACHE, {"password": "pending-token-of-letters"}, "AWSPENDING")
    check = found(audit)[CACHE]
    assert (check["status"], check["remedy"]) == ("NG", "arbor rotate-token --stack staging")
    assert "an incomplete rotation" in check["message"]


def test_a_replaced_cache_has_the_first_token_again(audit: Audit) -> None:
    """The secret was rotated before; the new group was created with the state's token."""
    for name, value in ROTATED.items():
        put(name, value)
    age(CACHE, 1)
    check = found(audit)[CACHE]
    assert (check["status"], check["remedy"]) == ("NG", "arbor rotate-token --stack staging")
    assert f"{GROUP} was created after the value of {CACHE}" in check["message"]


def test_a_missing_secret_is_skipped(audit: Audit) -> None:
    for name in (DB, CACHE):
        put(name, ROTATED[name])
    client("secretsmanager").delete_secret(SecretId=APP)
    done = audit()
    assert done.exit_code == 0, done.output
    assert "missing, scheduled for deletion" in done.stdout


def test_no_value_is_shown(audit: Audit) -> None:
    shown = audit().output + audit("--json").output
    for value in FIRST.values():
        assert not [one for one in value.values() if one != "arbor_user" and one in shown]
