"""The calls of the pipeline's commands, read from their code, are within the roles' permissions."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from iam_requests import PRODUCTION

ROOT = Path(__file__).parents[2]
SERVICES = {
    "application-autoscaling": "application-autoscaling",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "elasticache": "elasticache",
    "elbv2": "elasticloadbalancing",
    "iam": "iam",
    "logs": "logs",
    "rds": "rds",
    "secretsmanager": "secretsmanager",
    "service-quotas": "servicequotas",
    "ssm": "ssm",
}
"""boto3's name and IAM's."""
CALLED = re.compile(r"""(?:\.|")([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b""")
"""`client.describe_rules`, called or handed on, and `get_paginator("describe_rules")`."""
RELEASES = ("release", "ecs", "bluegreen")
ELSEWHERE = {"execute_command": "operators' sessions, by their own roles"}
ROTATES = ("*.py", "security/*.py", "cache/session.py", "database/session.py")
"""Code of `arbor rotate-first` that calls AWS, below arbor/, in addition to a release's."""
PREVIEWS = ("hazards/*.py", "drift/drift.py", "drift/unowned.py")
"""Code of a preview, below pipeline/."""


@cache
def actions() -> dict[str, set[str]]:
    """The IAM actions that a boto3 method could be, by its name."""
    found: dict[str, set[str]] = {}
    for service, prefix in SERVICES.items():
        for operation in get_session().get_service_model(service).operation_names:
            found.setdefault(xform_name(operation), set()).add(f"{prefix}:{operation}")
    return found


def called(*files: Path) -> set[str]:
    """Names of boto3 methods in these files."""
    text = "\n".join(file.read_text() for file in files)
    return set(CALLED.findall(text)) & actions().keys()


def may(kind: str) -> set[str]:
    return {
        action
        for policy in PRODUCTION.principal(kind).policies
        for statement in json.loads(policy)["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


@pytest.mark.parametrize("room", RELEASES)
def test_the_deploy_role_allows_a_releases_calls(room: str) -> None:
    names = called(*(ROOT / "packages/arbor/src/arbor" / room).rglob("*.py")) - ELSEWHERE.keys()
    assert len(names) > 2
    assert {name for name in names if not actions()[name] & may("deploy")} == set()


def test_the_first_deploy_role_allows_the_first_rotations_calls() -> None:
    names = called(
        *(file for name in ROTATES for file in (ROOT / "packages/arbor/src/arbor").glob(name))
    )
    assert {"start_session", "terminate_session", "modify_replication_group"} <= names
    assert {name for name in names if not actions()[name] & may("bootstrap")} == set()


def test_the_preview_role_allows_the_calls_of_a_previews_checks() -> None:
    names = called(*(file for name in PREVIEWS for file in (ROOT / "pipeline").glob(name)))
    assert {"describe_db_instances", "describe_rules", "get_policy"} <= names
    assert {name for name in names if not actions()[name] & may("preview")} == set()
