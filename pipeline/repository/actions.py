"""The permissions of jobs in the repository.

https://docs.github.com/en/rest/actions/permissions
"""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.repository.needs import Needs
from pipeline.repository.read import LiveSettings
from pipeline.repository.setting import Setting, differences, gh, private, public

ADMINISTRATION = "Administration (read)"
PAGE = "https://docs.github.com/en/rest/actions/permissions"
POLICY = "/actions/permissions"
SELECTED = f"{POLICY}/selected-actions"
WORKFLOW = f"{POLICY}/workflow"
FORKS = f"{POLICY}/fork-pr-contributor-approval"
PRIVATE_FORKS = f"{POLICY}/fork-pr-workflows-private-repos"
ACCESS = f"{POLICY}/access"
GITHUB_OWNED = ("actions", "github")
"""Owners whose actions are GitHub's own."""
READ_ONLY = {"default_workflow_permissions": "read"}
NO_APPROVALS = {"can_approve_pull_request_reviews": False}
EVERY_STRANGER = {"approval_policy": "all_external_contributors"}
NOTHING_FOR_FORKS = {
    "send_write_tokens_to_workflows": False,
    "send_secrets_and_variables": False,
    "require_approval_for_fork_pr_workflows": True,
}


def settings(needs: Needs) -> Iterator[Setting]:
    """The rows of Actions."""
    yield Setting(
        name="the actions that the workflows use are allowed",
        why="a workflow with any other action does not start",
        permission=ADMINISTRATION,
        source=f"{PAGE}#get-github-actions-permissions-for-a-repository",
        judge=lambda live: _judge_allowed(live, needs.actions),
        call=lambda live: _selected_call(live, needs.actions),
    )
    yield Setting(
        name="every action is pinned by commit",
        why="a tag can be moved to other code, which would run with the roles of the pipeline",
        permission=ADMINISTRATION,
        source="https://github.blog/changelog/2025-08-15-github-actions-policy-now-supports-blocking-and-sha-pinning-actions/",
        judge=lambda live: differences(live.get(POLICY), {"sha_pinning_required": True}),
        call=lambda live: _pinned_call(live, needs.actions),
        # https://github.com/pre-commit/action/pull/231
        note="It also refuses an action that uses other actions without pinning them.",
    )
    yield Setting(
        name="only actions of the workflows are allowed",
        why="a pull request could otherwise add an unreviewed action",
        permission=ADMINISTRATION,
        source=f"{PAGE}#set-allowed-actions-and-reusable-workflows-for-a-repository",
        judge=lambda live: _judge_selected(live, needs.actions),
        call=lambda live: _selected_call(live, needs.actions),
        # On a private repository GitHub ignores the patterns.
        applies=public,
        optional=True,
    )
    yield Setting(
        name="a workflow's token is read-only by default",
        why="a job without `permissions` would write to the repository",
        permission=ADMINISTRATION,
        source=f"{PAGE}#get-default-workflow-permissions-for-a-repository",
        judge=lambda live: differences(live.get(WORKFLOW), READ_ONLY),
        call=_workflow_call,
    )
    yield Setting(
        name="workflows can't approve pull requests",
        why="a change could approve itself with the review that main requires",
        permission=ADMINISTRATION,
        source=f"{PAGE}#get-default-workflow-permissions-for-a-repository",
        judge=lambda live: differences(live.get(WORKFLOW), NO_APPROVALS),
        call=_workflow_call,
    )
    yield Setting(
        name="workflows of all forks wait for approval",
        why="external code runs on the repository's runners and fills its caches",
        permission=ADMINISTRATION,
        source=f"{PAGE}#get-fork-pr-contributor-approval-permissions-for-a-repository",
        judge=lambda live: differences(live.get(FORKS), EVERY_STRANGER),
        call=lambda live: gh("PUT", f"{live.repository}{FORKS}", EVERY_STRANGER),
        applies=public,
    )
    yield Setting(
        name="a fork's workflow waits for approval, with a read-only token and without secrets",
        why="a fork's code could use secrets and a token with write access",
        permission=ADMINISTRATION,
        source=f"{PAGE}#get-private-repo-fork-pr-workflow-settings-for-a-repository",
        judge=_judge_private_forks,
        call=lambda live: gh(
            "PUT",
            f"{live.repository}{PRIVATE_FORKS}",
            {"run_workflows_from_fork_pull_requests": True, **NOTHING_FOR_FORKS},
        ),
        applies=private,
    )
    yield Setting(
        name="the application's repository may call the workflows of this one",
        why="its tag releases a version through them; a public repository needs no setting",
        permission=ADMINISTRATION,
        source=f"{PAGE}#get-the-level-of-access-for-workflows-outside-of-the-repository",
        judge=lambda live: (
            "access_level is none" if live.get(ACCESS)["access_level"] == "none" else ""
        ),
        call=_access_call,
        applies=private,
        optional=True,
    )


