"""Walks the jobs of a workflow in GitHub's order, with its steps, and without GitHub.

Conditions, needs, matrix, called workflows, permissions, environments, artifacts and local actions;
a feature that these workflows do not use raises.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.expressions import filled, text_of
from rehearsal.runs import (
    CANCELLED,
    FAILURE,
    SKIPPED,
    SUCCESS,
    WAITING,
    Event,
    Job,
    Run,
    goes_on,
    read,
)
from rehearsal.steps import JobHost, Steps
from rehearsal.tokens import Identity


@dataclass(kw_only=True)
class Rehearsal(JobHost):
    """A repository with these workflows."""

    approve: Callable[[str, Run], str] = lambda _environment, _run: SUCCESS
    """SUCCESS approves, FAILURE rejects, WAITING is no decision yet."""
    starts: int = 0

    def run(self, workflow: str, event: Event) -> Run:
        """One run, from its first job to its last."""
        return self.walk(Run(workflow=workflow, event=event, number=0))

    def walk(self, run: Run) -> Run:
        """Walk a run that exists already, so that a command can cancel it."""
        self.starts += 1
        run.number, workflow, event = self.starts, run.workflow, run.event
        started = {
            "event_name": event.name,
            "ref": event.ref,
            "ref_name": event.ref.rpartition("/")[2],
            "sha": event.sha or self.github.main,
            "repository": self.github.repository,
            "token": "not-a-token",
            "run_id": run.number * 100,
            "run_attempt": 1,
            "event": event.payload,
        }
        contexts = {
            "github": started,
            "inputs": self._given(workflow, event),
            "secrets": {"token": "not-a-token"},
            "vars": self.github.variables,
        }
        self._workflow(run, workflow, contexts, "", None)
        return run

    def _given(self, workflow: str, event: Event) -> dict[str, Any]:
        """The inputs of a run; `workflow_call` is a call from another repository."""
        if event.name == "workflow_call":
            return {**_defaults(workflow), **event.inputs}
        return _inputs(workflow, event) if event.name == "workflow_dispatch" else {}

    def _workflow(
        self,
        run: Run,
        file: str,
        contexts: dict[str, Any],
        above: str,
        granted: dict[str, str] | None,
    ) -> dict[str, Any]:
        """All jobs of one file; returns results as in `needs`. `granted` is the caller's."""
        described = read(file)
        contexts = {**contexts, "env": filled(described.get("env", {}), contexts)}
        finished: dict[str, dict[str, Any]] = {}
        for name in _ordered(described["jobs"]):
            job = described["jobs"][name]
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            here = {**contexts, "needs": {need: finished[need] for need in needs}}
            before = _ancestors(described["jobs"], needs)
            if not goes_on(job.get("if"), here, [finished[one]["result"] for one in before], run):
                finished[name] = {"result": SKIPPED, "outputs": {}}
                run.jobs.append(self._job(file, job, here, above + name, run))
                run.jobs[-1].result = SKIPPED
                continue
            permissions = job["permissions"]
            if granted is not None:
                _no_more_than(permissions, granted, above + name)
            if "uses" in job:
                given = {**_defaults(job["uses"]), **filled(job.get("with", {}), here)}
                called = Path(job["uses"]).name
                inside = {**contexts, "inputs": given}
                results = self._workflow(run, called, inside, f"{above}{name}/", permissions)
                finished[name] = {"result": _worst(results), "outputs": {}}
            else:
                finished[name] = self._matrix(run, file, above + name, job, here)
        return finished

    def _matrix(
        self, run: Run, file: str, name: str, described: dict[str, Any], contexts: dict[str, Any]
    ) -> dict[str, Any]:
        made = []
        for row in _rows(described.get("strategy", {}).get("matrix")):
            here = {**contexts, "matrix": row}
            label = name + (f" ({next(iter(row.values()))})" if row else "")
            job = self._job(file, described, here, label, run)
            run.jobs.append(job)
            made.append(job)
            if job.environment:
                self._ask(job, run)
            if job.result == SUCCESS:
                self._steps_of(job, described, here, run)
        results = {job.name: {"result": job.result} for job in made}
        return {"result": _worst(results), "outputs": made[-1].outputs}

    def _job(
        self, file: str, described: dict[str, Any], contexts: dict[str, Any], name: str, run: Run
    ) -> Job:
        environment = text_of(filled(described.get("environment", ""), contexts))
        return Job(
            name=name,
            permissions=described["permissions"],
            environment=environment,
            line=filled(described.get("concurrency", {}), contexts),
            identity=Identity(
                repository=self.github.repository,
                workflow=file,
                ref=run.event.ref,
                event=run.event.name,
                environment=environment,
            ),
        )

    def _ask(self, job: Job, run: Run) -> None:
        """An environment accepts only main; if it has reviewers, they decide."""
        if run.event.ref != "refs/heads/main":
            job.result = FAILURE
        elif job.environment in self.github.reviewed:
            run.approvals.append(job.environment)
            job.result = self.approve(job.environment, run)

    def _steps_of(
        self, job: Job, described: dict[str, Any], contexts: dict[str, Any], run: Run
    ) -> None:
        place = self.place / f"{run.number}-{len(run.jobs)}"
        place.mkdir(parents=True)
        environment = {**contexts["env"], **filled(described.get("env", {}), contexts)}
        temp = {"temp": str(place.with_name(f"{place.name}-temp"))}
        here = {**contexts, "env": environment, "steps": {}, "runner": temp}
        Steps(self, job, run, place).walk(described["steps"], here)
        job.outputs = filled(described.get("outputs", {}), here)


