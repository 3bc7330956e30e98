import io

from pulumi.automation import OutputValue
from pulumi.automation.events import EngineEvent
from rich.console import Console

from engine.summary import OnStep, Steps, component_of, error_of, show

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:arbor/db-x"


def test_an_arn_is_printed_unchanged_and_a_secret_never() -> None:
    text = io.StringIO()
    outputs = {
        "arn": OutputValue(value=ARN, secret=False),
        "password": OutputValue(value="hunter2", secret=True),
        "groups": OutputValue(value={"backend": ["one", "two"]}, secret=False),
    }
    steps = Steps(OnStep(Console(file=io.StringIO())))
    show(Console(file=text, width=80), title="up", steps=steps, outputs=outputs, seconds=1.0)
    assert ARN in text.getvalue()
    assert "hunter2" not in text.getvalue()
    assert "groups:\n  backend:\n  - one\n  - two\n" in text.getvalue()


def test_a_resource_counts_with_its_outermost_component() -> None:
    urn = "urn:pulumi:test::arbor::arbor:compute:Service$arbor:compute:Task$aws:iam/role:Role::x"
    assert component_of(urn) == "Service"
    assert component_of("urn:pulumi:test::arbor::aws:kms/key:Key::x") == "Key"


def diagnostic(severity: str, message: str) -> EngineEvent:
    fields = {"urn": "", "prefix": "", "message": message, "color": "never", "severity": severity}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": fields})


def test_repeated_errors_are_shown_once() -> None:
    steps = Steps(OnStep(Console(file=io.StringIO())))
    for message in (
        "31 is no retention",
        "inline source runtime error: 31 is no retention",
        "else",
    ):
        steps.record(diagnostic("error", message))
    assert steps.reasons() == ["31 is no retention", "else"]


def test_a_consequential_error_is_not_shown() -> None:
    assert error_of(diagnostic("error", "the bucket is taken\n")) == "the bucket is taken"
    assert not error_of(diagnostic("error", "Traceback: resource monitor shut down"))
    assert not error_of(diagnostic("info", "going on"))
