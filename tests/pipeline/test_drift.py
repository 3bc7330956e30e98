from typing import Any

from pulumi.automation import events

from pipeline import drift

DATABASE = "aws:rds/instance:Instance"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Stack:
    """Previews that say what they are told to say: one without a refresh, one with."""

    name = "production"

    def __init__(self, plain: list[dict[str, Any]], refreshed: list[dict[str, Any]]) -> None:
        self._steps = {False: plain, True: refreshed}

    def preview(self, *, on_event: Any, refresh: bool = False, **_: object) -> None:
        for metadata in self._steps[refresh]:
            event = {"sequence": 1, "timestamp": 1, "resourcePreEvent": {"metadata": metadata}}
            on_event(events.EngineEvent.from_json(event))


def step(name: str, token: str, key: str, now: object, wanted: object) -> dict[str, Any]:
    urn = f"urn:pulumi:production::arbor::{token}::{name}"
    common = {"urn": urn, "type": token, "provider": ""}
    return {
        **common,
        "op": "update",
        "diffs": [key],
        "old": {**common, "id": "i", "parent": "", "inputs": {key: now}, "outputs": {}},
        "new": {**common, "id": "i", "parent": "", "inputs": {key: wanted}, "outputs": {}},
    }


def found(plain: list[dict[str, Any]], refreshed: list[dict[str, Any]]) -> list[str]:
    stack: Any = Stack(plain, refreshed)
    return [one.advice for one in drift.find(stack)]


def test_a_value_that_config_holds_is_named_with_key_and_file() -> None:
    larger = step("database-instance", DATABASE, "instanceClass", "db.t3.large", "db.t3.medium")
    (advice,) = found([], [larger])
    assert advice == (
        "database-instance: instanceClass is db.t3.large in AWS, db.t3.medium in the program. To "
        "keep it, set arbor:databaseClass to db.t3.large in Pulumi.production.yaml; else change "
        "AWS back."
    )


def test_the_reading_of_a_resource_does_not_hide_its_drift() -> None:
    larger = step("database-instance", DATABASE, "instanceClass", "db.t3.large", "db.t3.medium")
    reading = {**larger, "op": "refresh", "diffs": []}
    assert len(found([], [reading, larger])) == 1


def test_a_services_limits_are_named_in_its_entry() -> None:
    target = "aws:appautoscaling/target:Target"
    (advice,) = found([], [step("backend-scaling-target", target, "maxCapacity", 20, 10)])
    assert "set arbor:services.backend.max to 20 in Pulumi.production.yaml" in advice


def test_what_no_key_holds_is_the_programs() -> None:
    (advice,) = found([], [step("acl", "aws:wafv2/webAcl:WebAcl", "rules", [1], [2])])
    assert "rules is another value in AWS, another value in the program. No config key" in advice


def test_what_the_change_itself_does_is_no_drift() -> None:
    wanted = step("database-instance", DATABASE, "instanceClass", "db.t3.medium", "db.t3.large")
    assert found([wanted], [wanted]) == []


def test_what_only_follows_from_another_change_is_told_there() -> None:
    follows = step("policy", "aws:iam/rolePolicy:RolePolicy", "policy", "{}", UNKNOWN)
    assert found([], [follows]) == []


def test_a_resource_that_is_gone_is_drift() -> None:
    urn = "urn:pulumi:production::arbor::aws:cloudwatch/logGroup:LogGroup::logs-exec"
    gone = {"op": "create", "urn": urn, "type": "aws:cloudwatch/logGroup:LogGroup", "provider": ""}
    (advice,) = found([], [gone])
    assert advice.startswith("logs-exec is gone from the account.")
