"""What must hold for each row of any service."""

import re
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from pulumi_moto import correction, lifecycle
from pulumi_moto.registry import ROWS, row_for
from pulumi_moto.row import Change, Client, Row, matches, paths
from row_example import EXAMPLES, Example

MANAGED = ("rolePolicyAttachment", "ecs/service")

SOURCE = re.compile(r"(terraform-provider-random/)?internal/[\w/]+\.go")

# Tried in packages/pulumi-moto/tests/services/test_ecs_service.py.
ELSEWHERE = {"aws:ecs/service:Service"}

each_row = pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.token)


@pytest.fixture(autouse=True)
def account(request: pytest.FixtureRequest) -> Iterator[None]:
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
    given = example.inputs()
    used = {path for inputs in (given, *example.alternatives) for path in paths(inputs)}
    unused = {
        claim
        for claim in row.inputs
        if not any(path == claim or matches(path, frozenset({claim})) for path in used)
    }
    assert not unused
    assert row.unknown_inputs(given) == []


@each_row
def test_read_returns_the_inputs_of_create(row: Row) -> None:
    client, example = example_of(row)
    given = example.inputs()

    physical_id = row.create(client, given)
    held = {**given, **(row.generate(given) if row.generate else {})}
    found = row.read(client, physical_id)

    assert found is not None
    kept = row.write_only | {path.split(".")[0] for path in row.ignored}
    state = {**found, **{key: held[key] for key in kept if key in held}}
    assert row.changed(state, given, given) == frozenset()
    assert {key: state[key] for key in given if key not in row.same} == {
        key: given[key] for key in given if key not in row.same
    }


@each_row
def test_read_returns_the_previewed_outputs(row: Row) -> None:
    client, example = example_of(row)
    given = example.inputs()
    found = row.read(client, row.create(client, given))
    assert found is not None
    generated = set(row.generate(given)) if row.generate else set()
    inputs = {path.split(".")[0] for path in row.inputs}
    assert set(found) | generated >= row.outputs
    assert set(found) <= row.outputs | inputs


@each_row
def test_an_update_is_read_back_and_leaves_nothing_else_changed(row: Row) -> None:
    client, example = example_of(row)
    given = example.inputs()
    changes = bool(example.change or example.more)
    assert changes == bool(inputs_of(row) - row.replaces), "an example, unless all replace"
    change = example.changed()
    if not change:
        return
    physical_id = row.create(client, given)
    before = {**given, **(row.read(client, physical_id) or {})}
    wanted = {**given, **change}
    row.update(
        client, physical_id, Change(old=before, new=wanted, keys=row.changed(before, given, wanted))
    )
    found = row.read(client, physical_id)
    assert found is not None
    kept = row.write_only | {path.split(".")[0] for path in row.ignored}
    state = {**found, **{key: wanted[key] for key in kept if key in wanted}}
    assert row.changed(state, wanted, wanted) == frozenset()


@each_row
def test_each_row_names_its_file_of_the_provider(row: Row) -> None:
    assert SOURCE.fullmatch(row.source)


@each_row
def test_the_change_rules_of_a_row_name_its_inputs(row: Row) -> None:
    judged = row.replaces | row.replaces_if.keys() | row.suppresses.keys() | row.same.keys()
    assert judged | row.computed | row.write_only <= inputs_of(row)
    assert not row.replaces & row.replaces_if.keys()


def inputs_of(row: Row) -> set[str]:
    return {path.split(".")[0] for path in row.inputs}


def in_place() -> list[tuple[Row, str]]:
    """Each row with each input that changes in place and that its example changes."""
    return [
        (row, key)
        for token, row in ROWS.items()
        if token not in ELSEWHERE
        for key in sorted(inputs_of(row) - row.replaces - EXAMPLES[token].untried.keys())
    ]


@each_row
def test_an_input_is_changed_in_place_or_left_out_with_a_reason(row: Row) -> None:
    untried = EXAMPLES[row.token].untried
    assert untried.keys() <= inputs_of(row) - row.replaces
    assert all(untried.values())


@pytest.mark.parametrize(
    ("row", "key"), in_place(), ids=[f"{row.token}-{key}" for row, key in in_place()]
)
def test_each_input_that_does_not_replace_changes_in_place_on_its_own(row: Row, key: str) -> None:
    client, example = example_of(row)
    given = example.inputs()
    physical_id, state = lifecycle.create(row, client, given)
    values = example.one_by_one(given)[key]()
    wanted = {name: value for name, value in {**given, **values}.items() if value is not None}

    difference = lifecycle.diff(row, state, given, wanted)
    assert key in difference.changed
    assert difference.replaces == frozenset()
    after = lifecycle.update(row, client, physical_id, state, given, wanted)
    assert row.changed(after, wanted, wanted) == frozenset()

    found = lifecycle.read(row, client, physical_id, after, wanted)
    assert found is not None, "under the id that it had"
    assert row.changed(found[0], wanted, wanted) == frozenset()
    assert found[0].get(key) != state.get(key), "and it really is another value"


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


def test_a_type_without_a_row_names_where_to_add_one() -> None:
    with pytest.raises(NotImplementedError, match="pulumi_moto/services/"):
        row_for("aws:sqs/queue:Queue")


def test_every_example_has_its_row() -> None:
    assert set(EXAMPLES) == set(ROWS)