def _inputs(workflow: str, event: Event) -> dict[str, Any]:
    """The inputs that a person or the API gives: known names and allowed values only."""
    known = read(workflow)[True]["workflow_dispatch"].get("inputs", {})
    assert event.inputs.keys() <= known.keys(), event.inputs
    values = {}
    for name, one in known.items():
        assert name in event.inputs or not one.get("required"), name
        values[name] = event.inputs.get(name, one.get("default", ""))
        assert values[name] in one.get("options", [values[name]]), values[name]
    return values


def _defaults(called: str) -> dict[str, Any]:
    known = read(Path(called).name)[True]["workflow_call"]["inputs"]
    return {name: one["default"] for name, one in known.items() if "default" in one}


def _ordered(jobs: dict[str, Any]) -> Iterator[str]:
    left = list(jobs)
    while left:
        ready = [name for name in left if not set(left) & _needs(jobs[name])]
        assert ready, f"{left} need each other"
        yield from ready
        left = [name for name in left if name not in ready]


def _needs(job: dict[str, Any]) -> set[str]:
    needs = job.get("needs", [])
    return {needs} if isinstance(needs, str) else set(needs)


def _ancestors(jobs: dict[str, Any], needs: list[str]) -> set[str]:
    return set(needs).union(*(_ancestors(jobs, list(_needs(jobs[need]))) for need in needs))


def _rows(matrix: dict[str, Any] | None) -> list[dict[str, Any]]:
    if matrix is None:
        return [{}]
    if "include" in matrix:
        return list(matrix["include"])
    ((name, values),) = matrix.items()
    return [{name: value} for value in values]


def _worst(results: dict[str, Any]) -> str:
    found = {one["result"] for one in results.values()}
    order = (WAITING, CANCELLED, FAILURE, SUCCESS)
    return next((one for one in order if one in found), SKIPPED)


def _no_more_than(permissions: dict[str, str], granted: dict[str, str], name: str) -> None:
    """A called workflow's job gets at most its caller's permissions; GitHub refuses more."""
    levels = ("none", "read", "write")
    for what, level in permissions.items():
        most = granted.get(what, "none")
        assert levels.index(level) <= levels.index(most), (
            f"{name} requests {what}: {level} of {most}"
        )
