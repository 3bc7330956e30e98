"""The workflows call existing commands, pin their dependencies, and contain no key."""

import fnmatch
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import arbor.__main__
import pipeline.__main__
from access import sessions as ci_sessions
from pipeline.apply import again
from pipeline.hazards import changes
from programs import captured

ROOT = Path(__file__).parents[2]
ROOMS = ("tests/", "packages/")
FILES = sorted((ROOT / ".github").rglob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")
ACTIONS = ROOT / ".github" / "actions"
INSTALL = "./.github/actions/install"
SIGN_IN = "./.github/actions/sign-in"
SIGN_IN_TO_RELEASE = "./.github/actions/sign-in-to-release"
SIGN_INS = (SIGN_IN, SIGN_IN_TO_RELEASE)
SECONDS = {
    "preview": ci_sessions.READ_SECONDS,
    "deploy": ci_sessions.WRITE_SECONDS,
    "bootstrap": ci_sessions.WRITE_SECONDS,
}
ENGINE_COMMANDS = {"preview", "apply", "operate"}
SHELL = {"exit 1", "python -m venv .venv", 'make "$TARGET"'}
"""Steps that call no command of this project."""
CALLED_WITH_A_SECRET = "call-release.yml"
"""Runs in the application's repository, with that repository's token."""
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
each_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def events(workflow: Any) -> Any:
    return workflow[True]  # YAML reads `on` as true


def steps(value: Any) -> list[dict[str, Any]]:
    """Every step below a node."""
    if isinstance(value, list):
        return [step for item in value for step in steps(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("steps", [])
    return [*own, *(step for item in value.values() for step in steps(item))]


def all_steps() -> list[dict[str, Any]]:
    return [step for file in FILES for step in steps(read(file))]


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """Every job with steps, by `file.yml/job`."""
    return [
        (f"{file.name}/{name}", job)
        for file in WORKFLOWS
        for name, job in read(file)["jobs"].items()
        if "steps" in job
    ]


def signs_in(job: dict[str, Any]) -> str:
    """The role that a job assumes; empty for none."""
    return next((str(s["with"]["as"]) for s in job["steps"] if s.get("uses") in SIGN_INS), "")


WITH_CREDENTIALS = [(name, job) for name, job in jobs() if signs_in(job)]
each_with_credentials = pytest.mark.parametrize(
    ("name", "job"), WITH_CREDENTIALS, ids=[name for name, _ in WITH_CREDENTIALS]
)


def test_steps_and_jobs_are_found() -> None:
    assert len(all_steps()) > 50
    assert len(WITH_CREDENTIALS) > 7


@each_file
def test_every_external_action_is_pinned_by_commit(file: Path) -> None:
    for step in steps(read(file)):
        used = step.get("uses", "./")
        assert used.startswith("./") or PINNED.fullmatch(used), used


def test_an_action_has_one_version_everywhere() -> None:
    used = {step["uses"] for step in all_steps() if "@" in step.get("uses", "")}
    assert len({one.split("@")[0] for one in used}) == len(used) > 4


@each_file
def test_there_is_no_key_and_no_secret(file: Path) -> None:
    text = file.read_text()
    assert "access-key" not in text
    assert ("secrets." in text) == (file.name == CALLED_WITH_A_SECRET)


@each_file
def test_workflows_contain_no_region_and_no_account(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"\b[a-z]{2}-[a-z]+-\d\b", text)
    assert not re.search(r"\b\d{12}\b", text)
    assert "AWS_ACCOUNT_ID" not in text


@each_workflow
def test_a_workflow_has_no_permissions_and_each_job_declares_its_own(file: Path) -> None:
    workflow = read(file)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert "write-all" not in str(job["permissions"]), name


def test_only_a_job_that_signs_in_can_get_an_identity_token() -> None:
    for name, job in jobs():
        assert (job["permissions"].get("id-token") == "write") == bool(signs_in(job)), name


@each_with_credentials
def test_a_job_with_credentials_writes_nothing_to_the_repository(
    name: str, job: dict[str, Any]
) -> None:
    writes = {what for what, how in job["permissions"].items() if how == "write"}
    assert writes == {"id-token"}, name


@each_with_credentials
def test_a_session_outlasts_its_job(name: str, job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] * 60 <= SECONDS[signs_in(job)], name


@pytest.mark.parametrize(
    ("action", "where"),
    [("sign-in", "steps.where.outputs"), ("sign-in-to-release", "fromJSON(inputs.where)")],
)
def test_a_job_requests_its_roles_whole_session(action: str, where: str) -> None:
    found = steps(read(ACTIONS / action / "action.yml"))
    requested = next(step["with"] for step in found if "role-to-assume" in step.get("with", {}))
    assert requested["role-duration-seconds"] == f"${{{{ {where}.seconds }}}}"
    assert requested["role-to-assume"] == f"${{{{ {where}.role }}}}"
    assert requested["aws-region"] == f"${{{{ {where}.region }}}}"
    assert requested["allowed-account-ids"] == f"${{{{ {where}.account }}}}"


@pytest.mark.parametrize("action", ["sign-in", "sign-in-to-release"])
def test_credentials_come_last(action: str) -> None:
    found = steps(read(ACTIONS / action / "action.yml"))
    assert found[0]["uses"] == INSTALL
    assert "configure-aws-credentials@" in found[-1]["uses"]
    assert not any("configure-aws-credentials" in step.get("uses", "") for step in found[:-1])
    assert not any("cache" in str(step) for step in found)


def test_each_file_that_a_job_with_credentials_installs_has_a_hash() -> None:
    found = steps(read(ACTIONS / "install" / "action.yml"))
    assert not any("cache" in str(step) for step in found)
    listed, ours = (step["run"] for step in found if " pip install " in step.get("run", ""))
    assert {"--require-hashes", "--only-binary", "--no-deps"} <= set(shlex.split(listed))
    # The package of this commit is built with that list's backend.
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(shlex.split(ours))


def test_a_release_installs_the_arbor_package_and_nothing_else() -> None:
    installs = steps(read(ACTIONS / "sign-in-to-release" / "action.yml"))[:-1]
    assert [step["with"]["lock"] for step in installs] == ["packages/arbor/requirements.lock"]
    for name, job in read(ROOT / ".github/workflows/release.yml")["jobs"].items():
        if name == "where":
            assert job["permissions"] == {"contents": "read"}
            continue
        (command,) = (step["run"] for step in job["steps"] if "run" in step)
        assert command.startswith("exec .venv/bin/python -m arbor release "), command


@each_with_credentials
def test_nothing_is_installed_with_credentials_present(name: str, job: dict[str, Any]) -> None:
    ours = [step.get("uses", "") for step in job["steps"]]
    after = ours[next(at for at, use in enumerate(ours) if use in SIGN_INS) + 1 :]
    assert {use.split("@")[0] for use in after} <= {
        "",
        "actions/upload-artifact",
        "actions/download-artifact",
    }, name


@each_with_credentials
def test_the_engine_works_on_the_stacks_backend(name: str, job: dict[str, Any]) -> None:
    for step in job["steps"]:
        if any(f"-m pipeline {command} " in step.get("run", "") for command in ENGINE_COMMANDS):
            environment = step["env"]
            assert environment["PULUMI_BACKEND_URL"] == "${{ steps.sign-in.outputs.backend }}"
            # The engine downloads no plugin: all are installed, by hash.
            assert environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true", name


@each_with_credentials
def test_every_job_that_writes_a_stack_is_in_its_concurrency_group(
    name: str, job: dict[str, Any]
) -> None:
    if signs_in(job) == "preview" or name == "own-roles.yml/plan":
        assert "concurrency" not in job, name
        return
    assert job["concurrency"]["group"] == f"stack-{job['environment']}", name
    assert job["concurrency"]["queue"] == "max", name
    assert job["concurrency"]["cancel-in-progress"] is False, name


@each_workflow
def test_a_concurrency_group_keeps_every_run_and_cancels_none(file: Path) -> None:
    workflow = read(file)
    found = [
        one["concurrency"] for one in (workflow, *workflow["jobs"].values()) if "concurrency" in one
    ]
    for line in found:
        assert line.keys() <= {"group", "cancel-in-progress", "queue"}
        assert line.get("queue", "single") in {"single", "max"}
        # GitHub refuses a workflow with both.
        assert not (line.get("queue") == "max" and line["cancel-in-progress"])


def test_each_tag_publishes_in_its_own_group() -> None:
    """GitHub keeps one waiting run in a group, so a third tag would drop the second."""
    line = read(ROOT / ".github/workflows/publish.yml")["concurrency"]
    assert line["group"] == "publish-${{ github.ref }}"


def test_a_run_that_waits_for_production_blocks_no_other_stack() -> None:
    for name in ("up.yml", "up-stack.yml", "release.yml", "operate.yml"):
        assert "concurrency" not in read(ROOT / ".github/workflows" / name), name


@each_with_credentials
def test_a_job_with_credentials_runs_mains_code(name: str, job: dict[str, Any]) -> None:
    ref = job["steps"][0]["with"].get("ref")
    if name == "preview.yml/preview":
        assert ref is None  # the proposed commit, with the read-only role
    else:
        assert ref in {"main", "${{ needs.plan.outputs.commit }}"}, name


def test_ignored_paths_keep_a_plan_valid() -> None:
    ignored = events(read(ROOT / ".github/workflows/up.yml"))["push"]["paths-ignore"]
    assert tuple(pattern.replace("**", "*") for pattern in ignored) == again.WITHOUT_EFFECT


@pytest.mark.parametrize(
    "read_by_a_run",
    ["__main__.py", "Pulumi.yaml", "policy/__main__.py", "components/cache.py", "Makefile",
     ".github/workflows/up.yml", "requirements-pipeline.lock", "pulumi.lock",
     "engine/deployment.py",
    ],
)  # fmt: skip
def test_every_file_that_a_run_reads_starts_one(read_by_a_run: str) -> None:
    assert not any(fnmatch.fnmatch(read_by_a_run, one) for one in again.WITHOUT_EFFECT)


def test_artifacts_are_unpacked_apart_from_executed_code() -> None:
    """A job with a weaker role fills an artifact; unpacked here, its files would be executed."""
    given = [
        step["with"]
        for step in all_steps()
        if str(step.get("uses", "")).startswith("actions/download-artifact@")
    ]
    assert len(given) > 4
    assert {one.get("path") for one in given} == {"${{ runner.temp }}/given"}


def test_one_check_covers_all_checks_of_a_pull_request() -> None:
    for file in WORKFLOWS:
        workflow = read(file)
        if "pull_request" not in events(workflow):
            continue
        assert "merge_group" in events(workflow)
        (last,) = (
            job for job in workflow["jobs"].values() if job["name"] == f"{workflow['name']} passed"
        )
        assert set(last["needs"]) == workflow["jobs"].keys() - {"passed"}
        assert last["if"] == "always()"


def test_every_test_runs_on_a_pull_request() -> None:
    matrix = read(ROOT / ".github/workflows/preview.yml")["jobs"]["checks"]["strategy"]["matrix"]
    shards: dict[str, set[tuple[int, int]]] = {}
    for row in matrix["include"]:
        shards.setdefault(row["target"], set()).add((row["shard"], row["of"]))
    makefile = (ROOT / "Makefile").read_text()
    everything = re.search(r"^test: ([a-z ]+) ##", makefile, re.MULTILINE)
    assert everything
    assert shards.keys() == {*everything[1].split(), "slow"}
    for target, found in shards.items():
        (of,) = {of for _, of in found}
        assert {shard for shard, _ in found} == set(range(of)), target


@pytest.mark.parametrize(
    ("target", "rooms"),
    [
        (
            "emulator",
            [
                "packages/pulumi-moto/tests",
                "packages/arbor/tests",
                "tests/pipeline/bootstrap",
                "tests/pipeline/test_adopt.py",
                "tests/iam/test_provider.py",
            ],
        ),
        ("engine", ["tests/engine", "tests/long_life"]),
    ],
)
def test_each_file_is_in_one_shard(target: str, rooms: list[str]) -> None:
    def files(shard: int, of: int) -> list[str]:
        requested = ["make", "--no-print-directory", "--dry-run", target]
        requested += [f"SHARD={shard}", f"SHARDS={of}"]
        # `make test` runs this as well, and would pass its own flags on.
        alone = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        output = captured(requested, cwd=ROOT, env=alone, check=True).stdout
        return [word for word in output.splitlines()[-1].split() if word.startswith(ROOMS)]

    whole = sorted(
        str(file.relative_to(ROOT))
        for room in rooms
        for file in [ROOT / room, *(ROOT / room).rglob("test_*.py")]
        if file.is_file()
    )
    assert sorted(file for shard in range(4) for file in files(shard, 4)) == whole
    assert files(0, 1) == rooms


def test_a_step_that_writes_receives_the_signals_of_a_cancelled_job() -> None:
    """GitHub signals the step's own process, and bash forwards nothing: exec replaces it."""
    writes = re.compile(r"-m (pipeline (apply|operate)|arbor release) ")
    runs = [run for step in all_steps() if writes.search(run := str(step.get("run", "")))]
    assert len(runs) > 4
    assert [run for run in runs if not run.startswith("exec ")] == []


def test_every_step_is_one_command_that_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {"checks", "lint", "types", "unit", "emulator", "engine"}
    programs: dict[str, Any] = {
        "pipeline": typer.main.get_command(pipeline.__main__.app),
        "arbor": typer.main.get_command(arbor.__main__.app),
    }
    for run in (step["run"] for step in all_steps() if "run" in step):
        words = shlex.split(run.removeprefix("exec ").split(">>")[0])
        assert "\n" not in run.strip(), run
        if run in SHELL or words[0] == "gh":
            continue
        if words[0] == "make":
            targets |= set(words[1:])
            continue
        assert words[:2] == [".venv/bin/python", "-m"], run
        if words[2] in {"pip", "tools.pulumi_release"}:
            continue
        command, rest = programs[words[2]], words[3:]
        while hasattr(command, "commands"):
            assert rest[0] in command.commands, run
            command, rest = command.commands[rest[0]], rest[1:]
        options = {option for parameter in command.params for option in parameter.opts}
        output = rest[: rest.index("--")] if "--" in rest else rest
        assert {word for word in output if word.startswith("--")} <= options, run
    for target in targets:
        assert f"\n{target.replace('.venv/ready', '$(READY)')}:" in makefile, target


@pytest.mark.parametrize("name", ["up.yml", "own-roles.yml", "operate.yml"])
def test_the_workflow_offers_every_allow_option(name: str) -> None:
    workflow = read(ROOT / ".github/workflows" / name)
    options = events(workflow)["workflow_dispatch"]["inputs"]["allow"]["options"]
    assert options == [changes.NOTHING, *changes.ALLOWABLE]


def test_callers_of_the_release_pass_only_data() -> None:
    workflow = read(ROOT / ".github/workflows" / CALLED_WITH_A_SECRET)
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {}
    (step,) = job["steps"]
    assert "${{" not in step["run"]
    assert "release.yml" in step["run"]
    assert "--ref main" in step["run"]


def test_dependabot_updates_every_kind_of_pin() -> None:
    found = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    assert {one["package-ecosystem"] for one in found} == {"github-actions", "uv", "gomod"}
    for one in found:
        assert one["groups"], one
        for place in one.get("directories", [one.get("directory")]):
            assert list(ROOT.glob(place.strip("/") or "*")), place
