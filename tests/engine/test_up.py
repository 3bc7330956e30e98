"""Both stacks come up from an empty account, and a second `up` changes nothing."""

import json

import pytest

from engine_stack import Deployed, counted, deployed
from pulumi_moto.registry import ROWS

STACKS = ("production", pytest.param("staging", marks=pytest.mark.slow))


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> Deployed:
    found: Deployed = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("name", STACKS)
def test_a_preview_of_an_empty_account_creates_everything_and_makes_no_aws_call(name: str) -> None:
    with deployed(name) as empty:
        steps = empty.preview()
        assert set(counted(steps)) == {"create"}
        assert empty.calls() == 0


def test_a_second_up_changes_nothing(stack: Deployed) -> None:
    assert stack.up() == []


def test_a_preview_of_a_deployed_stack_shows_no_change_and_makes_no_aws_call(
    stack: Deployed,
) -> None:
    before = stack.calls()
    assert stack.preview() == []
    assert stack.calls() == before


def test_the_engine_downloads_no_plugin(stack: Deployed) -> None:
    reported: list[str] = []
    stack.deployment.stack.preview(
        color="never",
        log_to_std_err=True,
        log_verbosity=5,
        debug=True,
        on_output=reported.append,
        on_error=reported.append,
    )
    log = "".join(reported)
    assert "registering resource" in log
    assert "direct download" not in log


def test_a_refresh_shows_no_change(stack: Deployed) -> None:
    """Each service's first deployment moved weights and swapped groups: the program ignores both.

    The engine hands `ignore_changes` to the Diff of a refresh, too.
    """
    assert stack.refresh() == []
    assert stack.preview() == []


def test_every_secret_is_encrypted_in_state_and_outputs(stack: Deployed) -> None:
    secrets = stack.client("secretsmanager")
    values = [
        value
        for listed in secrets.list_secrets()["SecretList"]
        for value in json.loads(
            secrets.get_secret_value(SecretId=listed["ARN"])["SecretString"]
        ).values()
        if value != "arbor_user"
    ]
    assert len(values) == 3
    state = stack.state_text()
    found = stack.deployment.stack.outputs()
    assert not [name for name, output in found.items() if output.secret]
    outputs = json.dumps({name: output.value for name, output in found.items()})
    for value in values:
        assert value not in state
        assert value not in outputs


def test_every_resource_has_the_requested_inputs(stack: Deployed) -> None:
    """The account matches the state: everything that was created still exists."""
    checked = 0
    for resource in stack.resources():
        row = ROWS.get(resource["type"])
        if row is not None and row.client is not None:
            assert row.read(stack.client(row.client), resource["id"]) is not None, resource["urn"]
            checked += 1
    assert checked > 100
