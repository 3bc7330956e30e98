"""scale, resize and database scale: output and exit codes for scripts."""

import pytest
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from ecs_world import client
from pulumi_moto.clock import CLOCK
from scale_fixtures import floor, scheduled_floors
from staging_fixtures import STACK, Staging


@pytest.fixture
def hurried(scaled: Staging) -> Staging:
    """A minute of the account passes in a millisecond; there is a database."""
    client("rds").create_db_instance(
        DBInstanceIdentifier="arbor-staging-db",
        DBInstanceClass="db.t3.small",
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MasterUsername="arbor_user",
        MasterUserPassword="first-password",
    )
    CLOCK.set_speed(60_000)
    return scaled


def operate(*words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--stack", STACK])


@pytest.mark.usefixtures("hurried")
def test_a_command_and_its_repetition_exit_0() -> None:
    again = ("--yes", "--every", "0.001")
    done = operate("scale", "backend", "3", *again)
    assert (done.exit_code, "backend of staging serves with 3 tasks." in done.stdout) == (0, True)
    for words, message in (
        (("resize", "backend", "--cpu", "1024", "--memory", "2048"), "already: nothing to do."),
        (("database", "scale", "db.t3.large"), "is already db.t3.large: nothing to do."),
    ):
        done = operate(*words, *again)
        assert done.exit_code == 0, done.output
        done = operate(*words)
        assert done.exit_code == 0
        assert message in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("scale", "backend", "11"), "arbor:services.backend.max in Pulumi.staging.yaml"),
        (("scale", "backend", "4", "--until", "noon"), "allowed: the next 18:00 in UTC"),
        (("resize", "backend", "--cpu", "256", "--memory", "4096"), "512, 1024, 2048 MiB"),
        (("database", "scale", "large"), "allowed: db.t3.micro"),
    ],
)
def test_a_refused_command_exits_3_with_the_allowed_values_and_writes_nothing(
    hurried: Staging, words: tuple[str, ...], message: str
) -> None:
    before = (hurried.writes(), floor(), scheduled_floors())
    refused = operate(*words, "--yes")
    assert refused.exit_code == 3
    assert refused.stderr.startswith("Refused, nothing was changed: ")
    assert message in refused.stderr
    assert (hurried.writes(), floor(), scheduled_floors()) == before
    assert client("ssm").describe_parameters()["Parameters"] == []
