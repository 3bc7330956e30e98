"""Every AWS command in docs/runbook.md exists and has valid options."""

import re

import botocore.session
import pytest
from botocore import xform_name
from botocore.waiter import WaiterModel

from runbook_fixtures import RUNBOOK, commands

SESSION = botocore.session.get_session()
OF_THE_CLI = {"query", "output", "cli-input-json"}
CUSTOM: dict[tuple[str, str], set[str]] = {
    ("ecr", "get-login-password"): set(),
    ("logs", "tail"): {"since", "follow", "format", "filter-pattern"},
    ("s3", "ls"): {"recursive"},
}
"""Commands of the AWS CLI without an API operation."""
CALL = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)(?: ([a-z][a-z0-9-]+))?(?= |$)")
PASSED_OVER = re.compile(r"'[^']*'|\$\(date[^)]*\)")
OPTION = re.compile(r"(?<= )--([a-z][a-z0-9-]*)")


def calls() -> list[tuple[str, str, str, frozenset[str]]]:
    """Service, operation, waiter and options of each command."""
    found = set()
    for section in commands(RUNBOOK).values():
        for command in section:
            bare = PASSED_OVER.sub("''", command)
            starts = [*CALL.finditer(bare)]
            ends = [*(start.start() for start in starts[1:]), len(bare)]
            for start, end in zip(starts, ends, strict=False):  # none without a call
                # A pipe or a bracket ends a call, unless it is quoted.
                text = re.split(r" \||\)\"?(?= |$)", bare[start.start() : end])[0]
                service, operation, more = start.groups()
                found.add((service, operation, more or "", frozenset(OPTION.findall(text))))
    return sorted(found, key=lambda call: (call[0], call[1], call[2], sorted(call[3])))


CALLS = calls()


def test_the_calls_cover_every_service_of_the_stack() -> None:
    assert len(CALLS) > 40
    assert {call[0] for call in CALLS} >= {
        "acm",
        "application-autoscaling",
        "cloudwatch",
        "ec2",
        "ecs",
        "elasticache",
        "elbv2",
        "logs",
        "rds",
        "secretsmanager",
        "ssm",
    }


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(filter(None, call[:3])))
def test_each_command_is_valid_for_aws(call: tuple[str, str, str, frozenset[str]]) -> None:
    service, operation, waited, options = call
    if (service, operation) in CUSTOM:
        assert options <= CUSTOM[service, operation]
        return
    model = SESSION.get_service_model(service)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    if operation == "wait":
        waiters = WaiterModel(
            SESSION.get_component("data_loader").load_service_model(service, "waiters-2")
        )
        names = {xform_name(name, "-"): name for name in waiters.waiter_names}
        operation = xform_name(waiters.get_waiter(names[waited]).operation, "-")
    shape = model.operation_model(named[operation]).input_shape
    members = {xform_name(name, "-"): member for name, member in shape.members.items()}
    switches = {f"no-{name}" for name, member in members.items() if member.type_name == "boolean"}
    assert options <= members.keys() | switches | OF_THE_CLI
    if "cli-input-json" not in options:
        assert {xform_name(name, "-") for name in shape.required_members} <= options
