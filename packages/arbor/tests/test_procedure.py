"""The execution of steps."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from arbor.procedure import Failed, Run, Step


def error(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "DescribeServices")


def run(output: list[str], *, dry_run: bool = False) -> Run:
    return Run(say=output.append, dry_run=dry_run, every=60, sleep=lambda _: None)


def test_a_dry_run_neither_writes_nor_reads_back() -> None:
    output: list[str] = []

    def never() -> bool:
        raise AssertionError

    run(output, dry_run=True).execute([Step(action="do it", do=never, took_effect=never)])
    assert output == ["would do it"]


def test_a_step_without_effect_fails_after_its_timeout() -> None:
    step = Step(action="do it", took_effect=lambda: False, shows=lambda: "half", timeout=120)
    with pytest.raises(Failed, match=r"do it: no effect after 2 minutes \(half\)"):
        run([]).execute([step])


def test_progress_is_printed_when_it_changes() -> None:
    output: list[str] = []
    left = ["", "one", "one", "two", "done"]
    step = Step(action="do it", took_effect=lambda: left.pop(0) == "done", shows=lambda: left[0])
    run(output).execute([step])
    assert output == ["do it", "  one", "  two", "  done"]


@pytest.mark.parametrize(
    "hiccup",
    [
        error("ThrottlingException", 400),
        error("ServerException", 500),
        EndpointConnectionError(endpoint_url="https://ecs.us-east-1.amazonaws.com"),
    ],
)
def test_a_transient_error_of_a_read_back_is_retried(hiccup: Exception) -> None:
    answers: list[Exception | bool] = [hiccup, True]

    def look() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    output: list[str] = []
    run(output).execute([Step(action="do it", took_effect=look)])
    assert "retrying" in output[1]


@pytest.mark.parametrize("lost", [error("ExpiredTokenException", 400), NoCredentialsError()])
def test_a_read_back_without_credentials_raises(lost: Exception) -> None:
    def look() -> bool:
        raise lost

    with pytest.raises(type(lost)):
        run([]).execute([Step(action="do it", took_effect=look)])


def test_a_refused_write_fails() -> None:
    def do() -> None:
        raise error("AccessDeniedException", 400)

    with pytest.raises(Failed, match=r"do it: .*AccessDeniedException"):
        run([]).execute([Step(action="do it", do=do, took_effect=lambda: True)])
