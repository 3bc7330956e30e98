"""A failed preview is a report as well; with the engine: tests/engine/test_pipeline.py."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.apply.failures import EXPIRED_SENTENCE
from pipeline.drift import drift, unowned
from pipeline.hazards import changes, unrotated
from pipeline.preview import preview
from pipeline.report.report import Drift, Report
from scripted_engine import Stack, error, violation

EXPIRED = "echo 'error: ExpiredToken: the token has expired' >&2; exit 255"
FOUND = Drift(token="t", resource="r", property="p", advice="a")


class Previewed(Stack):
    """The engine's events come with the preview."""

    def preview(self, *, on_event: Any, plan: str | None = None, **_: object) -> None:
        for one in self.seen:
            on_event(one)
        super().preview(on_event=on_event, plan=plan)


def previewed(stack: Stack, tmp_path: Path) -> Report:
    return preview(stack.opened, plan=tmp_path / "plan.json", look_for_drift=True)


@pytest.fixture
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "find", lambda *_: [FOUND])
    monkeypatch.setattr(unowned, "find", lambda _: [])
    monkeypatch.setattr(unrotated, "sentences", lambda _: ["Rotate it."])


@pytest.mark.usefixtures("_found")
def test_a_policy_violation_hides_no_drift(tmp_path: Path) -> None:
    seen = [violation("rds-multi-az", "database", "One zone."), error("preview failed")]
    report = previewed(Previewed(tmp_path, preview_is="exit 255", seen=seen), tmp_path)
    assert (report.failure, report.passed) == ("", False)
    assert report.drift == [FOUND]
    assert report.unrotated == ["Rotate it."]


@pytest.mark.usefixtures("_found")
def test_a_failed_preview_reports_its_error_and_skips_further_checks(tmp_path: Path) -> None:
    seen = [error("1 error occurred:\n\t* no role"), error("preview failed")]
    report = previewed(Previewed(tmp_path, preview_is="exit 255", seen=seen), tmp_path)
    assert report.failure == "no role"
    assert report.drift is None


def test_expired_credentials_are_named_first(tmp_path: Path) -> None:
    report = previewed(Stack(tmp_path, preview_is=EXPIRED), tmp_path)
    first, second = report.failure.splitlines()
    assert first == EXPIRED_SENTENCE
    assert second.startswith("The preview failed: error: ExpiredToken")


def test_a_failed_drift_check_keeps_the_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> list[Drift]:
        raise unowned.UnreadableError("Rules that no resource owns: AccessDenied")

    monkeypatch.setattr(drift, "find", refused)
    monkeypatch.setattr(unrotated, "sentences", lambda _: [])
    report = previewed(Stack(tmp_path), tmp_path)
    assert len(report.changes) == 1
    assert report.failure.startswith("The check for drift failed: ")
    assert report.failure.endswith("AccessDenied")


@pytest.mark.usefixtures("_found")
def test_a_failed_check_of_secrets_is_a_failure_and_hides_no_drift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: object) -> list[str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeSecret")

    monkeypatch.setattr(unrotated, "sentences", denied)
    report = previewed(Stack(tmp_path), tmp_path)
    assert report.failure.startswith("The check of the secrets failed: ")
    assert report.drift == [FOUND]


@pytest.mark.usefixtures("_found")
def test_a_failed_read_of_the_account_is_a_failure_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> list[str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeDBInstances")

    monkeypatch.setattr(changes, "refusals", denied)
    report = previewed(Stack(tmp_path), tmp_path)
    assert report.failure.startswith("Reading the account failed: ")
    assert report.drift == [FOUND]
