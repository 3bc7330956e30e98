import json
from collections.abc import Iterator

import pytest
import requests
import responses

from pipeline.github import API, GitHubError, Repository, of_this_job

REPOSITORY = Repository(name="arbor/infrastructure", token="not-a-token")
BASE = f"{API}/repos/arbor/infrastructure"
COMMENTS = f"{BASE}/issues/7/comments"


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


def test_the_first_preview_makes_the_comment(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, json=[{"id": 1, "body": "somebody else"}])
    api.post(COMMENTS, json={"html_url": "https://there"})
    assert REPOSITORY.keep_comment(7, "mark", "text") == "https://there"
    assert json.loads(bytes_of(api.calls[1].request.body)) == {"body": "<!-- mark -->\ntext"}


def test_a_later_preview_updates_it_wherever_it_stands(api: responses.RequestsMock) -> None:
    other = [{"id": n, "body": "somebody else"} for n in range(100)]
    api.get(COMMENTS, json=other)
    api.get(COMMENTS, json=[{"id": 555, "body": "<!-- mark -->\nold"}])
    api.patch(f"{BASE}/issues/comments/555", json={"html_url": "https://there"})
    REPOSITORY.keep_comment(7, "mark", "text")
    assert sent(api)[-1] == ("PATCH", f"{BASE}/issues/comments/555")


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


def test_github_that_cannot_be_reached_is_told_so(api: responses.RequestsMock) -> None:
    api.get(COMMENTS, body=requests.ConnectionError("no route"))
    with pytest.raises(GitHubError, match="can't be reached: no route"):
        REPOSITORY.keep_comment(7, "mark", "text")


def test_outside_of_a_workflow_nothing_is_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    with pytest.raises(GitHubError, match="GITHUB_REPOSITORY is not set"):
        of_this_job()
