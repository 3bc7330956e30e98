"""GitHub's REST API: a comment on a pull request, an issue, and the status of a deployment.

Comment and issue are made once and then updated. https://docs.github.com/en/rest/issues/comments
"""

import os
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

API = "https://api.github.com"
TIMEOUT_SECONDS = 30
PAGE = 100
PERMISSIONS = "`pull-requests: write`, `issues: write` or `deployments: write`"
LONGEST_DESCRIPTION = 140
"""Characters of a deployment status."""


class GitHubError(Exception):
    """GitHub refused or can't be reached; the message has the call and the remedy."""


class NotNowError(GitHubError):
    """GitHub can't be reached, or the rate limit is used up: the call may succeed later."""


class OutsideError(GitHubError):
    """The command works in a workflow only."""


def request(
    repository: str,
    token: str,
    method: str,
    path: str,
    **kwargs: Any,  # noqa: ANN401 - of requests
) -> requests.Response:
    """Send one request below /repos/OWNER/NAME; returns any response.

    Raises NotNowError without one. With GitHub Enterprise Server, the job's GITHUB_API_URL is the
    address of that server.
    """
    try:
        return requests.request(
            method,
            f"{os.environ.get('GITHUB_API_URL', API)}/repos/{repository}{path}",
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            timeout=TIMEOUT_SECONDS,
            **kwargs,
        )
    except requests.RequestException as unreachable:
        raise NotNowError("GitHub can't be reached; run the job again.") from unreachable


def body(answer: requests.Response, permissions: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON of a response; None for an empty one. Raises GitHubError for a refusal.

    `permissions` are those that the job may lack.
    """
    sent = answer.request
    path = str(sent.path_url).partition("?")[0].partition("/repos/")[2]
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotNowError(
            f"GitHub answers {answer.status_code} to {sent.method} {path}; run the job again."
        )
    if not answer.ok:
        raise GitHubError(
            f"GitHub answers {answer.status_code} to {sent.method} {path}; check that the job has "
            f"the permission ({permissions})."
        )
    try:
        return answer.json() if answer.content else None
    except ValueError as wrong:
        raise NotNowError(
            f"The answer to {sent.method} {path} is not JSON, so another server sent it: "
            "check GITHUB_API_URL, and run the job again."
        ) from wrong


@dataclass(frozen=True, kw_only=True)
class DeploymentStatus:
    """The result of deploying one commit to one environment."""

    commit: str
    environment: str
    succeeded: bool
    description: str
    log: str
    """The address of the run."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository, with the token of the job (`GITHUB_TOKEN`)."""

    name: str
    """OWNER/NAME."""
    token: str = field(repr=False)

    def keep_comment(self, pull_request: int, marker: str, text: str) -> str:
        """Create or update the bot's comment that begins with `marker`; return its address."""
        comments = f"/issues/{pull_request}/comments"
        mark = f"<!-- {marker} -->"
        sent = {"body": f"{mark}\n{text}"}
        for comment in self._all(comments):
            # Any user can post a comment with this marker, so the author decides.
            is_ours = comment["user"]["type"] == "Bot"
            if is_ours and str(comment["body"]).startswith(mark):
                return self._send("PATCH", f"/issues/comments/{comment['id']}", sent)
        return self._send("POST", comments, sent)

    def keep_issue(self, label: str, title: str, text: str) -> str:
        """Open or update the issue with this label; return its address."""
        sent = {"title": title, "body": text, "labels": [label]}
        for issue in self._issues(label):
            return self._send("PATCH", f"/issues/{issue['number']}", sent)
        return self._send("POST", "/issues", sent)

    def close_issue(self, label: str, text: str) -> None:
        """Close the issue with this label, if one is open, with a comment."""
        for issue in self._issues(label):
            self._send("POST", f"/issues/{issue['number']}/comments", {"body": text})
            self._send("PATCH", f"/issues/{issue['number']}", {"state": "closed"})

    def merged_pull_request(self, commit: str) -> int | None:
        """The number of the pull request that brought a commit to its branch; None for a push.

        https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
        """
        found = self._all(f"/commits/{commit}/pulls")
        merged = [one for one in found if one.get("merged_at")]
        # The pull request whose merge made this commit comes before one that contains it.
        ours = [one for one in merged if one.get("merge_commit_sha") == commit] or merged
        return int(ours[0]["number"]) if ours else None

    def set_deployment(self, status: "DeploymentStatus") -> str:
        """Set the status of the commit's deployment to an environment; returns its address.

        GitHub makes the deployment for a job with an environment; else it is made here.
        https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status
        """
        sent = {"sha": status.commit, "environment": status.environment}
        found = self._call("GET", "/deployments", params={**sent, "per_page": 1})
        if not found:
            made = {
                "ref": status.commit,
                "environment": status.environment,
                "auto_merge": False,
                "required_contexts": [],
            }
            found = [self._call("POST", "/deployments", json=made)]
        answer = self._call(
            "POST",
            f"/deployments/{found[0]['id']}/statuses",
            json={
                "state": "success" if status.succeeded else "failure",
                "environment": status.environment,
                "description": status.description[:LONGEST_DESCRIPTION],
                "log_url": status.log,
            },
        )
        return str(answer.get("url", ""))

    def _issues(self, label: str) -> list[dict[str, Any]]:
        """Open issues with a label, without pull requests, which GitHub lists as issues as well.

        https://docs.github.com/en/rest/issues/issues#list-repository-issues
        """
        found = self._all("/issues", state="open", labels=label)
        return [issue for issue in found if "pull_request" not in issue]

    def _all(self, path: str, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, 101):
            listed = self._call("GET", path, params={**query, "per_page": PAGE, "page": page})
            found += listed
            if len(listed) < PAGE:
                break
        return found

    def _send(self, method: str, path: str, sent: dict[str, Any]) -> str:
        return str(self._call(method, path, json=sent).get("html_url", ""))

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:  # noqa: ANN401 - JSON
        return body(request(self.name, self.token, method, path, **kwargs), PERMISSIONS)


def of_this_job() -> Repository:
    """The repository that the workflow runs for. Raises OutsideError outside of one."""
    try:
        return Repository(name=os.environ["GITHUB_REPOSITORY"], token=os.environ["GITHUB_TOKEN"])
    except KeyError as missing:
        raise OutsideError(
            f"{missing.args[0]} is not set: --post works in a workflow. Leave it out to print only."
        ) from missing
