"""A stub of GitHub: main, runs, comments and issues, and its API's responses about them."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from pipeline.github import API

Answer = tuple[int, dict[str, str], str]


@dataclass(kw_only=True)
class GitHub:
    """The state of the repository, and the jobs' changes of it."""

    repository: str
    main: str = "1" * 40
    changed: dict[str, list[str]] = field(default_factory=dict)
    """Files changed on main since a commit."""
    variables: dict[str, str] = field(default_factory=dict)
    reviewed: set[str] = field(default_factory=lambda: {"production"})
    """Environments with required reviewers."""
    runs: list[dict[str, Any]] = field(default_factory=list)
    pending: dict[int, str] = field(default_factory=dict)
    """The environment whose approval a run waits for, by the run's id."""
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    dispatched: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    requested: list[tuple[str, str]] = field(default_factory=list)

    def merge(self, *files: str) -> str:
        """Another commit on main that changes these files; returns its SHA."""
        before = self.main
        self.main = f"{int(before[0], 16) + 1:x}" * 40
        for commit in [*self.changed, before]:
            self.changed[commit] = [*self.changed.get(commit, []), *files]
        return self.main

    def serve(self, mock: responses.RequestsMock) -> None:
        """Serve the API; an unknown call fails the test."""
        prefix = f"{API}/repos/{self.repository}"
        for method in ("GET", "POST", "PATCH"):
            mock.add_callback(method, re.compile(re.escape(prefix) + "/.*"), self._answer)

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        method, url = str(request.method), urlsplit(str(request.url))
        path = url.path.removeprefix(f"/repos/{self.repository}")
        body = json.loads(_text(request.body)) if request.body else {}
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.requested.append((method, path))
        for pattern, answer in ROUTES.items():
            wanted, _, where = pattern.partition(" ")
            found = re.fullmatch(where, path)
            if method == wanted and found:
                status, reply = answer(self, found.groups(), query, body)
                return status, {}, "" if reply is None else json.dumps(reply)
        raise AssertionError(f"the stub of GitHub has no {method} {path}")


def _text(body: object) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)


Reply = tuple[int, Any]
Query = dict[str, str]


def _head(github: GitHub, _found: Any, _query: Query, _body: Any) -> Reply:
    return 200, {"ref": "refs/heads/main", "object": {"type": "commit", "sha": github.main}}


def _compare(github: GitHub, found: Any, _query: Query, _body: Any) -> Reply:
    files = [{"filename": name} for name in github.changed.get(found[0], [])]
    return 200, {"status": "ahead" if found[0] in github.changed else "diverged", "files": files}


def _runs(github: GitHub, found: Any, query: Query, _body: Any) -> Reply:
    listed = [
        run
        for run in github.runs
        if run["path"].endswith(found[0])
        and query.get("status") in {None, run["status"]}
        and query.get("head_sha") in {None, run["head_sha"]}
    ]
    return 200, {"total_count": len(listed), "workflow_runs": listed}


def _pending(github: GitHub, found: Any, _query: Query, _body: Any) -> Reply:
    environment = github.pending.get(int(found[0]))
    return 200, [{"environment": {"name": environment}}] if environment else []


def _cancel(github: GitHub, found: Any, _query: Query, _body: Any) -> Reply:
    github.cancelled.append(int(found[0]))
    return 202, {}


def _dispatch(github: GitHub, found: Any, _query: Query, body: Any) -> Reply:
    github.dispatched.append({"workflow": found[0], **body})
    return 204, None


def _comments(github: GitHub, found: Any, _query: Query, _body: Any) -> Reply:
    return 200, github.comments.setdefault(int(found[0]), [])


def _comment(github: GitHub, found: Any, _query: Query, body: Any) -> Reply:
    made = github.comments.setdefault(int(found[0]), [])
    made.append({"id": len(made) + 1, "html_url": "https://there", "user": {"type": "Bot"}, **body})
    return 201, made[-1]


def _edit(github: GitHub, found: Any, _query: Query, body: Any) -> Reply:
    every = [one for comments in github.comments.values() for one in comments]
    (comment,) = (one for one in every if one["id"] == int(found[0]))
    comment |= body
    return 200, comment


def _open_issues(github: GitHub, _found: Any, _query: Query, _body: Any) -> Reply:
    return 200, [one for one in github.issues if one["state"] == "open"]


def _open(github: GitHub, _found: Any, _query: Query, body: Any) -> Reply:
    number = len(github.issues) + 1
    github.issues.append({"number": number, "state": "open", "html_url": "https://issue", **body})
    return 201, github.issues[-1]


def _change_issue(github: GitHub, found: Any, _query: Query, body: Any) -> Reply:
    issue = github.issues[int(found[0]) - 1]
    issue |= body
    return 200, issue


def _merged(_github: GitHub, _found: Any, _query: Query, _body: Any) -> Reply:
    return 200, [{"number": 7, "merged_at": "2026-11-28T02:00:00Z", "state": "closed"}]


def _environment(github: GitHub, found: Any, _query: Query, _body: Any) -> Reply:
    reviewers = [{"type": "User", "reviewer": {"login": "octocat"}}]
    rules = [{"type": "required_reviewers", "reviewers": reviewers}]
    return 200, {"name": found[0], "protection_rules": rules if found[0] in github.reviewed else []}


def _deployments(_github: GitHub, _found: Any, _query: Query, _body: Any) -> Reply:
    return 200, [{"id": 5}]


def _status(github: GitHub, _found: Any, _query: Query, body: Any) -> Reply:
    github.statuses.append(body)
    return 201, {"url": "https://status"}


ROUTES = {
    "GET /git/ref/heads/main": _head,
    r"GET /compare/(\w+)\.\.\.\w+": _compare,
    r"GET /actions/workflows/([\w.-]+)/runs": _runs,
    r"GET /actions/runs/(\d+)/pending_deployments": _pending,
    r"POST /actions/runs/(\d+)/cancel": _cancel,
    r"POST /actions/workflows/([\w.-]+)/dispatches": _dispatch,
    r"GET /issues/(\d+)/comments": _comments,
    r"POST /issues/(\d+)/comments": _comment,
    r"PATCH /issues/comments/(\d+)": _edit,
    "GET /issues": _open_issues,
    "POST /issues": _open,
    r"PATCH /issues/(\d+)": _change_issue,
    r"GET /commits/\w+/pulls": _merged,
    r"GET /environments/(\w+)": _environment,
    "GET /deployments": _deployments,
    r"POST /deployments/(\d+)/statuses": _status,
}