def _judge_allowed(live: LiveSettings, used: Sequence[str]) -> str:
    policy = live.get(POLICY)
    if not policy["enabled"]:
        return "Actions are disabled"
    if policy.get("allowed_actions") == "local_only":
        return "allowed_actions is local_only"
    if policy.get("allowed_actions") != "selected":
        return ""
    selected = live.get(SELECTED)
    missing = [action for action in used if not _allows(live, selected, action)]
    return f"allowed_actions is selected, without {', '.join(missing)}" if missing else ""


def _allows(live: LiveSettings, selected: Mapping[str, Any], action: str) -> bool:
    """Whether GitHub permits it; if verified creators are allowed, every creator is assumed one."""
    owner = action.partition("/")[0]
    if owner in GITHUB_OWNED:
        return bool(selected.get("github_owned_allowed"))
    if owner == live.owner or selected.get("verified_allowed"):
        return True
    patterns = selected.get("patterns_allowed") or ()
    return any(
        fnmatch.fnmatchcase(f"{action}@", pattern.split("@")[0] + "@") for pattern in patterns
    )


def _judge_selected(live: LiveSettings, used: Sequence[str]) -> str:
    policy = live.get(POLICY)
    if policy.get("allowed_actions") != "selected":
        return differences(policy, {"allowed_actions": "selected"})
    selected = live.get(SELECTED)
    wrong = ["every verified creator is allowed"] if selected.get("verified_allowed") else []
    wanted = _patterns(used)
    wrong += [
        f"{pattern!r} is allowed, but unused"
        for pattern in selected.get("patterns_allowed") or ()
        if pattern not in wanted
    ]
    return ", ".join(wrong)


def _patterns(used: Sequence[str]) -> list[str]:
    others = (action for action in used if action.partition("/")[0] not in GITHUB_OWNED)
    return [f"{action}@*" for action in others]


def _policy_call(live: LiveSettings, allowed: str) -> str:
    body = {"enabled": True, "allowed_actions": allowed, "sha_pinning_required": True}
    return gh("PUT", f"{live.repository}{POLICY}", body)


def _pinned_call(live: LiveSettings, used: Sequence[str]) -> str:
    """Keeps the allowed actions; if they are wrong as well, one call sets both."""
    if _judge_allowed(live, used):
        return _selected_call(live, used)
    return _policy_call(live, live.get(POLICY).get("allowed_actions", "all"))


def _selected_call(live: LiveSettings, used: Sequence[str]) -> str:
    """Public: only these. Private, where patterns do nothing: GitHub's and verified creators'."""
    selected = {
        "github_owned_allowed": True,
        "verified_allowed": live.private,
        "patterns_allowed": _patterns(used),
    }
    calls = (_policy_call(live, "selected"), gh("PUT", f"{live.repository}{SELECTED}", selected))
    return "\n".join(calls)


def _workflow_call(live: LiveSettings) -> str:
    return gh("PUT", f"{live.repository}{WORKFLOW}", READ_ONLY | NO_APPROVALS)


def _judge_private_forks(live: LiveSettings) -> str:
    found = live.get(PRIVATE_FORKS)
    if not found["run_workflows_from_fork_pull_requests"]:
        return ""
    return differences(found, NOTHING_FOR_FORKS)


def _access_call(live: LiveSettings) -> str:
    organization = live.about["owner"]["type"] == "Organization"
    level = "organization" if organization else "user"
    return gh("PUT", f"{live.repository}{ACCESS}", {"access_level": level})
