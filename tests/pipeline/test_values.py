"""The values that a reviewer may see."""

import json
from typing import Any

import pytest

from pipeline.report.values import ABSENT, NOT_YET, SECRET, UNKNOWN, masked, values

SIGNED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c"}


def shown(key: str, before: Any, after: Any) -> tuple[str, str]:
    (found,) = values((key,), {key: before}, {key: after})
    return found.before, found.after


def test_plain_values_are_shown_unchanged() -> None:
    assert shown("instanceClass", "db.t3.small", "db.t3.large") == ("db.t3.small", "db.t3.large")
    assert shown("port", 5432.0, 5433.0) == ("5432", "5433")
    assert shown("multiAz", *(False, True)) == ("false", "true")
    (found,) = values(("a",), {}, {"a": UNKNOWN})
    assert (found.before, found.after) == (ABSENT, NOT_YET)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "masterPassword", "authToken", "secretString", "privateKey", "apiKey"),
        *("SECRET_KEY", "DB_PASSWORD", "API_TOKEN", "userData", "credentials", "CHAT_WEBHOOK"),
    ],
)
def test_an_unmarked_secret_is_masked_by_its_name(name: str) -> None:
    assert shown(name, "hunter2", "hunter3") == (SECRET, SECRET)
    assert masked([{"name": name, "value": "hunter2"}]) == [{"name": name, "value": SECRET}]


@pytest.mark.parametrize(
    "name", ["secretArn", "valueFrom", "kmsKeyId", "key", "authTokenUpdateStrategyName", "port"]
)
def test_a_reference_to_a_secret_is_shown(name: str) -> None:
    assert masked("arn:aws:secretsmanager:x", name) == "arn:aws:secretsmanager:x"


def test_a_value_that_was_or_becomes_secret_is_masked_on_both_sides() -> None:
    assert shown("description", "hunter2", SECRET) == (SECRET, SECRET)
    assert shown("description", SIGNED, "hunter2") == (SECRET, SECRET)
    (found,) = values(("description",), {}, {"description": SIGNED})
    assert (found.before, found.after) == (ABSENT, SECRET)


def test_a_document_in_a_text_is_masked_inside_and_compared_line_by_line() -> None:
    def container(level: str) -> str:
        variables = [
            {"name": "DB_PASSWORD", "value": "hunter2"},
            {"name": "LOG_LEVEL", "value": level},
            {"name": "DATABASE", "value": "postgresql://arbor:hunter2@db/arbor"},
        ]
        return json.dumps([{"name": "backend", "environment": variables}])

    key = "containerDefinitions"
    (found,) = values((key,), {key: container("info")}, {key: container("debug")})
    assert found.is_long
    assert "hunter2" not in found.before + found.after
    assert [line.strip() for line in found.diff() if line[0] in "+-"] == [
        '-        "value": "info"',
        '+        "value": "debug"',
    ]


def test_both_sides_have_the_same_layout() -> None:
    wide = [{"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": n} for n in range(3)]
    (found,) = values(("s",), {"s": wide}, {"s": wide[:1]})
    assert all(line.startswith(("@@", " ", "-")) for line in found.diff()), found.diff()


def test_the_cause_of_a_replacement_is_marked() -> None:
    found = values(("engine", "port"), {}, {}, replacing=("engine",))
    assert [(one.key, one.replaces) for one in found] == [("engine", True), ("port", False)]
