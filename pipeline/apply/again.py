"""Stale plans: found before they are applied, made again and submitted for approval again.

A re-run has the commit of its event
(https://docs.github.com/actions/managing-workflow-runs/re-running-workflows-and-jobs), and an
approval may come weeks after its plan. So the workflows plan main's newest commit, check it again
before they apply, and start a new run if the plan is stale.
"""

import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline import github
from pipeline.github import OutsideError

PERMISSIONS: Final = "`contents: read` for main's commits, `actions: write` for runs"
MAIN: Final = "main"
WORKFLOW: Final = "up.yml"
LAST: Final = "production"
"""The last stack of `up`."""
BOTH: Final = "both"
ASKABLE: Final = (BOTH, "staging", LAST)
"""Values of the input `stacks` when `up` is started by hand."""
STALE: Final = "stale"
"""The `result` of an apply whose plan is stale."""
WITHOUT_EFFECT: Final = ("docs/*", "*.md", "tests/*", "tools/benchmarks/*")
"""Paths that neither the program nor the pipeline reads: after a commit of these alone, a plan
stays valid. `up.yml` ignores them, in GitHub's spelling (`**`)."""
MOST_FILES: Final = 300
"""Files in GitHub's answer to a comparison; more are cut off.
https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
MOST_TIMES: Final = 3
"""The most consecutive runs with a stale plan."""
NOT_OVER: Final = ("queued", "in_progress", "waiting", "pending", "requested")


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The runs and commits of a repository, with the token of the job."""

    repository: str
    """OWNER/NAME."""
    number: int
    """The run's number in its workflow; later runs have higher numbers."""
    token: str = field(repr=False)

    def newest(self) -> str:
        """The SHA of main's newest commit."""
        return str(self._call("GET", f"/git/ref/heads/{MAIN}")["object"]["sha"])

    def keeps(self, commit: str, newest: str) -> bool:
        """Whether a plan of `commit` is valid at `newest`: no change in between affects a stack."""
        if commit == newest:
            return True
        compared = self._call("GET", f"/compare/{commit}...{newest}")
        files = [str(file["filename"]) for file in compared["files"]]
        files += [
            str(file.get("previous_filename", file["filename"])) for file in compared["files"]
        ]
        return (
            compared["status"] == "ahead"
            and len(compared["files"]) < MOST_FILES
            and all(without_effect(file) for file in files)
        )

    def planning(self, newest: str, stacks: str) -> str:
        """Address of a later run of `up` that plans these stacks at `newest`; empty without one.

        `stacks` is one of ASKABLE.
        """
        for run in self._runs(head_sha=newest):
            is_later = run["status"] in NOT_OVER and run["run_number"] > self.number
            if is_later and stacks_of(run) in {BOTH, stacks}:
                return str(run["html_url"])
        return ""

    def older_that_wait(self, stack: str) -> list[dict[str, Any]]:
        """Earlier runs of `up` that wait only for the approval of `stack`."""
        return [
            run
            for run in self._runs(status="waiting")
            if run["run_number"] < self.number
            and {one["environment"]["name"] for one in self._pending(run["id"])} == {stack}
        ]

    def cancel(self, run: int) -> None:
        """Cancel a run; a waiting run has no active job."""
        self._call("POST", f"/actions/runs/{run}/cancel")

    def start(self, inputs: Mapping[str, str]) -> None:
        """Start `up` on main.

        With a job's own token, only this and repository_dispatch start a workflow:
        https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow
        """
        body = {"ref": MAIN, "inputs": dict(inputs)}
        self._call("POST", f"/actions/workflows/{WORKFLOW}/dispatches", json=body)

    def _runs(self, **query: str) -> list[dict[str, Any]]:
        query_of_main = {**query, "branch": MAIN, "per_page": "100"}
        answer = self._call("GET", f"/actions/workflows/{WORKFLOW}/runs", params=query_of_main)
        return list(answer["workflow_runs"])

    def _pending(self, run: int) -> list[dict[str, Any]]:
        return list(self._call("GET", f"/actions/runs/{run}/pending_deployments"))

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:  # noqa: ANN401 - JSON
        return github.body(
            github.request(self.repository, self.token, method, path, **kwargs), PERMISSIONS
        )


def title(stacks: str) -> str:
    """The title of a run that was started for these stacks by hand: `run-name` of up.yml."""
    return f"up of {stacks}"


def stacks_of(run: Mapping[str, Any]) -> str:
    """The stacks that a run of `up` plans, one of ASKABLE; empty if its title has none.

    A push plans both. The API shows no inputs of a run, but its title:
    https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
    """
    if run["event"] == "push":
        return BOTH
    return next((one for one in ASKABLE if run["display_title"] == title(one)), "")


def without_effect(path: str) -> bool:
    """Whether neither the program nor the pipeline reads this file of the repository."""
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in WITHOUT_EFFECT)


def of_this_job(environment: Mapping[str, str] = os.environ) -> Runs:
    """The runs of the workflow's repository. Raises OutsideError outside of one."""
    try:
        repository, number = (
            environment[f"GITHUB_{name}"] for name in ("REPOSITORY", "RUN_NUMBER")
        )
        found = Runs(
            repository=repository,
            number=int(number) if number.isdecimal() else 0,
            token=environment["GITHUB_TOKEN"],
        )
    except KeyError as missing:
        raise OutsideError(
            f"{missing.args[0]} is not set: run this command in a workflow."
        ) from missing
    if not found.number:
        raise OutsideError(
            f"GITHUB_RUN_NUMBER is {number}; allowed: a number from 1 on, which GitHub sets. Run "
            "this command in a workflow."
        )
    return found
