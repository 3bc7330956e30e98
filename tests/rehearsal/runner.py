"""Walks the jobs of a workflow in GitHub's order, with its steps, and without GitHub.

Conditions, needs, matrix, called workflows, permissions, environments, artifacts and local actions;
no runner for any workflow, so what these don't use raises.
"""

import functools
import re
import shlex
import shutil
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from emulator import engine
from rehearsal.expressions import STATUS, evaluate, filled, text_of, truth
from rehearsal.github import GitHub
from rehearsal.tokens import Identity, trusted

GITHUB = engine.PROJECT_DIR / ".github"
SUCCESS, FAILURE, SKIPPED, CANCELLED, WAITING = (
    *("success", "failure", "skipped", "cancelled"),
    "waiting",
)
Command = Callable[[list[str], Mapping[str, str], "Job"], tuple[int, str]]
"""Words and environment; returns the exit code and what was printed."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Why a run starts."""

    name: str
    ref: str = "refs/heads/main"
    sha: str = ""
    """Empty: what main is when the run starts."""
    inputs: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Job:
    """One job, and what it did."""

    name: str
    """Below the run, such as `staging/plan`; with the matrix's value, such as `look (staging)`."""
    permissions: dict[str, str]
    identity: Identity
    environment: str = ""
    line: dict[str, Any] = field(default_factory=dict)
    """Its `concurrency`."""
    result: str = SUCCESS
    outputs: dict[str, Any] = field(default_factory=dict)
    commit: str = ""
    """What it checked out."""
    role: str = ""
    """The ARN that it assumed."""
    seconds: int = 0
    commands: list[list[str]] = field(default_factory=list)
    failed: str = ""
    """The step that failed."""


@dataclass(kw_only=True)
class Run:
    """One run of a workflow, and its jobs in the order in which they ended."""

    workflow: str
    event: Event
    number: int
    jobs: list[Job] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    """Environments whose approval was asked for, in order."""
    artifacts: dict[str, Path] = field(default_factory=dict)
    cancelled: bool = False

    def __getitem__(self, name: str) -> Job:
        (found,) = (job for job in self.jobs if job.name == name)
        return found

    @property
    def result(self) -> str:
        results = {job.result for job in self.jobs}
        return next((one for one in (WAITING, CANCELLED, FAILURE) if one in results), SUCCESS)

    def results(self) -> dict[str, str]:
        return {job.name: job.result for job in self.jobs}


@dataclass(kw_only=True)
class Rehearsal:
    """A repository with these workflows, whose commands are answered by `command`."""

    github: GitHub
    command: Command
    place: Path
    trust: Mapping[str, str]
    """Trust policies by role."""
    longest: int
    """Seconds that a session of a role can last."""
    immutable: bool = False
    """Whether GitHub sends the subject with ids."""
    approve: Callable[[str, Run], str] = lambda _environment, _run: SUCCESS
    """SUCCESS approves, FAILURE rejects, WAITING is no decision yet."""
    starts: int = 0

    def run(self, workflow: str, event: Event) -> Run:
        """One run, from its first job to its last."""
        return self.walk(Run(workflow=workflow, event=event, number=0))

    def walk(self, run: Run) -> Run:
        """Walk a run that was made before, so that a command can cancel it."""
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
        """All jobs of one file; returns `needs`-like results. `granted` is the caller's."""
        described = read(file)
        contexts = {**contexts, "env": filled(described.get("env", {}), contexts)}
        finished: dict[str, dict[str, Any]] = {}
        for name in _ordered(described["jobs"]):
            job = described["jobs"][name]
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            here = {**contexts, "needs": {need: finished[need] for need in needs}}
            before = _ancestors(described["jobs"], needs)
            if not _goes_on(job.get("if"), here, [finished[one]["result"] for one in before], run):
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
        """An environment takes main alone, and where it has reviewers they decide."""
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
        here = {**contexts, "env": environment, "steps": {}}
        _Steps(self, job, run, place).walk(described["steps"], here)
        job.outputs = filled(described.get("outputs", {}), here)


