"""The commands and names in docs/application.md match this repository."""

import re
from typing import Any

import pytest
import yaml

from access import trust as ci_documents
from arbor_names import naming
from engine.stack_file import PROJECT_DIR

PAGE = (PROJECT_DIR / "docs" / "application.md").read_text()
STACK, ACCOUNT = "staging", "123456789012"
CONFIG: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "Pulumi.staging.yaml").read_text())["config"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


(LINES,) = blocks("yaml")
WORKFLOW: dict[str, Any] = yaml.safe_load(LINES)


def test_the_workflow_assumes_the_role_of_config() -> None:
    role = WORKFLOW["jobs"]["images"]["steps"][1]["with"]["role-to-assume"]
    name = role.rsplit("/", 1)[-1].replace("${{ matrix.stack }}", "<stack>")
    assert name == naming.ci_images_role("<stack>")
    assert f"`{name}`" in PAGE


def test_the_repository_in_its_config_is_accepted_and_trusted() -> None:
    (value,) = re.findall(r"^arbor:applicationRepository: (\S+)$", PAGE, re.MULTILINE)
    assert ci_documents.SUBJECT_NAME.fullmatch(value)
    (numbered,) = re.findall(r"`(OWNER@\S+)`", PAGE)
    assert ci_documents.SUBJECT_NAME.fullmatch(numbered)


def test_the_workflow_pushes_the_version_the_commit_and_latest_to_the_promised_names() -> None:
    job = WORKFLOW["jobs"]["images"]
    tags = job["steps"][-1]["with"]["tags"].split()
    assert [
        tag.rsplit(":", 1)[1]
        for tag in " ".join(tags).replace("{{ ", "{{").replace(" }}", "}}").split()
    ] == ["${{github.ref_name}}", "${{github.sha}}", "latest"]
    names = {
        tag.rsplit(":", 1)[0].rsplit("/", 1)[1]
        for tag in job["steps"][-1]["with"]["tags"].splitlines()
    }
    (pushed,) = names
    matrix = job["strategy"]["matrix"]
    for stack in matrix["stack"]:
        for app in matrix["app"]:
            name = pushed.replace("${{ matrix.stack }}", stack).replace("${{ matrix.app }}", app)
            assert name == naming.image_repository(stack, app)
    assert matrix["app"] == list(CONFIG["arbor:services"])


def test_it_calls_our_workflow_with_valid_inputs() -> None:
    (call,) = WORKFLOW["jobs"]["release"]["steps"]
    (file,) = re.findall(r"gh workflow run (\S+)", call["run"])
    text = (PROJECT_DIR / ".github" / "workflows" / file).read_text()
    # YAML reads the key `on` as true.
    inputs = yaml.safe_load(text)[True]["workflow_dispatch"]["inputs"]
    given = re.findall(r"--raw-field (\w+)=", call["run"])
    assert given == [name for name, one in inputs.items() if one.get("required")]
    assert inputs["stack"]["options"] == ["both", "staging", "production"]
    assert "VERSION: ${{ inputs.version || " in text
    assert f"--repo {CONFIG['arbor:githubRepository']} --ref main" in call["run"]


def test_the_callable_workflow_has_the_same_step() -> None:
    text = (PROJECT_DIR / ".github/workflows/call-release.yml").read_text()
    called = yaml.safe_load(text)
    (step,) = called["jobs"]["start"]["steps"]
    (call,) = WORKFLOW["jobs"]["release"]["steps"]
    ours = step["run"].replace("$VERSION", "$GITHUB_REF_NAME")
    assert ours.replace('"$INFRASTRUCTURE"', CONFIG["arbor:githubRepository"]) == call["run"]
    call = called[True]["workflow_call"]
    for name in [*call["inputs"], *call["secrets"]]:
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    "named",
    [
        naming.cluster("<stack>"),
        naming.service("<stack>", "backend"),
        naming.service("<stack>", "frontend"),
        naming.service("<stack>", naming.MIGRATIONS),
        naming.secret("<stack>", "db"),
        naming.database("production"),
        naming.DATABASE_USER,
    ],
)
def test_it_lists_the_names_for_the_application(named: str) -> None:
    assert f"`{named}`" in PAGE
