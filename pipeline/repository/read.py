"""A repository's settings through GitHub's REST API. It only reads.

Endpoints, answers and errors: https://docs.github.com/en/rest. The permission that a fine-grained
token needs for each:
https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
GitHub also names it in a header of its answer:
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any

import requests

from pipeline import github
from pipeline.github import GitHubError, NotNowError

PAGE = 100
MOST_PAGES = 100
PLAN = "Upgrade to"
"""The start of GitHub's message if the owner's plan lacks a feature."""


class UnreadableError(Exception):
    """The setting is unreadable; the message has GitHub's answer."""


class FailingError(UnreadableError):
    """GitHub itself fails (5xx): the same call may succeed later."""


class LiveSettings:
    """A repository, each of whose settings is read at most once."""

    def __init__(self, repository: str, token: str) -> None:
        self.repository = repository
        """OWNER/NAME, as the caller gave it."""
        self._token = token
        self._answers: dict[str, requests.Response] = {}

    def __repr__(self) -> str:
        return f"LiveSettings({self.repository})"

    @cached_property
    def about(self) -> dict[str, Any]:
        """The repository itself. Raises GitHubError if the token can't read it."""
        answer = self._request("")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise GitHubError(
                f"The token can't see a repository {self.repository}: check the name and the "
                "token's permissions."
            )
        return dict(self._body(answer, ""))

    @property
    def private(self) -> bool:
        """True for an internal repository, too."""
        return bool(self.about["private"])

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The answer to a path below the repository's. Raises UnreadableError."""
        return self._body(self._request(path), path)

    def find(self, path: str) -> Any | None:  # noqa: ANN401 - JSON
        """The same; None if the path does not exist."""
        answer = self._request(path)
        return None if answer.status_code == HTTPStatus.NOT_FOUND else self._body(answer, path)

    def listed(self, path: str, key: str = "") -> list[dict[str, Any]]:
        """All pages of a list; `key` is its key in the answer. Raises UnreadableError."""
        found: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            answer = self.get(f"{path}?per_page={PAGE}&page={page}")
            entries = answer[key] if key else answer
            found += entries
            if len(entries) < PAGE:
                break
        return found

    def _body(self, answer: requests.Response, path: str) -> Any:  # noqa: ANN401 - JSON
        if answer.ok:
            return answer.json()
        message = _message(answer)
        call = f"GET /repos/{self.repository}{path.partition('?')[0]}"
        if message.startswith(PLAN):
            raise UnreadableError(f"the plan of {self.owner} does not include it: {message}")
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise FailingError(f"{call} answers {answer.status_code}; run this again later")
        needed = answer.headers.get("X-Accepted-GitHub-Permissions")
        detail = f" ({message})" if message else ""
        required = f"; GitHub requires {needed}" if needed else ""
        raise UnreadableError(f"{call} answers {answer.status_code}{detail}{required}")

    def _request(self, path: str) -> requests.Response:
        if path not in self._answers:
            self._answers[path] = self._fetch(path)
        return self._answers[path]

    def _fetch(self, path: str) -> requests.Response:
        answer = github.request(self.repository, self._token, "GET", path)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise GitHubError("GitHub answers 401: the token is invalid or expired.")
        # https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
        if not answer.ok and answer.headers.get("x-ratelimit-remaining") == "0":
            reset = datetime.fromtimestamp(int(answer.headers.get("x-ratelimit-reset", 0)), UTC)
            raise NotNowError(
                f"GitHub's rate limit is used up; run this again after {reset:%H:%M} UTC."
            )
        return answer


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("message", ""))
    except (ValueError, AttributeError):
        return ""
