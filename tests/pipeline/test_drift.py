from typing import Any

from pulumi.automation import events

from pipeline.drift import drift

DATABASE = "aws:rds/instance:Instance"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Stack:
    """Fixed results of two previews: one without a refresh, one with."""

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


def test_drift_of_a_config_value_names_key_and_file() -> None:
    larger = step("database-instance", DATABASE, "instanceClass", "db.t3.large", "db.t3.medium")
    (advice,) = found([], [larger])
    assert advice == (
        "database-instance: instanceClass is db.t3.large in AWS and db.t3.medium in the program. "
        "To keep it, set arbor:databaseClass to db.t3.large in Pulumi.production.yaml and merge "
        "it; else change AWS back with the workflow `operate`, action up-refresh "
        "(`python -m pipeline operate up-refresh --stack production`)."
    )


def test_a_read_step_does_not_hide_drift() -> None:
    larger = step("database-instance", DATABASE, "instanceClass", "db.t3.large", "db.t3.medium")
    reading = {**larger, "op": "refresh", "diffs": []}
    assert len(found([], [reading, larger])) == 1


def test_drift_of_a_services_limits_names_its_entry() -> None:
    target = "aws:appautoscaling/target:Target"
    (advice,) = found([], [step("backend-scaling-target", target, "maxCapacity", 20, 10)])
    assert "set arbor:services.backend.max to 20 in Pulumi.production.yaml" in advice


def test_drift_without_a_config_key_is_changed_in_the_program() -> None:
    (advice,) = found([], [step("acl", "aws:wafv2/webAcl:WebAcl", "rules", [1], [2])])
    assert "rules is another value in AWS and another value in the program. To keep it, " in advice
    assert "change the program: the value has no config key; else change AWS back" in advice


def test_the_pull_requests_own_change_is_no_drift() -> None:
    wanted = step("database-instance", DATABASE, "instanceClass", "db.t3.medium", "db.t3.large")
    assert found([wanted], [wanted]) == []


def test_consequential_changes_are_no_drift() -> None:
    follows = step("policy", "aws:iam/rolePolicy:RolePolicy", "policy", "{}", UNKNOWN)
    assert found([], [follows]) == []


def test_a_missing_resource_is_drift() -> None:
    urn = "urn:pulumi:production::arbor::aws:cloudwatch/logGroup:LogGroup::logs-exec"
    gone = {"op": "create", "urn": urn, "type": "aws:cloudwatch/logGroup:LogGroup", "provider": ""}
    (advice,) = found([], [gone])
    assert advice == (
        "logs-exec is gone from the account. Check first whether other resources are missing. "
        "Then run "
        "the workflow `operate`, action refresh, which removes it from the state (`python -m "
        "pipeline operate refresh --stack production`), and the workflow `up`, which creates it "
        "again."
    )


def test_a_missing_resource_with_data_must_be_restored_first() -> None:
    urn = f"urn:pulumi:production::arbor::{DATABASE}::database-instance"
    (advice,) = found([], [{"op": "create", "urn": urn, "type": DATABASE, "provider": ""}])
    assert 'It held data: restore it first ("Backup and Recovery" in docs/runbook.md)' in advice


def test_a_drifted_secret_is_masked() -> None:
    (advice,) = found([], [step("database-instance", DATABASE, "password", "hunter2", "hunter3")])
    assert "hunter" not in advice
