"""GitHub's REST API: one comment on a pull request and one issue, made once and then updated.

https://docs.github.com/en/rest/issues/comments
"""

import os
from dataclasses import dataclass, field
from typing import Any

import requests

API = "https://api.github.com"
TIMEOUT_SECONDS = 30
PAGE = 100


class GitHubError(Exception):
    """GitHub refused, or can't be reached; the message says what and what to do."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository, with the token of the job (`GITHUB_TOKEN`)."""

    name: str
    """OWNER/NAME."""
    token: str = field(repr=False)

    def keep_comment(self, pull_request: int, marker: str, text: str) -> str:
        """Make the comment that begins with `marker`, or update it; returns its address."""
        comments = f"/issues/{pull_request}/comments"
        mark = f"<!-- {marker} -->"
        body = {"body": f"{mark}\n{text}"}
        for comment in self._all(comments):
            if str(comment["body"]).startswith(mark):
                return self._send("PATCH", f"/issues/comments/{comment['id']}", body)
        return self._send("POST", comments, body)

    def keep_issue(self, label: str, title: str, text: str) -> str:
        """Open the one issue with this label, or update it; returns its address."""
        body = {"title": title, "body": text, "labels": [label]}
        for issue in self._all("/issues", state="open", labels=label):
            return self._send("PATCH", f"/issues/{issue['number']}", body)
        return self._send("POST", "/issues", body)

    def close_issue(self, label: str, text: str) -> None:
        """Close the issue with this label, if one is open, with a last word."""
        for issue in self._all("/issues", state="open", labels=label):
            self._send("POST", f"/issues/{issue['number']}/comments", {"body": text})
            self._send("PATCH", f"/issues/{issue['number']}", {"state": "closed"})

    def _all(self, path: str, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, 101):
            listed = self._call("GET", path, params={**query, "per_page": PAGE, "page": page})
            found += listed
            if len(listed) < PAGE:
                break
        return found

    def _send(self, method: str, path: str, body: dict[str, Any]) -> str:
        return str(self._call(method, path, json=body).get("html_url", ""))

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:  # noqa: ANN401 - JSON
        try:
            answer = requests.request(
                method,
                f"{API}/repos/{self.name}{path}",
                headers={
                    "Accept": "application/vnd.github+json",
                    "Authorization": f"Bearer {self.token}",
                    "X-GitHub-Api-Version": "2022-11-28",
                },
                timeout=TIMEOUT_SECONDS,
                **kwargs,
            )
        except requests.RequestException as unreachable:
            raise GitHubError(f"GitHub can't be reached: {unreachable}") from unreachable
        if not answer.ok:
            raise GitHubError(
                f"GitHub answers {answer.status_code} to {method} {path}; does the job have the "
                "permission (`pull-requests: write` or `issues: write`)?"
            )
        return answer.json()


def of_this_job() -> Repository:
    """The repository that the workflow runs for. Raises GitHubError outside of one."""
    try:
        return Repository(name=os.environ["GITHUB_REPOSITORY"], token=os.environ["GITHUB_TOKEN"])
    except KeyError as missing:
        raise GitHubError(
            f"{missing.args[0]} is not set: this runs in a workflow. Without --post it only prints."
        ) from missing
