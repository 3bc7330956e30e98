"""Every end of an apply leaves a report; with the engine: tests/engine/test_pipeline.py."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from pipeline.apply import interruption, outcome
from pipeline.apply.apply import HalfDoneError, NotDoneError, RefusedError, StaleError, apply
from pipeline.apply.failures import EXPIRED_SENTENCE
from pipeline.apply.outcome import Outcome
from scripted_engine import Stack, begins, ends, error, fails, plan, urn, violation

EXPIRED = "echo 'error: ExpiredToken: The security token included in the request is expired' >&2"
PENDING = {"type": "creating", "resource": {"urn": urn("database-instance")}}
CANCEL = "`python -m pipeline operate cancel --stack staging`"
REFRESH = "`python -m pipeline operate refresh --stack staging`"
PREVIEW = "`pulumi preview --stack staging --refresh`"


@pytest.fixture(autouse=True)
def _handlers_stay() -> Iterator[None]:
    handled = (*interruption.SIGNALS, signal.SIGALRM)
    before = [signal.getsignal(one) for one in handled]
    yield
    assert [signal.getsignal(one) for one in handled] == before


def applied(stack: Stack, content: dict[str, Any] | None = None) -> tuple[Outcome, list[str]]:
    """The report on disk, and the lines of the log."""
    output: list[str] = []
    file = stack.directory / "report.json"
    try:
        apply(stack.opened, stack.approved(content), output.append, report=file)
    except NotDoneError as ended:
        output += str(ended).splitlines()
    return Outcome.read(file), output


def first_words(found: Outcome) -> list[str]:
    return ["`".join(one.split("`")[:2]) + "`" for one in found.next]


def test_each_finished_resource_is_printed_at_once(tmp_path: Path) -> None:
    seen: list[int] = []
    output: list[str] = []

    class Watched(Stack):
        def _run(self, verb: str) -> None:
            if verb == "up":
                seen.append(len(output))  # while the engine still runs
            super()._run(verb)

    stack = Watched(tmp_path, seen=[begins("create", "a"), ends("create", "a")])
    file = tmp_path / "report.json"
    assert apply(stack.opened, stack.approved(), output.append, report=file) == ["created a (a-id)"]
    assert seen == [1]
    assert output == ["created a (a-id)"]
    assert (Outcome.read(file).result, Outcome.read(file).exit_code) == (outcome.DONE, 0)


def test_a_failure_lists_failed_and_created_resources_and_next_commands(tmp_path: Path) -> None:
    stack = Stack(
        tmp_path,
        up_is="exit 255",
        seen=[
            ends("update", "firewall-acl"),
            fails("create", "database-instance"),
            error("creating RDS instance: InsufficientDBInstanceCapacity"),
        ],
        pending=[PENDING],
    )
    found, output = applied(stack)
    assert found.result == outcome.FAILED
    assert found.reasons == ["creating RDS instance: InsufficientDBInstanceCapacity"]
    assert found.done == ["updated firewall-acl"]
    assert found.failed == ["create database-instance"]
    assert found.pending == ["creating database-instance"]
    assert first_words(found)[0] == REFRESH
    assert "The lock of staging is free." in output
    assert found.exit_code == 1


def test_a_failure_without_pending_operations_continues_with_a_new_plan(tmp_path: Path) -> None:
    found, _ = applied(Stack(tmp_path, up_is="exit 1", seen=[ends("update", "firewall-acl")]))
    assert first_words(found)[0] == PREVIEW
    assert found.next[-1] == outcome.AFTER


def test_credentials_that_expire_before_the_state_is_read_leave_a_report(tmp_path: Path) -> None:
    stack = Stack(
        tmp_path,
        up_is=f"{EXPIRED}; exit 1",
        export_is=f"{EXPIRED}; exit 1",
        seen=[ends("create", "a")],
    )
    found, output = applied(stack)
    assert found.reasons[0] == EXPIRED_SENTENCE
    assert "ExpiredToken" in found.unread
    assert found.done == ["created a (a-id)"]
    assert first_words(found)[0] == REFRESH
    assert any("Reading the state afterwards failed" in line for line in output)


def test_credentials_that_expire_before_the_engine_starts_change_nothing(tmp_path: Path) -> None:
    stack = Stack(tmp_path, preview_is=f"{EXPIRED}; exit 1")
    found, output = applied(stack)
    assert (found.result, found.reasons[0]) == (outcome.REFUSED, EXPIRED_SENTENCE)
    assert "staging was not changed." in output
    assert "up" not in stack.ran


def test_a_lock_that_could_not_be_deleted_is_deleted_first(tmp_path: Path) -> None:
    stays = "echo 'error: there was a problem deleting the lock at s3://b/l: ExpiredToken' >&2"
    found, _ = applied(Stack(tmp_path, up_is=f"{stays}; exit 1", seen=[ends("update", "a")]))
    assert found.lock.startswith("The engine failed to delete the lock of staging")
    assert first_words(found)[0] == CANCEL


def test_a_killed_engine_leaves_its_lock(tmp_path: Path) -> None:
    found, _ = applied(Stack(tmp_path, up_is="kill -9 $$"))
    assert found.lock.startswith("The engine was killed")
    assert first_words(found)[0] == CANCEL


def test_a_stack_locked_by_another_run_is_unchanged(tmp_path: Path) -> None:
    words = "error: the stack is currently locked by 1 lock(s): ci@runner (pid 7) at 02:17"
    found, output = applied(Stack(tmp_path, up_is=f"echo '{words}' >&2; exit 255"))
    assert (found.result, found.exit_code) == (outcome.REFUSED, 3)
    assert "ci@runner (pid 7)" in "\n".join(output)
    assert found.lock == "Another run holds the lock of staging."
    assert first_words(found)[0] == CANCEL


def test_a_plan_that_differs_from_a_new_preview_is_stale_before_any_change(tmp_path: Path) -> None:
    stack = Stack(tmp_path, fresh=plan("firewall-acl", "backend-service"))
    found, output = applied(stack, plan("firewall-acl"))
    assert (found.result, found.exit_code) == (outcome.STALE, 4)
    assert found.reasons == ["The approved plan is stale: it differs for backend-service."]
    assert any(line.startswith("- Run the workflow `up` on main:") for line in output)
    assert "up" not in stack.ran


def test_a_changed_value_makes_a_plan_stale_and_changed_ciphertext_does_not(tmp_path: Path) -> None:
    def secret(text: str) -> dict[str, str]:
        signature = "4dabf18193072939515e22adb298388d"
        return {signature: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": text}

    stack = Stack(tmp_path, fresh=plan("a", limit=1500))
    assert applied(stack, plan("a", limit=1000))[0].result == outcome.STALE
    stack = Stack(tmp_path, fresh=plan("a", limit=secret("v1:x")))
    assert applied(stack, plan("a", limit=secret("v1:y")))[0].result == outcome.DONE


def test_generated_names_make_no_plan_stale(tmp_path: Path) -> None:
    def creates(suffix: str, size: int = 1) -> dict[str, Any]:
        alias = {"name": f"alias/key-alias-{suffix}"}
        user = {"alias": f"arn:aws:kms:::alias/key-alias-{suffix}", "size": size}
        return {
            "resourcePlans": {
                urn(name): {"steps": ["create"], "goal": {"inputDiff": {"adds": adds}}}
                for name, adds in (("key-alias", alias), ("instance", user))
            }
        }

    stack = Stack(tmp_path, fresh=creates("0a1b2c3"))
    assert applied(stack, creates("4d5e6f7"))[0].result == outcome.DONE
    found, _ = applied(stack, creates("4d5e6f7", size=2))
    assert found.reasons == ["The approved plan is stale: it differs for instance."]


def test_a_file_other_than_a_plan_is_refused(tmp_path: Path) -> None:
    found, output = applied(Stack(tmp_path), {"something": "else"})
    assert found.result == outcome.REFUSED
    assert "is not an update plan" in output[0]


@pytest.mark.parametrize(
    ("before", "result", "raised"),
    [((), outcome.STALE, StaleError), ((ends("update", "a"),), outcome.FAILED, HalfDoneError)],
)
def test_an_unplanned_change_is_stale_only_before_the_first_change(
    tmp_path: Path, before: tuple[Any, ...], result: str, raised: type[NotDoneError]
) -> None:
    values = "~~rules[{x}!={y}], ~~password[{&{{hunter2}}}!={&{{hunter3}}}]"
    left = error(f"resource {urn('firewall-acl')} violates plan: properties changed: {values}")
    stack = Stack(tmp_path, up_is="exit 255", seen=[*before, left])
    with pytest.raises(raised):
        apply(stack.opened, stack.approved(), lambda _: None)
    found, output = applied(stack)
    assert found.result == result
    assert found.reasons == ["firewall-acl differs from the plan (rules, password)"]
    assert "hunter" not in "\n".join(output)


def unseen(name: str) -> Any:
    return error(f"expected resource operations for {urn(name)} but none were seen")


def test_a_removed_resource_makes_a_plan_stale(tmp_path: Path) -> None:
    found, _ = applied(Stack(tmp_path, up_is="exit 255", seen=[unseen("firewall-acl")]))
    assert found.result == outcome.STALE
    assert found.reasons == ["firewall-acl is in the plan, but not in the program"]


def test_consequential_errors_are_no_reason(tmp_path: Path) -> None:
    first = error("1 error occurred:\n\t* creating RDS instance: no capacity")
    stack = Stack(tmp_path, up_is="exit 255", seen=[first, unseen("a"), unseen("b")])
    found, _ = applied(stack)
    assert found.result == outcome.FAILED
    assert found.reasons == ["creating RDS instance: no capacity"]


def test_passwords_in_addresses_are_masked_in_reports(tmp_path: Path) -> None:
    reported = error("connecting to postgresql://arbor_user:hunter2@db:5432/arbor: refused")
    found, output = applied(Stack(tmp_path, up_is="exit 1", seen=[reported]))
    assert found.reasons == [
        "connecting to postgresql://arbor_user:[secret]@db:5432/arbor: refused"
    ]
    assert "hunter2" not in "\n".join(output)


def test_a_policy_violation_in_the_engine_changes_nothing(tmp_path: Path) -> None:
    stack = Stack(tmp_path, up_is="exit 255", seen=[violation("rds-multi-az", "db", "One zone.")])
    with pytest.raises(RefusedError, match=r"rds-multi-az on db: One zone\."):
        apply(stack.opened, stack.approved(), lambda _: None)


def test_unreadable_outputs_after_an_up_leave_it_done(tmp_path: Path) -> None:
    result = automation.CommandResult(stdout="", stderr="ExpiredToken: expired", code=255)
    stack = Stack(tmp_path, seen=[ends("update", "a")], read_back=automation.CommandError(result))
    found, output = applied(stack)
    assert (found.result, found.done) == (outcome.DONE, ["updated a"])
    assert "could not be read afterwards: ExpiredToken" in found.reasons[0]
    assert output == ["updated a"]


def test_an_internal_error_leaves_a_report(tmp_path: Path) -> None:
    stack = Stack(tmp_path, seen=[ends("update", "a")], read_back=KeyError("surprise"))
    found, _ = applied(stack)
    assert found.result == outcome.DONE  # the engine had ended successfully
    broken = Stack(tmp_path)
    broken.preview = None  # type: ignore[assignment, method-assign] # breaks it
    found, _ = applied(broken)
    assert found.result == outcome.REFUSED
    assert found.reasons[0].startswith("The preview failed: TypeError")


def test_a_full_disk_does_not_stop_the_engine(tmp_path: Path) -> None:
    stack = Stack(tmp_path, seen=[ends("update", "a")])
    output: list[str] = []
    gone = tmp_path / "gone" / "report.json"
    assert apply(stack.opened, stack.approved(), output.append, report=gone) == ["updated a"]
    assert any("The report could not be written" in line for line in output)


def test_a_killed_job_leaves_its_progress(tmp_path: Path) -> None:
    file, found = tmp_path / "report.json", []

    class Watched(Stack):
        def _run(self, verb: str) -> None:
            if verb == "up":
                found.append(Outcome.read(file))
            super()._run(verb)

    seen = [ends("create", "a"), begins("create", "b")]
    stack = Watched(tmp_path, up_is="exit 1", seen=seen)
    with pytest.raises(HalfDoneError):
        apply(stack.opened, stack.approved(), lambda _: None, report=file)
    (killed,) = found
    assert (killed.result, killed.exit_code) == (outcome.RUNNING, 1)
    assert (killed.done, killed.begun) == (["created a (a-id)"], ["create b"])
    assert "The apply of staging was killed before it ended." in list(killed.lines())


def signals(stack: Stack, *numbers: int) -> Callable[[], None]:
    """Send each signal to this process while the engine runs, as GitHub does to a step."""
    pytests = signal.getsignal(signal.SIGINT)

    def send() -> None:
        started = stack.directory / "started"
        while not started.exists():
            time.sleep(0.01)
        for number in numbers:
            time.sleep(0.1)
            if signal.getsignal(signal.SIGINT) is not pytests:  # the apply is still running
                os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread.join


WAITS = "for _ in $(seq 100); do sleep 0.05; done"
TAKES_ONE = f"trap 'echo error: update cancelled >&2; exit 1' INT; {WAITS}"


def test_a_cancelled_job_ends_its_engine_in_order(tmp_path: Path) -> None:
    stack = Stack(tmp_path, up_is=TAKES_ONE, seen=[ends("update", "a"), begins("create", "b")])
    wait = signals(stack, signal.SIGINT)
    found, output = applied(stack)
    wait()
    assert (found.result, found.exit_code) == (outcome.CANCELLED, 1)
    assert found.reasons[0] == "The apply of staging was cancelled."
    assert found.done == ["updated a"]
    assert found.lock == ""
    assert any(line.startswith("SIGINT: the engine finishes") for line in output)


def test_the_second_signal_terminates_the_engine(tmp_path: Path) -> None:
    twice = f"n=0; trap 'n=$((n+1)); [ $n -gt 1 ] && exit 1' INT; {WAITS}"
    seen = [begins("create", "database-instance"), begins("update", "backend-service")]
    stack = Stack(tmp_path, up_is=twice, pending=[PENDING], seen=seen)
    wait = signals(stack, signal.SIGINT, signal.SIGTERM)
    found, output = applied(stack)
    wait()
    assert found.result == outcome.CANCELLED
    assert found.pending == ["creating database-instance"]
    assert found.begun == ["update backend-service"]  # the state does not list it as pending
    assert any(line.startswith("SIGTERM: ") for line in output)


def test_an_engine_that_does_not_end_in_time_is_reported_with_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interruption, "PATIENCE_SECONDS", 0.2)
    stack = Stack(
        tmp_path,
        up_is=f"echo $$ > {tmp_path}/pid; trap '' INT; {WAITS}",
        seen=[ends("update", "a"), begins("create", "b")],
    )
    wait = signals(stack, signal.SIGINT, signal.SIGTERM)
    try:
        found, _ = applied(stack)
    finally:
        wait()
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert found.result == outcome.CANCELLED
    assert found.lock == "The engine is still running and holds the lock of staging."
    assert found.begun == ["create b"]
    assert first_words(found)[:2] == [CANCEL, REFRESH]


def test_a_job_cancelled_before_the_engine_starts_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(tmp_path)
    went_on: list[str] = []

    def cancelled(*_: object) -> list[Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.5)
        went_on.append("after the signal")
        return []

    monkeypatch.setattr("pipeline.drift.drift.find", cancelled)
    found, output = applied(stack)
    assert found.result == outcome.CANCELLED
    assert "staging was not changed." in output
    assert went_on == []
    assert "up" not in stack.ran


def test_a_preview_is_cancelled_by_its_engine(tmp_path: Path) -> None:
    stack = Stack(tmp_path, preview_is=f"touch {tmp_path}/started; {TAKES_ONE}")
    wait = signals(stack, signal.SIGINT)
    found, _ = applied(stack)
    wait()
    assert found.result == outcome.CANCELLED
    assert not found.changed_anything


def test_the_stack_gets_its_command_back(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    before = stack.workspace.pulumi_command
    applied(stack)
    assert stack.workspace.pulumi_command is before


def test_a_refusals_nothing_was_changed_is_not_repeated() -> None:
    sentence = 'db would be replaced. Nothing was changed. Follow "Move" in docs/runbook.md.'
    assert list(Outcome(stack="s", result=outcome.REFUSED, reasons=[sentence]).lines()) == [
        sentence
    ]


@pytest.mark.parametrize("text", ["", "{}", '{"result": "fine"}'])
def test_any_other_file_is_refused_as_a_report(tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"is not a report of `python -m pipeline apply`"):
        Outcome.read(file)
