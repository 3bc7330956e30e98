"""The steps of a job: commands, local actions, and the few foreign ones that the workflows use."""

import glob
import re
import shutil
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import stack_file
from rehearsal.expressions import filled, text_of
from rehearsal.github import GitHub
from rehearsal.runs import (
    CANCELLED,
    FAILURE,
    SKIPPED,
    SUCCESS,
    Command,
    Job,
    Run,
    goes_on,
    read_file,
)
from rehearsal.tokens import trusted


@dataclass(kw_only=True)
class JobHost:
    """The environment of a job: the repository, its commands, and the account's roles."""

    github: GitHub
    command: Command
    place: Path
    """The parent directory of jobs and artifacts."""
    trust: Mapping[str, str]
    """Trust policies by role."""
    longest: int
    """The longest session of a role in seconds."""
    immutable: bool = False
    """Whether GitHub sends the subject with ids."""


class Steps:
    """The steps of one job, and of the local actions that it uses."""

    def __init__(self, host: JobHost, job: Job, run: Run, place: Path) -> None:
        self.host, self.job, self.run, self.place = host, job, run, place

    def walk(self, steps: list[dict[str, Any]], contexts: dict[str, Any]) -> None:
        for step in steps:
            results = [self.job.result]
            if not goes_on(step.get("if"), contexts, results, self.run):
                if "id" in step:
                    contexts["steps"][step["id"]] = {"outputs": {}, "outcome": SKIPPED}
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
        self, action: str, given: dict[str, Any], contexts: dict[str, Any], outputs: dict[str, Any]
    ) -> bool:
        described = read_file(stack_file.PROJECT_DIR / action / "action.yml")
        known = described.get("inputs", {})
        assert given.keys() <= known.keys(), f"{action} has no {given.keys() - known.keys()}"
        for name, one in known.items():
            assert name in given or not one.get("required"), f"{action} needs {name}"
        values = {name: given.get(name, one.get("default", "")) for name, one in known.items()}
        inside = {
            **contexts,
            "inputs": {name: text_of(value) for name, value in values.items()},
            "runner": {"os": "Linux", **contexts["runner"]},
            "steps": {},
        }
        before = self.job.result
        self.walk(described["runs"]["steps"], inside)
        for name, one in described.get("outputs", {}).items():
            outputs[name] = filled(one["value"], inside)
        return self.job.result == before

    def _checkout(self, given: dict[str, Any], outputs: dict[str, Any]) -> bool:
        assert given["persist-credentials"] is False
        ref = given.get("ref") or self.run.event.sha or self.host.github.main
        commit = self.host.github.main if ref == "main" else ref
        outputs["commit"] = commit
        if "path" in given:
            (self.place / given["path"]).mkdir()
        else:
            self.job.commit = commit
        return True

    def _upload(self, given: dict[str, Any], _outputs: dict[str, Any]) -> bool:
        if (self.place / given["path"]).exists():
            kept = self.host.place / f"artifact-{self.run.number}-{given['name']}"
            kept.mkdir(exist_ok=True)
            shutil.copy(self.place / given["path"], kept)
            self.run.artifacts[given["name"]] = kept
        return True

    def _download(self, given: dict[str, Any], _outputs: dict[str, Any]) -> bool:
        pattern = str(given.get("pattern") or given["name"]).replace("*", ".*")
        found = [one for one in self.run.artifacts if re.fullmatch(pattern, one)]
        for name in found:
            shutil.copytree(self.run.artifacts[name], given["path"], dirs_exist_ok=True)
        return bool(found) or "pattern" in given

    def _assume(self, given: dict[str, Any], _outputs: dict[str, Any]) -> bool:
        """STS: the trust policy and the session's duration decide."""
        assert self.job.permissions.get("id-token") == "write"
        assert re.fullmatch(r"[\w+=,.@-]{2,64}", given["role-session-name"])
        role, seconds = given["role-to-assume"], int(given["role-duration-seconds"])
        token = self.job.identity.token(immutable=self.host.immutable)
        if seconds > self.host.longest or not trusted(self.host.trust[role], token):
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
            "GITHUB_REPOSITORY": self.host.github.repository,
            "GITHUB_RUN_NUMBER": str(self.run.number),
            "GITHUB_RUN_ID": str(self.run.number * 100),
            "GITHUB_SHA": contexts["github"]["sha"],
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_TEMP": contexts["runner"]["temp"],
            **{name: text_of(value) for name, value in contexts["env"].items()},
            **{
                name: text_of(value)
                for name, value in filled(step.get("env", {}), contexts).items()
            },
        }
        words = list(_words(command, environment, self.place))
        self.job.commands.append(words)
        files["output"].write_text("")
        code, printed = self.host.command(words, environment, self.job) if words else (0, "")
        if target:
            file = Path(string.Template(target.strip().strip('"')).substitute(environment))
            file.write_text((file.read_text() if file.exists() else "") + printed)
        lines = files["output"].read_text().splitlines()
        for line in lines:
            name, _, value = line.partition("=")
            outputs[name] = value
        return code == 0


def _words(command: str, environment: Mapping[str, str], place: Path) -> Iterator[str]:
    """A command's words as in bash: a variable in double quotes stays one word."""
    assert "${{" not in command, f"an expression in a command: {command}"
    for word in re.findall(r'(?:"[^"]*"|[^\s"])+', command):
        value = string.Template(word.replace('"', "")).substitute(environment)
        if "*" in re.sub(r'"[^"]*"', "", word):
            yield from sorted(glob.glob(value, root_dir=place)) or [value]  # noqa: PTH207 - as bash
        elif '"' in word:
            yield value
        else:
            yield from value.split()