class _Steps:
    """The steps of one job, and of the local actions that it uses."""

    def __init__(self, rehearsal: Rehearsal, job: Job, run: Run, place: Path) -> None:
        self.rehearsal, self.job, self.run, self.place = rehearsal, job, run, place

    def walk(self, steps: list[dict[str, Any]], contexts: dict[str, Any]) -> None:
        for step in steps:
            results = [self.job.result]
            if not _goes_on(step.get("if"), contexts, results, self.run):
                continue
            outputs: dict[str, Any] = {}
            good = (
                self._uses(step, contexts, outputs)
                if "uses" in step
                else self._runs(step, contexts, outputs)
            )
            if not good and self.job.result == SUCCESS:
                self.job.result = CANCELLED if self.run.cancelled else FAILURE
                self.job.failed = step.get("run") or step["uses"]
            if "id" in step:
                outcome = SUCCESS if good else FAILURE
                contexts["steps"][step["id"]] = {"outputs": outputs, "outcome": outcome}

    def _uses(
        self, step: dict[str, Any], contexts: dict[str, Any], outputs: dict[str, Any]
    ) -> bool:
        given = filled(step.get("with", {}), contexts)
        action = step["uses"].partition("@")[0]
        if action.startswith("./"):
            return self._local(action, given, contexts, outputs)
        known: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
            "actions/checkout": self._checkout,
            "actions/setup-python": lambda _given, _outputs: True,
            "actions/cache": lambda _given, _outputs: True,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
            "aws-actions/configure-aws-credentials": self._assume,
        }
        return known[action](given, outputs)

    def _local(
        self,
        action: str,
        given: dict[str, Any],
        contexts: dict[str, Any],
        outputs: dict[str, Any],
    ) -> bool:
        described = _read(engine.PROJECT_DIR / action / "action.yml")
        known = described.get("inputs", {})
        assert given.keys() <= known.keys(), f"{action} has no {given.keys() - known.keys()}"
        for name, one in known.items():
            assert name in given or not one.get("required"), f"{action} needs {name}"
        values = {name: given.get(name, one.get("default", "")) for name, one in known.items()}
        inside = {
            **contexts,
            "inputs": {name: text_of(value) for name, value in values.items()},
            "runner": {"os": "Linux"},
            "steps": {},
        }
        before = self.job.result
        self.walk(described["runs"]["steps"], inside)
        for name, one in described.get("outputs", {}).items():
            outputs[name] = filled(one["value"], inside)
        return self.job.result == before

    def _checkout(self, given: dict[str, Any], outputs: dict[str, Any]) -> bool:
        assert given["persist-credentials"] is False
        ref = given.get("ref") or self.run.event.sha or self.rehearsal.github.main
        commit = self.rehearsal.github.main if ref == "main" else ref
        outputs["commit"] = commit
        if "path" in given:
            (self.place / given["path"]).mkdir()
        else:
            self.job.commit = commit
        return True

    def _upload(self, given: dict[str, Any], _outputs: dict[str, Any]) -> bool:
        if (self.place / given["path"]).exists():
            kept = self.rehearsal.place / f"artifact-{self.run.number}-{given['name']}"
            kept.mkdir(exist_ok=True)
            shutil.copy(self.place / given["path"], kept)
            self.run.artifacts[given["name"]] = kept
        return True

    def _download(self, given: dict[str, Any], _outputs: dict[str, Any]) -> bool:
        pattern = str(given.get("pattern") or given["name"]).replace("*", ".*")
        found = [one for one in self.run.artifacts if re.fullmatch(pattern, one)]
        for name in found:
            shutil.copytree(self.run.artifacts[name], self.place, dirs_exist_ok=True)
        return bool(found) or "pattern" in given

    def _assume(self, given: dict[str, Any], _outputs: dict[str, Any]) -> bool:
        """STS: who may come in, and for how long."""
        assert self.job.permissions.get("id-token") == "write"
        assert re.fullmatch(r"[\w+=,.@-]{2,64}", given["role-session-name"])
        role, seconds = given["role-to-assume"], int(given["role-duration-seconds"])
        token = self.job.identity.token(immutable=self.rehearsal.immutable)
        if seconds > self.rehearsal.longest or not trusted(self.rehearsal.trust[role], token):
            return False
        self.job.role, self.job.seconds = role, seconds
        return True

    def _runs(
        self, step: dict[str, Any], contexts: dict[str, Any], outputs: dict[str, Any]
    ) -> bool:
        command, _, target = step["run"].partition(">>")
        files = {name: self.place / name for name in ("output", "summary", "path")}
        environment = {
            **{f"GITHUB_{name.upper()}": str(files[name]) for name in ("output", "path")},
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_REPOSITORY": self.rehearsal.github.repository,
            "GITHUB_RUN_NUMBER": str(self.run.number),
            "GITHUB_RUN_ID": str(self.run.number * 100),
            "GITHUB_SHA": contexts["github"]["sha"],
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://github.com",
            **{name: text_of(value) for name, value in contexts["env"].items()},
            **{
                name: text_of(value)
                for name, value in filled(step.get("env", {}), contexts).items()
            },
        }
        words = list(_words(command, environment, self.place))
        self.job.commands.append(words)
        files["output"].write_text("")
        code, said = self.rehearsal.command(words, environment, self.job) if words else (0, "")
        if target:
            file = Path(string.Template(target.strip().strip('"')).substitute(environment))
            file.write_text((file.read_text() if file.exists() else "") + said)
        told = files["output"].read_text().splitlines()
        for line in told:
            name, _, value = line.partition("=")
            outputs[name] = value
        return code == 0


def read(file: str) -> dict[Any, Any]:
    """A workflow by its file's name; YAML reads the key `on` as true."""
    return _read(GITHUB / "workflows" / file)


@functools.cache
def _read(file: Path) -> dict[Any, Any]:
    """Read once: nothing changes a node."""
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    return found


def _words(command: str, environment: Mapping[str, str], place: Path) -> Iterator[str]:
    """A command's words as bash has them: only in double quotes, a variable stays one word."""
    assert "${{" not in command, f"an expression in a command: {command}"
    for word in shlex.split(command, posix=False):
        value = string.Template(word.replace('"', "")).substitute(environment)
        if '"' in word:
            yield value
        elif "*" in word:
            yield from sorted(one.name for one in place.glob(value)) or [value]
        else:
            yield from value.split()


def _goes_on(condition: str | None, contexts: dict[str, Any], before: list[str], run: Run) -> bool:
    """An `if`; without a status function, everything before must have succeeded.

    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
    """
    success = all(result == SUCCESS for result in before) and not run.cancelled
    functions = {
        "success": lambda: success,
        "failure": lambda: FAILURE in before,
        "cancelled": lambda: run.cancelled,
        "always": lambda: True,
    }
    text = str(condition if condition is not None else "success()").removeprefix("${{")
    value = truth(evaluate(text.removesuffix("}}"), contexts, functions))
    return value and (success or STATUS.search(text) is not None)


def _inputs(workflow: str, event: Event) -> dict[str, Any]:
    """What a person, or the API, gives: only what is known, and of what is allowed."""
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
    """A called workflow's job gets no more than its caller has; GitHub refuses such a file."""
    levels = ("none", "read", "write")
    for what, level in permissions.items():
        most = granted.get(what, "none")
        assert levels.index(level) <= levels.index(most), f"{name} asks {what}: {level} of {most}"
