"""The environment of each stack: its branches and reviewers.

https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
A private repository has environments and their branches with GitHub Pro, Team or Enterprise, and
required reviewers with Enterprise only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.repository.read import LiveSettings, UnreadableError
from pipeline.repository.reviewers import ENTERPRISE, of
from pipeline.repository.setting import Setting, gh
from pipeline.repository.stacks import WITHOUT_REVIEWERS, Stack

ACTIONS = "Actions (read)"
ENVIRONMENTS = "https://docs.github.com/en/rest/deployments/environments#get-an-environment"
POLICIES = (
    "https://docs.github.com/en/rest/deployments/branch-policies#list-deployment-branch-policies"
)
ONLY_NAMED = {"protected_branches": False, "custom_branch_policies": True}
BRANCH = "main"
REVIEWER = "@REVIEWER@"
"""The placeholder of an id until the call is written."""
Environment = Mapping[str, Any]


def settings(stacks: list[Stack]) -> Iterator[Setting]:
    """The rows of every stack's environment."""
    for stack in stacks:
        yield _branches(stack)
        if stack.reviewed:
            yield from _reviewers(stack)


def _branches(stack: Stack) -> Setting:
    return Setting(
        name=f"only jobs of {BRANCH} may use the environment {stack.name}",
        why=(
            f"a job in it can deploy {stack.name}, and any branch or tag could change the workflow"
        ),
        permission=ACTIONS,
        source=POLICIES,
        judge=lambda live: _judge_branches(live, stack.name),
        call=lambda live: _call(live, stack),
    )


def _reviewers(stack: Stack) -> Iterator[Setting]:
    name = stack.name
    yield Setting(
        name=f"the environment {name} has required reviewers",
        why=(
            f"each change of {name} waits for a reviewer of its plan; without reviewers `apply` "
            f"refuses, unless Pulumi.{name}.yaml has {WITHOUT_REVIEWERS}: true"
        ),
        permission=ACTIONS,
        source=ENVIRONMENTS,
        judge=lambda live: _judge_reviewers(live, name),
        call=lambda live: _call(live, stack),
        note=(
            "Set REVIEWER to the login of the reviewer. For a team: type Team, and the id from "
            "`gh api orgs/OWNER/teams/TEAM --jq .id`."
        ),
    )
    yield Setting(
        name=f"a second person approves a change of {name}",
        why="the person who merges starts the deployment",
        permission=ACTIONS,
        source=ENVIRONMENTS,
        judge=lambda live: (
            ""
            if _rule(_there(live, name), "required_reviewers").get("prevent_self_review")
            else f"prevent_self_review of {name} is false"
        ),
        call=lambda live: _call(live, stack, recommended=True),
        applies=lambda live: _has_reviewers(live, name),
        optional=True,
    )
    yield Setting(
        name=f"administrators wait for the reviewers of {name}, too",
        why="by default an administrator can start a waiting deployment without them",
        permission=ACTIONS,
        # The endpoint's page has no such field. The Terraform provider reads and writes it:
        source=(
            "https://github.com/integrations/terraform-provider-github/blob/main/github/"
            "resource_github_repository_environment.go"
        ),
        judge=lambda live: _judge_administrators(live, name),
        call=lambda live: _call(live, stack, recommended=True),
        applies=lambda live: _has_reviewers(live, name),
        optional=True,
    )
    yield Setting(
        name=f"the environment {name} has no wait timer",
        why="a plan becomes stale while it waits, and then needs another approval",
        permission=ACTIONS,
        source=ENVIRONMENTS,
        judge=lambda live: _judge_timer(live, name),
        call=lambda live: _call(live, stack, recommended=True),
        optional=True,
    )


def _find(live: LiveSettings, name: str) -> Environment | None:
    found: Environment | None = live.find(f"/environments/{name}")
    return found


def _there(live: LiveSettings, name: str) -> Environment:
    return _find(live, name) or {}


def _rule(environment: Environment, kind: str) -> Mapping[str, Any]:
    """Its protection rule of this type; empty without one."""
    rules = environment.get("protection_rules") or ()
    return next((rule for rule in rules if rule["type"] == kind), {})


