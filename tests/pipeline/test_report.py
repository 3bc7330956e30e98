from pathlib import Path

import pytest
from pulumi.automation import events

from pipeline.job import Job
from pipeline.report.report import Change, Drift, Finding, Report
from pipeline.report.values import Value

URN = "urn:pulumi:staging::arbor::arbor:data:Database$aws:rds/instance:Instance::database-instance"
TOKEN = "aws:rds/instance:Instance"


def step(op: str, **more: object) -> events.EngineEvent:
    metadata = {"op": op, "urn": URN, "type": TOKEN, "provider": "", **more}
    return events.EngineEvent.from_json(
        {"sequence": 1, "timestamp": 1, "resourcePreEvent": {"metadata": metadata}}
    )


def policy(level: str) -> events.EngineEvent:
    reported = {
        "resourceUrn": URN,
        "message": "Why.\nWhat is wrong.",
        "color": "never",
        "policyName": "rds-multi-az",
        "policyPackName": "arbor",
        "policyPackVersion": "1",
        "policyPackVersionTag": "1",
        "enforcementLevel": level,
    }
    return events.EngineEvent.from_json({"sequence": 1, "timestamp": 1, "policyEvent": reported})


def test_a_replacement_in_three_steps_is_one_change() -> None:
    report = Report(stack="staging")
    for op in ("create-replacement", "replace", "delete-replaced"):
        report.record(step(op, diffs=["engine"]))
    assert report.changes == [
        Change(group="replaced", token=TOKEN, name="database-instance", properties=("engine",))
    ]


def test_unchanged_resources_are_only_counted() -> None:
    report = Report(stack="staging")
    report.record(step("same"))
    assert (report.changes, report.unchanged) == ([], 1)


@pytest.mark.parametrize(("level", "passed"), [("mandatory", False), ("advisory", True)])
def test_only_a_mandatory_policy_refuses(level: str, passed: bool) -> None:
    report = Report(stack="staging")
    report.record(policy(level))
    assert report.passed is passed
    assert report.findings[0].message == "Why. What is wrong."
    assert report.findings[0].resource == "database-instance"


def test_errors_after_a_policy_violation_are_no_failure() -> None:
    report = Report(stack="staging")
    report.record(policy("mandatory"))
    for message in ("preview failed\n", "error: nothing to compare with"):
        reported = {"message": message, "color": "never", "severity": "error"}
        report.record(
            events.EngineEvent.from_json(
                {"sequence": 1, "timestamp": 1, "diagnosticEvent": reported}
            )
        )
    assert report.failure == "error: nothing to compare with"


def test_components_are_not_counted() -> None:
    report = Report(stack="staging")
    state = {"type": TOKEN, "urn": URN, "id": "", "parent": "", "provider": ""}
    report.record(step("create", new=state))
    assert report.changes == []
    report.record(step("create", new={**state, "custom": True}))
    assert len(report.changes) == 1


def test_values_are_inputs_without_secrets() -> None:
    state = {"type": TOKEN, "urn": URN, "custom": True, "id": "i", "parent": "", "provider": ""}
    old = {**state, "inputs": {"port": 5432, "password": "hunter2"}}
    new = {**state, "inputs": {"port": 5433, "password": "hunter3"}}
    keys = ["password", "port", "statusOfAws"]
    report = Report(stack="staging")
    report.record(step("replace", old=old, new=new, diffs=keys, keys=["port"]))
    (found,) = report.changes
    assert found.properties == tuple(keys)
    assert [(one.key, one.before, one.after, one.replaces) for one in found.values] == [
        ("password", "[secret]", "[secret]", False),
        ("port", "5432", "5433", True),
    ]


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    report = Report(
        stack="staging",
        changes=[
            Change(
                group="updated",
                token=TOKEN,
                name="database",
                properties=("port",),
                values=(Value(key="port", before="1", after="2", replaces=True),),
            )
        ],
        job=Job(commit="c", run="r", at="now"),
        unchanged=3,
        findings=[Finding(rule="r", resource="x", mandatory=True, message="m")],
        drift=[Drift(token=TOKEN, resource="database", property="port", advice="a")],
        failure="f",
    )
    report.write(tmp_path / "report.json")
    assert Report.read(tmp_path / "report.json") == report


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stack": 1}'])
def test_any_other_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"report\.json is not a report of `python -m pipeline"):
        Report.read(file)
