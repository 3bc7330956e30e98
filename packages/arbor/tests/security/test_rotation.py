"""rotate-password: obstacles, output, and a second run.

tests/engine/test_faults.py covers faults at each call.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.secret import Credentials
from arbor.procedure import Failed, Refused
from arbor.security import database_users, password, rotation
from ecs_world import client
from pulumi_moto.clock import CLOCK
from staging_fixtures import BACKEND, Staging

SECRET, DATABASE, MASTER, FIRST = "arbor/staging/db", "arbor-staging-db", "arbor_user", "first-one"


class Login:
    """PostgreSQL's check of a password."""

    def __init__(self) -> None:
        self.password = FIRST

    @contextmanager
    def __call__(self, account: Account, credentials: Credentials) -> Iterator[Any]:
        sent = [call["MasterUserPassword"] for call in self.modified]
        waits = instance(account).get("PendingModifiedValues")
        if sent and not waits:
            self.password = sent[-1]
        if (credentials.username, credentials.password) != (MASTER, self.password):
            raise WrongPasswordError
        yield self

    modified: list[dict[str, str]]

    def execute(self, _query: str) -> None:
        return None


def instance(account: Account) -> dict[str, Any]:
    found = account.client("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)
    return dict(found["DBInstances"][0])


@pytest.fixture
def login(staging: Staging) -> Login:
    """Staging with a database and its secret."""
    client("rds").create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MasterUsername=MASTER,
        MasterUserPassword=FIRST,
    )
    put(username=MASTER, password=FIRST)
    made = Login()
    made.modified = []

    def remember(params: dict[str, str], **_: object) -> None:
        if "MasterUserPassword" in params:
            made.modified.append(params)

    staging.account.client("rds").meta.events.register(
        "provide-client-params.rds.ModifyDBInstance", remember
    )
    return made


def put(**value: str) -> None:
    client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(value))


def held() -> dict[str, str]:
    value = client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    return dict(json.loads(value))


def labels() -> list[str]:
    stages = client("secretsmanager").describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    return sorted(label for version in stages.values() for label in version)


def plan(staging: Staging, login: Login, *, two_users: bool = False) -> rotation.Rotation:
    one = password.plan(staging.account, login, two_users=two_users)
    return rotation.plan(staging.account, "rotate-password", one)


def test_database_secret_and_tasks_use_the_new_password(staging: Staging, login: Login) -> None:
    plan(staging, login).execute(staging.run())
    assert login.modified[-1]["MasterUserPassword"] == held()["password"] != FIRST
    assert held()["username"] == MASTER
    assert len(staging.deployments(BACKEND)) == 2
    assert labels() == ["AWSCURRENT", "AWSPREVIOUS"]


def test_a_dry_run_prints_every_step_and_changes_nothing(staging: Staging, login: Login) -> None:
    plan(staging, login).execute(staging.run(dry_run=True))
    assert [line.split()[1] for line in staging.output] == [
        *("store", "set", "make"),
        *("deploy", "deploy"),  # both services use the secret here
        "end",
    ]
    assert held()["password"] == FIRST
    assert (login.modified, labels()) == ([], ["AWSCURRENT", "AWSPREVIOUS"])
    assert len(staging.deployments(BACKEND)) == 1


def test_no_password_is_printed(staging: Staging, login: Login) -> None:
    planned = plan(staging, login)
    planned.execute(staging.run())
    printed = "\n".join(
        [*staging.output, repr(planned), repr(Credentials(username="u", password=FIRST))]
    )
    assert held()["password"] not in printed
    assert FIRST not in printed


def test_an_interrupted_rotation_continues_with_its_password(
    staging: Staging, login: Login
) -> None:
    def raise_alarm(seconds: float) -> None:
        if staging.history(BACKEND)[0] == "IN_PROGRESS":
            staging.ring("backend")
        CLOCK.advance(seconds)

    with pytest.raises(Failed, match="again to continue with it"):
        plan(staging, login).execute(replace(staging.run(), sleep=raise_alarm))
    kept = held()["password"]
    assert labels() == ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]
    client("cloudwatch").set_alarm_state(
        AlarmName="backend-5xx", StateValue="OK", StateReason="the drill is over"
    )
    plan(staging, login).execute(staging.run())
    assert held()["password"] == kept
    assert len(login.modified) == 1
    assert "AWSPENDING" not in labels()


REFUSED: dict[str, tuple[Callable[[Staging], object], str]] = {
    "the secret has more": (
        lambda _: put(username=MASTER, password=FIRST, host="h"),
        "exactly username and password",
    ),
    "the secret is no JSON": (
        lambda _: client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="pw"),
        "is not JSON",
    ),
    "the secret is scheduled for deletion": (
        lambda _: client("secretsmanager").delete_secret(SecretId=SECRET),
        "restore-secret --secret-id arbor/staging/db",
    ),
    "the secret's password is wrong": (
        lambda _: put(username=MASTER, password="wrong"),
        "rejects every password of the secret",
    ),
    "the secret's user is unknown": (
        lambda _: put(username="mira", password=FIRST),
        "allowed: arbor_user or arbor_user_2",
    ),
    "a deployment runs": (
        lambda _: client("ecs").update_service(
            cluster="arbor-staging-cluster", service=BACKEND, forceNewDeployment=True
        ),
        "is being deployed",
    ),
    "there is no database": (
        lambda _: client("rds").delete_db_instance(
            DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True
        ),
        "no database arbor-staging-db",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_an_obstacle_is_reported_and_nothing_is_written(
    staging: Staging, login: Login, why: str
) -> None:
    disturb, sentence = REFUSED[why]
    disturb(staging)
    before = len(staging.deployments(BACKEND))
    with pytest.raises(Refused, match=sentence):
        plan(staging, login)
    assert login.modified == []
    assert len(staging.deployments(BACKEND)) == before


def test_the_second_users_turn_requires_two_users(staging: Staging, login: Login) -> None:
    put(username="arbor_user_2", password=FIRST)
    with pytest.raises(Refused, match="add --two-users"):
        plan(staging, login)


def test_a_password_is_valid_for_rds_and_in_a_url() -> None:
    drawn = {character for _ in range(100) for character in database_users.generate_password()}
    assert drawn == set(database_users.ALPHABET)
    assert quote("".join(drawn), safe="") == "".join(drawn)
    assert len(database_users.generate_password()) == database_users.LENGTH


def test_passwords_differ() -> None:
    assert len({database_users.generate_password() for _ in range(100)}) == 100