def _has_reviewers(live: LiveSettings, name: str) -> bool:
    return any(of(_there(live, name)))


def _policies(live: LiveSettings, name: str) -> list[dict[str, Any]]:
    """The names of branches and tags that may use it; empty if other rules decide."""
    if _there(live, name).get("deployment_branch_policy") != ONLY_NAMED:
        return []
    return live.listed(f"/environments/{name}/deployment-branch-policies", "branch_policies")


def _is_main(policy: Mapping[str, Any]) -> bool:
    return (policy["name"], policy.get("type", "branch")) == (BRANCH, "branch")


def _judge_branches(live: LiveSettings, name: str) -> str:
    environment = _find(live, name)
    if environment is None:
        return f"the environment {name} is missing"
    policy = environment.get("deployment_branch_policy")
    if not policy:
        return f"every branch and tag may use {name}"
    if policy["protected_branches"]:
        return f"every protected branch may use {name}"
    policies = _policies(live, name)
    others = [
        f"{one.get('type', 'branch')} {one['name']!r} may use {name}"
        for one in policies
        if not _is_main(one)
    ]
    missing = [] if any(map(_is_main, policies)) else [f"{BRANCH} may not use {name}"]
    return ", ".join([*missing, *others])


def _judge_reviewers(live: LiveSettings, name: str) -> str:
    if _has_reviewers(live, name):
        return ""
    return f"{name} has 0 reviewers" + (f"; {ENTERPRISE}" if live.private else "")


def _judge_administrators(live: LiveSettings, name: str) -> str:
    bypass = _there(live, name).get("can_admins_bypass")
    if bypass is None:
        raise UnreadableError(f"GitHub hides can_admins_bypass of {name}")
    return f"can_admins_bypass of {name} is true" if bypass else ""


def _judge_timer(live: LiveSettings, name: str) -> str:
    minutes = _rule(_there(live, name), "wait_timer").get("wait_timer", 0)
    return f"{name} waits {minutes} minutes" if minutes else ""


def _call(live: LiveSettings, stack: Stack, *, recommended: bool = False) -> str:
    """One call for the environment, because it replaces what it leaves out, and its branches.

    GitHub answers 422 if a field that the plan lacks is sent, even with its default:
    https://github.com/alchemy-run/alchemy/pull/1373
    """
    path = f"{live.repository}/environments/{stack.name}"
    environment = _there(live, stack.name)
    body: dict[str, Any] = {"deployment_branch_policy": ONLY_NAMED}
    reviewers = [{"type": one["type"], "id": one["reviewer"]["id"]} for one in of(environment)] or (
        [{"type": "User", "id": REVIEWER}] if stack.reviewed else []
    )
    if reviewers:
        kept = _rule(environment, "required_reviewers").get("prevent_self_review", False)
        body |= {"reviewers": reviewers, "prevent_self_review": recommended or kept}
    timer = _rule(environment, "wait_timer").get("wait_timer", 0)
    if timer and not recommended:
        body["wait_timer"] = timer
    if recommended or environment.get("can_admins_bypass") is False:
        body["can_admins_bypass"] = False
    policies = _policies(live, stack.name)
    calls = [_written(gh("PUT", path, body))]
    if not any(map(_is_main, policies)):
        named = {"name": BRANCH, "type": "branch"}
        calls.append(gh("POST", f"{path}/deployment-branch-policies", named))
    calls += [
        gh("DELETE", f"{path}/deployment-branch-policies/{one['id']}")
        for one in policies
        if not _is_main(one)
    ]
    return "\n".join(calls)


def _written(call: str) -> str:
    """The call; the shell looks the id up, by default of the person who runs it."""
    if REVIEWER not in call:
        return call
    shown = call.replace("<<'JSON'", "<<JSON")
    shown = shown.replace(f'"{REVIEWER}"', '$(gh api "users/$REVIEWER" --jq .id)')
    return f"REVIEWER=$(gh api user --jq .login)\n{shown}"
