"""What must hold for every row, whatever the service."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from emulator import correction, corrections
from emulator.registry import ROWS, row_for
from emulator.row import Change, Client, Row, matches, paths
from row_example import EXAMPLES, Example

MANAGED = ("rolePolicyAttachment", "ecs/service")

each_row = pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.token)


@pytest.fixture(autouse=True)
def account(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert corrections  # imported for what it registers
    correction.apply()
    # A second each: only where a managed policy is attached.
    managed = any(kind in request.node.name for kind in MANAGED)
    with mock_aws(config={"iam": {"load_aws_managed_policies": managed}}):
        yield


def example_of(row: Row) -> tuple[Client, Example]:
    return (boto3.client(row.client) if row.client else None), EXAMPLES[row.token]


@each_row
def test_the_example_uses_every_input_the_row_claims(row: Row) -> None:
    _, example = example_of(row)
    asked = example.inputs()
    used = {path for inputs in (asked, *example.beside) for path in paths(inputs)}
    unused = {
        claim
        for claim in row.inputs
        if not any(path == claim or matches(path, frozenset({claim})) for path in used)
    }
    assert not unused
    assert row.unknown_inputs(asked) == []


@each_row
def test_what_was_asked_for_is_what_is_read_back(row: Row) -> None:
    client, example = example_of(row)
    asked = example.inputs()

    physical_id = row.create(client, asked)
    held = {**asked, **(row.generate(asked) if row.generate else {})}
    found = row.read(client, physical_id)

    assert found is not None
    kept = row.write_only | {path.split(".")[0] for path in row.ignored}
    state = {**found, **{key: held[key] for key in kept if key in held}}
    assert row.changed(state, asked, asked) == frozenset()
    assert {key: state[key] for key in asked if key not in row.same} == {
        key: asked[key] for key in asked if key not in row.same
    }


@each_row
def test_read_returns_what_the_preview_promises(row: Row) -> None:
    client, example = example_of(row)
    asked = example.inputs()
    found = row.read(client, row.create(client, asked))
    assert found is not None
    generated = set(row.generate(asked)) if row.generate else set()
    inputs = {path.split(".")[0] for path in row.inputs}
    assert set(found) | generated >= row.outputs
    assert set(found) <= row.outputs | inputs


@each_row
def test_an_update_is_read_back_and_leaves_nothing_else_changed(row: Row) -> None:
    client, example = example_of(row)
    asked = example.inputs()
    in_place = {path.split(".")[0] for path in row.inputs} - row.replaces
    assert bool(example.change) == bool(in_place), "an example of an update, unless all replace"
    change = example.changed()
    if not change:
        return
    physical_id = row.create(client, asked)
    before = {**asked, **(row.read(client, physical_id) or {})}
    wanted = {**asked, **change}
    row.update(
        client, physical_id, Change(old=before, new=wanted, keys=row.changed(before, asked, wanted))
    )
    found = row.read(client, physical_id)
    assert found is not None
    kept = row.write_only | {path.split(".")[0] for path in row.ignored}
    state = {**found, **{key: wanted[key] for key in kept if key in wanted}}
    assert row.changed(state, wanted, wanted) == frozenset()


@each_row
def test_a_deleted_resource_reads_as_gone_and_deleting_it_again_is_no_error(row: Row) -> None:
    client, example = example_of(row)
    state = example.inputs()
    physical_id = row.create(client, state)
    row.delete(client, physical_id, state)
    if row.adopts:
        assert row.read(client, physical_id) is not None
    elif row.client is not None:
        assert row.read(client, physical_id) is None
        row.delete(client, physical_id, state)


@each_row
def test_an_input_the_row_does_not_carry_is_named(row: Row) -> None:
    assert row.unknown_inputs({"noSuchInput": 1}) == ["noSuchInput"]


def test_a_type_with_no_row_says_where_to_add_it() -> None:
    with pytest.raises(NotImplementedError, match="emulator/services/"):
        row_for("aws:sqs/queue:Queue")


def test_every_example_has_its_row() -> None:
    assert set(EXAMPLES) == set(ROWS)
