"""Check, diff and the rest, on a row of two inputs that needs no AWS service."""

from dataclasses import replace
from typing import Any

import pytest

from pulumi_moto import lifecycle
from pulumi_moto.row import Autoname, Change, ExistsButFailedError, Row, paths

SEED = b"seed"


class Shelf:
    """A service that holds things by name."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {}


def create(shelf: Shelf, props: Any) -> str:
    shelf.things[props["name"]] = {"name": props["name"], "size": props.get("size", 1)}
    return str(props["name"])


def update(shelf: Shelf, name: str, change: Change) -> None:
    shelf.things[name]["size"] = change.new.get("size", 1)


ROW = Row(
    token="shelf:index:Thing",
    client="shelf",
    inputs=frozenset({"name", "size", "secret", "nested.depth", "tags.*"}),
    outputs=frozenset({"arn"}),
    replaces=frozenset({"name"}),
    write_only=frozenset({"secret"}),
    ignored={"color": "shelves are grey"},
    autoname=Autoname(longest=20),
    create=create,
    read=lambda shelf, name: (
        {**shelf.things[name], "arn": f"arn:{name}"} if name in shelf.things else None
    ),
    update=update,
    delete=lambda shelf, name, _state: shelf.things.pop(name, None),
)


def test_a_generated_name_is_the_logical_name_and_seven_hex_digits() -> None:
    inputs, failures = lifecycle.check(ROW, "box", {}, {}, SEED)

    name, _, suffix = inputs["name"].rpartition("-")
    assert (name, len(suffix), failures) == ("box", 7, [])
    assert int(suffix, 16) >= 0


def test_a_name_stays_in_later_checks_and_changes_for_a_replacement() -> None:
    first, _ = lifecycle.check(ROW, "box", {}, {}, SEED)
    later, _ = lifecycle.check(ROW, "box", first, {"size": 2}, b"another seed")
    replacement, _ = lifecycle.check(ROW, "box", {}, {"size": 2}, b"another seed")

    assert later["name"] == first["name"]
    assert replacement["name"] != first["name"]


def test_a_name_that_aws_would_not_take_is_refused_with_the_length_that_fits() -> None:
    _, (failure,) = lifecycle.check(ROW, "a-box-with-a-long-name", {}, {}, SEED)
    assert "30 characters; AWS allows 20" in failure
    assert "at most 12 characters" in failure


def test_removing_a_chosen_name_generates_a_new_one() -> None:
    inputs, _ = lifecycle.check(ROW, "box", {"name": "chosen"}, {}, SEED)
    assert inputs["name"].startswith("box-")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"weight": 1}, "weight"),
        ({"nested": {"width": 1}}, "nested.width"),
        ({"nested": [{"depth": 1, "width": 1}]}, "nested.width"),
    ],
)
def test_an_input_in_neither_list_fails_check_and_names_where_to_add_it(
    given: dict[str, Any], named: str
) -> None:
    _, (failure,) = lifecycle.check(ROW, "box", {}, given, SEED)
    assert f"`{named}`" in failure
    assert "pulumi_moto/services/" in failure


def test_carried_ignored_and_free_inputs_pass() -> None:
    given = {"size": 1, "color": "red", "tags": {"anything": "goes"}, "nested": {"depth": 2}}
    assert lifecycle.check(ROW, "box", {}, given, SEED)[1] == []


@pytest.mark.parametrize(
    ("state", "old", "new", "changed"),
    [
        ({"size": 1}, {"size": 1}, {"size": 1}, set()),
        ({"size": 1}, {"size": 1}, {"size": 2}, {"size"}),
        # Changed by hand, and seen by a refresh.
        ({"size": 9}, {"size": 1}, {"size": 1}, {"size"}),
        # The program never set a size: AWS's default is unmanaged.
        ({"size": 9}, {}, {}, set()),
        # The program removed the size.
        ({"size": 9}, {"size": 9}, {}, {"size"}),
        # What is ignored can't differ.
        ({"color": "red"}, {"color": "red"}, {"color": "blue"}, set()),
        # What AWS never gives back is compared with what was sent.
        ({}, {"secret": "a"}, {"secret": "a"}, set()),
        ({}, {"secret": "a"}, {"secret": "b"}, {"secret"}),
    ],
)
def test_diff(state: Any, old: Any, new: Any, changed: set[str]) -> None:
    assert lifecycle.diff(ROW, state, old, new).changed == changed


def test_a_chosen_name_is_released_before_its_replacement_uses_it() -> None:
    row = replace(ROW, replaces=frozenset({"size"}))
    chosen = {"name": "chosen", "size": 1}
    drawn, _ = lifecycle.check(row, "box", {}, {"size": 1}, SEED)

    assert lifecycle.diff(row, chosen, chosen, {**chosen, "size": 2}).delete_first
    assert not lifecycle.diff(row, drawn, drawn, {**drawn, "size": 2}).delete_first
    renamed = lifecycle.diff(ROW, chosen, chosen, {"name": "other", "size": 1})
    assert renamed.replaces == {"name"}
    assert not renamed.delete_first


def test_a_preview_has_unknown_outputs() -> None:
    assert lifecycle.previewed_create(ROW, {"name": "box"}) == {
        "name": "box",
        "arn": lifecycle.UNKNOWN,
    }


def test_write_only_values_stay_in_the_state() -> None:
    shelf = Shelf()
    inputs = {"name": "box", "secret": "a", "color": "red"}
    physical_id, state = lifecycle.create(ROW, shelf, inputs)

    assert (state["secret"], state["color"], state["arn"]) == ("a", "red", "arn:box")
    read = lifecycle.read(ROW, shelf, physical_id, state, inputs)
    assert read == (state, inputs)


def test_read_returns_changes_and_deletions_by_hand() -> None:
    shelf = Shelf()
    inputs = {"name": "box", "size": 1}
    physical_id, state = lifecycle.create(ROW, shelf, inputs)

    shelf.things["box"]["size"] = 5
    found = lifecycle.read(ROW, shelf, physical_id, state, inputs)
    assert found is not None
    assert found[1] == {"name": "box", "size": 5}

    shelf.things.clear()
    assert lifecycle.read(ROW, shelf, physical_id, state, inputs) is None


def test_a_create_that_fails_half_way_keeps_the_id() -> None:
    def half(shelf: Shelf, props: Any) -> str:
        raise ExistsButFailedError(create(shelf, props), "it wobbles")

    with pytest.raises(lifecycle.HalfDoneError, match="it wobbles") as failed:
        lifecycle.create(replace(ROW, create=half), Shelf(), {"name": "box"})
    assert failed.value.physical_id == "box"
    assert failed.value.state["arn"] == "arn:box"


def test_a_failed_update_reports_the_current_state() -> None:
    def undone(shelf: Shelf, name: str, _change: Change) -> None:
        shelf.things[name]["size"] = 1
        raise ExistsButFailedError(name, "it was rolled back")

    shelf = Shelf()
    physical_id, state = lifecycle.create(ROW, shelf, {"name": "box", "size": 1})
    old, new = {"name": "box", "size": 1}, {"name": "box", "size": 2}
    with pytest.raises(lifecycle.HalfDoneError, match="it was rolled back") as failed:
        lifecycle.update(replace(ROW, update=undone), shelf, physical_id, state, old, new)
    assert failed.value.physical_id == "box"
    assert failed.value.state["size"] == 1


def test_an_update_of_something_that_is_gone_asks_for_a_refresh() -> None:
    row = replace(ROW, update=lambda *_: None)
    with pytest.raises(LookupError, match="run a refresh"):
        lifecycle.update(row, Shelf(), "box", {}, {}, {"size": 2})


def test_paths_name_every_leaf_without_list_indices() -> None:
    value = {"a": [{"b": 1}, {"c": [2, 3]}], "d": {}, "e": {"f": None}}
    assert list(paths(value)) == ["a.b", "a.c", "a.c", "d", "e.f"]


def test_an_ignored_input_is_neither_shown_nor_sent() -> None:
    """`ignore_changes`: the engine hands the old input on, the account has moved on since."""
    shelf = Shelf()
    inputs = {"name": "box", "size": 1, "secret": "a"}
    physical_id, _ = lifecycle.create(ROW, shelf, inputs)
    shelf.things["box"]["size"] = 9
    found = lifecycle.read(ROW, shelf, physical_id, inputs, inputs)
    assert found is not None
    state, news = found[0], {**inputs, "secret": "b"}
    seen: list[Change] = []
    row = replace(ROW, update=lambda _shelf, _name, change: seen.append(change))

    assert lifecycle.diff(row, state, inputs, news, ["size"]).changed == {"secret"}
    lifecycle.update(row, shelf, physical_id, state, inputs, news, ["size"])
    assert seen[0].keys == {"secret"}
    assert seen[0].new["size"] == 9


def test_ignoring_a_part_of_an_input_is_refused() -> None:
    with pytest.raises(NotImplementedError, match=r"tags\.Owner is not emulated"):
        lifecycle.diff(ROW, {}, {}, {}, ["tags.Owner"])


FULL = replace(
    ROW,
    inputs=ROW.inputs | {"shape"},
    computed=frozenset({"shape"}),
    replaces_if={"size": lambda state, new: state["size"] > new["size"]},
    suppresses={"shape": lambda state, _new: state["size"] == 0},
)


def test_an_input_that_was_taken_out_of_the_program_is_gone_from_a_preview() -> None:
    old = {"name": "box", "size": 3, "secret": "s"}
    state = {**old, "arn": "arn:box"}
    previewed = lifecycle.previewed_update(ROW, state, old, {"name": "box", "size": 3})
    assert previewed == {"name": "box", "size": 3, "arn": "arn:box"}


def test_an_input_that_the_provider_keeps_stays_in_a_preview_and_is_no_difference() -> None:
    old = {"name": "box", "shape": "round"}
    state = {**old, "arn": "arn:box", "size": 1}
    assert lifecycle.previewed_update(FULL, state, old, {"name": "box"}) == state
    assert lifecycle.diff(FULL, state, old, {"name": "box"}).changed == frozenset()


def test_a_removed_write_only_input_leaves_the_state() -> None:
    shelf = Shelf()
    old = {"name": "box", "secret": "s"}
    _, state = lifecycle.create(ROW, shelf, old)
    assert state["secret"] == "s"
    after = lifecycle.update(ROW, shelf, "box", state, old, {"name": "box"})
    assert "secret" not in after


@pytest.mark.parametrize(("size", "replaces"), [(2, set()), (0, {"size"})])
def test_a_row_decides_which_values_replace(size: int, replaces: set[str]) -> None:
    state = {"name": "box", "size": 1}
    difference = lifecycle.diff(FULL, state, state, {"name": "box", "size": size})
    assert difference.changed == {"size"}
    assert difference.replaces == replaces


def test_a_row_suppresses_equivalent_differences() -> None:
    old = {"name": "box", "size": 0, "shape": "round"}
    assert not lifecycle.diff(FULL, old, old, {**old, "shape": "square"}).changed
    grown = {**old, "size": 1}
    assert lifecycle.diff(FULL, grown, old, {**grown, "shape": "square"}).changed == {"shape"}


def test_a_resource_that_an_update_gave_another_id_is_read_by_that() -> None:
    shelf = Shelf()
    moved = replace(
        ROW,
        replaces=frozenset(),
        located_by=lambda first, props: str(props.get("name", first)),
        update=lambda shelf, _name, change: shelf.things.update(
            {change.new["name"]: {"name": change.new["name"], "size": 1}}
        ),
    )
    _, state = lifecycle.create(moved, shelf, {"name": "box"})
    after = lifecycle.update(moved, shelf, "box", state, {"name": "box"}, {"name": "crate"})
    assert after["name"] == "crate"
    found = lifecycle.read(moved, shelf, "box", after, {"name": "crate"})
    assert found is not None
    assert found[0]["arn"] == "arn:crate"


def test_an_import_returns_the_inputs_of_an_existing_resource() -> None:
    shelf = Shelf()
    shelf.things["box"] = {"name": "box", "size": 0, "nested": {"depth": 1}, "tags": {"by": "hand"}}
    row = replace(
        ROW, defaults={"nested": {"depth": 1}}, imported_id=lambda state: str(state["arn"])
    )

    found = lifecycle.imported(row, shelf, "box")

    assert found is not None
    physical_id, state, inputs = found
    assert physical_id == "arn:box"
    assert state["size"] == 0
    assert inputs == {"name": "box", "tags": {"by": "hand"}}
    assert lifecycle.imported(row, shelf, "bag") is None
