"""rotate-password: what is refused, what is said, and what a second run goes on with.

That every fault converges is tried in tests/engine/test_faults.py.
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
from arbor.database.credentials import Credentials
from arbor.procedure import Failed, Refused
from arbor.security import password, passwords, rotation
from ecs_world import client
from operations_world import BACKEND, World
from pulumi_moto.clock import CLOCK

SECRET, DATABASE, MASTER, FIRST = "arbor/staging/db", "arbor-staging-db", "arbor_user", "first-one"


class Login:
    """PostgreSQL, as far as it says who may come in."""

    def __init__(self) -> None:
        self.password = FIRST

    @contextmanager
    def __call__(self, account: Account, credentials: Credentials) -> Iterator[Any]:
        sent = [asked["MasterUserPassword"] for asked in self.modified]
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
def login(world: World) -> Login:
    """Staging with a database, and the secret that opens it."""
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

    world.account.client("rds").meta.events.register(
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


def plan(world: World, login: Login, *, two_users: bool = False) -> rotation.Rotation:
    part = password.plan(world.account, login, two_users=two_users)
    return rotation.plan(world.account, "rotate-password", part)


def test_database_secret_and_tasks_agree_afterwards(world: World, login: Login) -> None:
    plan(world, login).execute(world.run())
    assert login.modified[-1]["MasterUserPassword"] == held()["password"] != FIRST
    assert held()["username"] == MASTER
    assert len(world.deployments(BACKEND)) == 2
    assert labels() == ["AWSCURRENT", "AWSPREVIOUS"]


def test_a_dry_run_says_every_step_and_does_none(world: World, login: Login) -> None:
    plan(world, login).execute(world.run(dry_run=True))
    assert [line.split()[1] for line in world.said] == [
        *("keep", "give", "make"),
        *("deploy", "deploy"),  # both services are given the secret here
        "end",
    ]
    assert held()["password"] == FIRST
    assert (login.modified, labels()) == ([], ["AWSCURRENT", "AWSPREVIOUS"])
    assert len(world.deployments(BACKEND)) == 1


def test_no_password_is_ever_said(world: World, login: Login) -> None:
    planned = plan(world, login)
    planned.execute(world.run())
    told = "\n".join([*world.said, repr(planned), repr(Credentials(username="u", password=FIRST))])
    assert held()["password"] not in told
    assert FIRST not in told


def test_an_interrupted_rotation_goes_on_with_its_password(world: World, login: Login) -> None:
    def ring_meanwhile(seconds: float) -> None:
        if world.history(BACKEND)[0] == "IN_PROGRESS":
            world.ring("backend")
        CLOCK.advance(seconds)

    with pytest.raises(Failed, match="goes on from there with the same value"):
        plan(world, login).execute(replace(world.run(), sleep=ring_meanwhile))
    kept = held()["password"]
    assert labels() == ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]
    client("cloudwatch").set_alarm_state(
        AlarmName="backend-5xx", StateValue="OK", StateReason="the drill is over"
    )
    plan(world, login).execute(world.run())
    assert held()["password"] == kept
    assert len(login.modified) == 1
    assert "AWSPENDING" not in labels()


REFUSED: dict[str, tuple[Callable[[World], object], str]] = {
    "the secret has more": (
        lambda _: put(username=MASTER, password=FIRST, host="h"),
        "exactly username and password",
    ),
    "the secret is no JSON": (
        lambda _: client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="pw"),
        "is not JSON",
    ),
    "the secret goes": (
        lambda _: client("secretsmanager").delete_secret(SecretId=SECRET),
        "restore-secret --secret-id arbor/staging/db",
    ),
    "the secret's password is wrong": (
        lambda _: put(username=MASTER, password="wrong"),
        "takes none of the secret's passwords",
    ),
    "the secret's user is a stranger": (
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
def test_what_is_in_the_way_is_said_and_nothing_is_written(
    world: World, login: Login, why: str
) -> None:
    disturb, sentence = REFUSED[why]
    disturb(world)
    before = len(world.deployments(BACKEND))
    with pytest.raises(Refused, match=sentence):
        plan(world, login)
    assert login.modified == []
    assert len(world.deployments(BACKEND)) == before


def test_the_second_users_turn_wants_to_be_named(world: World, login: Login) -> None:
    put(username="arbor_user_2", password=FIRST)
    with pytest.raises(Refused, match="add --two-users"):
        plan(world, login)


def test_a_password_is_one_for_rds_and_for_an_address() -> None:
    drawn = {character for _ in range(100) for character in passwords.generate()}
    assert drawn == set(passwords.ALPHABET)
    assert quote("".join(drawn), safe="") == "".join(drawn)
    assert len(passwords.generate()) == passwords.LENGTH


def test_no_two_are_alike() -> None:
    assert len({passwords.generate() for _ in range(100)}) == 100
