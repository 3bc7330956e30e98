"""Settings of the repository that the roles' trust, the workflows and the nightly issue need."""

from collections.abc import Iterator

from pipeline.drift.issue import LABEL
from pipeline.repository.needs import Needs
from pipeline.repository.read import LiveSettings
from pipeline.repository.setting import Setting, gh
from pipeline.repository.stacks import Stack

SUBJECT = "/actions/oidc/customization/sub"
SUBJECT_PAGE = (
    "https://docs.github.com/en/rest/actions/oidc"
    "#get-the-customization-template-for-an-oidc-subject-claim-for-a-repository"
)
VARIABLES = "https://docs.github.com/en/rest/actions/variables"
DRIFT = {"name": LABEL, "color": "d93f0b", "description": "The nightly issue about drift"}
OWN_ROLES = (
    "Correct the stack's file, and run the workflow own-roles, which updates the roles' trust."
)
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def settings(stacks: list[Stack], needs: Needs) -> Iterator[Setting]:
    """The rows of the repository itself."""
    yield Setting(
        name="config names this repository",
        why="the roles trust the name and the numbers in arbor:github*",
        permission="Metadata (read)",
        source="https://docs.github.com/en/rest/repos/repos#get-a-repository",
        judge=lambda live: _judge_config(live, stacks),
        call=lambda _: "",
        note=OWN_ROLES,
    )
    yield Setting(
        name="the default branch is main",
        why="nightly and manual workflows run the default branch, and the roles trust main",
        permission="Metadata (read)",
        source="https://docs.github.com/en/rest/repos/repos#update-a-repository",
        judge=lambda live: (
            ""
            if live.about["default_branch"] == "main"
            else f"it is {live.about['default_branch']}"
        ),
        call=lambda live: gh("PATCH", live.repository, {"default_branch": "main"}),
    )
    yield Setting(
        name="the tokens' subject has GitHub's default form, with the numbers in config",
        why="the roles trust repo:OWNER/NAME:..., and with both numbers repo:OWNER@ID/NAME@ID:...",
        permission="Actions (read)",
        source=SUBJECT_PAGE,
        judge=lambda live: _judge_subject(live, stacks),
        call=_subject_call,
        note=OWN_ROLES,
    )
    if needs.variables:
        yield Setting(
            name="the workflows' variables have values",
            why="without them a job fails at its first step",
            permission="Variables (read) and Environments (read)",
            source=VARIABLES,
            judge=lambda live: _judge_variables(live, stacks, needs),
            call=lambda live: _variables_call(live, stacks, needs),
            note="Replace VALUE. Where it differs between the stacks, set it in each environment.",
        )
    yield Setting(
        name="the secrets contain no AWS key",
        why="jobs assume roles by OpenID Connect; a key stays valid outside of jobs, for years",
        permission="Secrets (read) and Environments (read)",
        source="https://docs.github.com/en/rest/actions/secrets#list-repository-secrets",
        judge=lambda live: ", ".join(f"{name} exists" for name, _ in _keys(live, stacks)),
        call=lambda live: "\n".join(gh("DELETE", path) for _, path in _keys(live, stacks)),
        note="Deactivate the key in IAM first: `aws iam update-access-key --status Inactive`.",
    )
    yield Setting(
        name=f"the label {LABEL} exists",
        why="the nightly job finds its issue by the label",
        permission="Issues (read)",
        source="https://docs.github.com/en/rest/issues/labels#get-a-label",
        judge=lambda live: "" if live.find(f"/labels/{LABEL}") else "it is missing",
        call=lambda live: gh("POST", f"{live.repository}/labels", DRIFT),
    )


def _numbers(live: LiveSettings) -> dict[str, str]:
    about = live.about
    return {"githubOwnerId": str(about["owner"]["id"]), "githubRepositoryId": str(about["id"])}


def _judge_config(live: LiveSettings, stacks: list[Stack]) -> str:
    name = live.about["full_name"]
    wrong = []
    for stack in stacks:
        held = {"githubRepository": (stack.repository, name)}
        numbers = _numbers(live)
        if stack.owner_id or stack.repository_id:
            held["githubOwnerId"] = (stack.owner_id, numbers["githubOwnerId"])
            held["githubRepositoryId"] = (stack.repository_id, numbers["githubRepositoryId"])
        wrong += [
            f"arbor:{key} in Pulumi.{stack.name}.yaml is {found or 'empty'}, not {wanted}"
            for key, (found, wanted) in held.items()
            if found != wanted
        ]
    return ", ".join(wrong)


def _judge_subject(live: LiveSettings, stacks: list[Stack]) -> str:
    subject = live.get(SUBJECT)
    if not subject["use_default"]:
        keys = subject.get("include_claim_keys", "the organization's keys")
        return f"it is made of {keys}"
    if not subject.get("use_immutable_subject"):
        return ""
    numbers = " and ".join(f'arbor:{key} "{number}"' for key, number in _numbers(live).items())
    without = [
        f"Pulumi.{stack.name}.yaml"
        for stack in stacks
        if not (stack.owner_id and stack.repository_id)
    ]
    if not without:
        return ""
    return f"it is immutable, and {' and '.join(without)} must have {numbers}"


def _subject_call(live: LiveSettings) -> str:
    subject = live.get(SUBJECT)
    if subject["use_default"]:
        return ""
    key = "use_immutable_subject"
    body = {"use_default": True, **({key: subject[key]} if key in subject else {})}
    return gh("PUT", f"{live.repository}{SUBJECT}", body)


def _names(live: LiveSettings, path: str, key: str) -> set[str]:
    return {entry["name"] for entry in live.listed(path, key)}


def _environments(live: LiveSettings, stacks: list[Stack]) -> Iterator[str]:
    """Paths of those that exist."""
    for stack in stacks:
        path = f"/environments/{stack.name}"
        if live.find(path) is not None:
            yield path


def _without_value(live: LiveSettings, stacks: list[Stack], needs: Needs) -> list[str]:
    everywhere = _names(live, "/actions/variables", "variables")
    everywhere |= _names(live, "/actions/organization-variables", "variables")
    paths = list(_environments(live, stacks))
    each = [_names(live, f"{path}/variables", "variables") for path in paths]
    if len(each) == len(stacks):
        everywhere |= set.intersection(*each)
    return [name for name in needs.variables if name not in everywhere]


def _judge_variables(live: LiveSettings, stacks: list[Stack], needs: Needs) -> str:
    missing = _without_value(live, stacks, needs)
    return f"{', '.join(missing)}: not set" if missing else ""


def _variables_call(live: LiveSettings, stacks: list[Stack], needs: Needs) -> str:
    return "\n".join(
        gh("POST", f"{live.repository}/actions/variables", {"name": name, "value": "VALUE"})
        for name in _without_value(live, stacks, needs)
    )


def _keys(live: LiveSettings, stacks: list[Stack]) -> Iterator[tuple[str, str]]:
    """Label and path of each place that can contain an AWS key."""
    for path in ("/actions", *_environments(live, stacks)):
        for name in sorted(_names(live, f"{path}/secrets", "secrets") & set(KEYS)):
            yield f"{name} in {path.strip('/')}", f"{live.repository}{path}/secrets/{name}"
