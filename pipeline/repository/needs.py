"""Requirements of this checkout's workflows on the repository, read from their YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.stack_file import PROJECT_DIR

GITHUB = PROJECT_DIR / ".github"
SUFFIX = " passed"
"""The suffix of a workflow's aggregate job: `<workflow> passed`."""
VARIABLE = re.compile(r"\bvars\.([A-Za-z_]\w*)(\s*(?:\|\||==|!=))?")
USED = re.compile(r"^\s*(?:-\s+)?uses:\s*([\w.-]+/[\w./-]+)@", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """In alphabetical order, each once."""

    checks: tuple[str, ...]
    """Names of the aggregate jobs on pull requests, as in GitHub's checks."""
    variables: tuple[str, ...]
    """Variables without which a workflow fails; optional ones are left out."""
    tags: tuple[str, ...]
    """Patterns of the tags that start a workflow, such as `v*`."""
    actions: tuple[str, ...]
    """Repositories (OWNER/NAME) of the actions from other repositories."""


def read(github: Path = GITHUB) -> Needs:
    """The requirements of the YAML below `.github`."""
    texts = [file.read_text() for file in sorted(github.rglob("*.yml"))]
    files = sorted((github / "workflows").glob("*.yml"))
    workflows = [yaml.safe_load(file.read_text()) for file in files]
    checks = (name for workflow in workflows for name in _aggregates(workflow))
    used = (action for text in texts for action in USED.findall(text))
    return Needs(
        checks=tuple(sorted(checks)),
        tags=tuple(sorted({tag for workflow in workflows for tag in _tags(workflow)})),
        variables=tuple(sorted(set(_required("\n".join(texts))))),
        actions=tuple(sorted({"/".join(action.split("/")[:2]) for action in used})),
    )


def _aggregates(workflow: dict[Any, Any]) -> Iterator[str]:
    """A workflow that runs on pull requests has one such job."""
    if "pull_request" in _on(workflow):
        for job in workflow["jobs"].values():
            if job.get("name") == f"{workflow['name']}{SUFFIX}":
                yield job["name"]


def _tags(workflow: dict[Any, Any]) -> Iterator[str]:
    """As a ruleset's patterns, which do not support `[0-9]+`."""
    on = _on(workflow)
    push = on.get("push") if isinstance(on, dict) else None
    for pattern in (push or {}).get("tags", ()):
        yield f"{re.split(r'[*?+[]', pattern)[0]}*"


def _on(workflow: dict[Any, Any]) -> Any:  # noqa: ANN401 - a name, a list or a mapping
    return workflow.get("on", workflow.get(True, {}))  # YAML reads `on` as true


def _required(text: str) -> Iterator[str]:
    optional = {name for name, alternative in VARIABLE.findall(text) if alternative}
    yield from (name for name, _ in VARIABLE.findall(text) if name not in optional)
