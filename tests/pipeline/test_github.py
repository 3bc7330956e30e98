import json
from collections.abc import Iterator

import pytest
import requests
import responses

from pipeline.github import API, DeploymentStatus, GitHubError, Repository, of_this_job

REPOSITORY = Repository(name="arbor/infrastructure", token="not-a-token")
BASE = f"{API}/repos/arbor/infrastructure"
COMMENTS = f"{BASE}/issues/7/comments"
COMMIT = "c" * 40
BOT, PERSON = {"type": "Bot"}, {"type": "User"}


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def sent(api: responses.RequestsMock) -> list[tuple[str, str]]:
    requests_ = [call.request for call in api.calls]
    return [(str(one.method), str(one.url).split("?")[0]) for one in requests_]


def bytes_of(body: object) -> bytes:
    assert isinstance(body, bytes)
    return body


def test_the_first_preview_creates_the_comment(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, json=[{"id": 1, "body": "a question", "user": PERSON}])
    api.post(COMMENTS, json={"html_url": "https://there"})
    assert REPOSITORY.keep_comment(7, "mark", "text") == "https://there"
    assert json.loads(bytes_of(api.calls[1].request.body)) == {"body": "<!-- mark -->\ntext"}


def test_a_later_preview_updates_the_comment_on_any_page(api: responses.RequestsMock) -> None:
    other = [{"id": n, "body": "a question", "user": PERSON} for n in range(100)]
    api.get(COMMENTS, json=other)
    api.get(COMMENTS, json=[{"id": 555, "body": "<!-- mark -->\nold", "user": BOT}])
    api.patch(f"{BASE}/issues/comments/555", json={"html_url": "https://there"})
    REPOSITORY.keep_comment(7, "mark", "text")
    assert sent(api)[-1] == ("PATCH", f"{BASE}/issues/comments/555")


def test_a_comment_by_a_person_is_not_the_bots(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, json=[{"id": 1, "body": "<!-- mark -->\nall is well", "user": PERSON}])
    api.post(COMMENTS, json={"html_url": "https://there"})
    REPOSITORY.keep_comment(7, "mark", "text")
    assert sent(api)[-1] == ("POST", COMMENTS)


def test_a_pull_request_with_the_label_is_no_issue(api: responses.RequestsMock) -> None:
    """GitHub lists pull requests as issues."""
    labelled = {"number": 8, "pull_request": {"url": "https://pull"}}
    api.get(f"{BASE}/issues", json=[labelled])
    REPOSITORY.close_issue("drift", "gone")
    api.replace("GET", f"{BASE}/issues", json=[labelled, {"number": 9}])
    api.patch(f"{BASE}/issues/9", json={})
    REPOSITORY.keep_issue("drift", "Drift", "text")
    changed = [one for one in sent(api) if one[0] != "GET"]
    assert changed == [("PATCH", f"{BASE}/issues/9")]


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ([], None),
        ([{"number": 3, "merged_at": None}], None),
        ([{"number": 3, "merged_at": None}, {"number": 4, "merged_at": "now"}], 4),
        (
            [
                {"number": 4, "merged_at": "now", "merge_commit_sha": "d" * 40},
                {"number": 5, "merged_at": "now", "merge_commit_sha": COMMIT},
            ],
            5,
        ),
    ],
)
def test_the_pull_request_that_merged_a_commit_is_found(
    api: responses.RequestsMock, listed: list[dict[str, object]], number: int | None
) -> None:
    api.get(f"{BASE}/commits/{COMMIT}/pulls", json=listed)
    assert REPOSITORY.merged_pull_request(COMMIT) == number


STATUS = DeploymentStatus(
    commit=COMMIT, environment="staging", succeeded=False, description="x" * 200, log="https://run"
)


@pytest.mark.parametrize("made", [True, False])
def test_the_status_goes_to_the_jobs_own_deployment(
    api: responses.RequestsMock, made: bool
) -> None:
    api.get(f"{BASE}/deployments", json=[{"id": 77}] if made else [])
    if not made:
        api.post(f"{BASE}/deployments", json={"id": 77})
    api.post(f"{BASE}/deployments/77/statuses", json={"url": "https://status"})
    assert REPOSITORY.set_deployment(STATUS) == "https://status"
    assert f"sha={COMMIT}&environment=staging" in str(api.calls[0].request.url)
    body = json.loads(bytes_of(api.calls[-1].request.body))
    assert (body["state"], body["environment"], len(body["description"])) == (
        "failure",
        "staging",
        140,
    )


def test_one_issue_is_opened_updated_and_closed(api: responses.RequestsMock) -> None:
    api.get(f"{BASE}/issues", json=[])
    api.post(f"{BASE}/issues", json={"html_url": "https://there"})
    REPOSITORY.keep_issue("drift", "Drift", "text")
    api.replace("GET", f"{BASE}/issues", json=[{"number": 9}])
    api.patch(f"{BASE}/issues/9", json={})
    REPOSITORY.keep_issue("drift", "Drift", "more")
    api.post(f"{BASE}/issues/9/comments", json={})
    REPOSITORY.close_issue("drift", "gone")
    assert sent(api) == [
        ("GET", f"{BASE}/issues"),
        ("POST", f"{BASE}/issues"),
        ("GET", f"{BASE}/issues"),
        ("PATCH", f"{BASE}/issues/9"),
        ("GET", f"{BASE}/issues"),
        ("POST", f"{BASE}/issues/9/comments"),
        ("PATCH", f"{BASE}/issues/9"),
    ]


def test_a_refusal_names_the_permission_and_never_the_token(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, status=403, json={})
    with pytest.raises(GitHubError, match=r"403 to GET .*pull-requests: write") as refused:
        REPOSITORY.keep_comment(7, "mark", "text")
    assert "not-a-token" not in f"{refused.value}{REPOSITORY}"


def test_unreachable_github_is_reported_as_such(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, body=requests.ConnectionError("no route"))
    with pytest.raises(GitHubError, match=r"reached; run the job again\.$"):
        REPOSITORY.keep_comment(7, "mark", "text")


def test_a_server_error_of_github_names_no_permission(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, status=502)
    with pytest.raises(GitHubError, match=r"answers 502 to GET .*; run the job again\.$"):
        REPOSITORY.keep_comment(7, "mark", "text")


def test_a_proxys_page_is_refused(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, body="<html>Log in</html>")
    with pytest.raises(GitHubError, match="is not JSON, so another server sent it"):
        REPOSITORY.keep_comment(7, "mark", "text")


def test_outside_of_a_workflow_nothing_is_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    with pytest.raises(GitHubError, match="GITHUB_REPOSITORY is not set"):
        of_this_job()
