"""Each row of the table detects a wrong setting, and its call corrects only that."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from github_repository import (
    ID,
    NAME,
    NEEDS,
    OWNER_ID,
    STACKS,
    Repository,
    complete,
    paste,
    policy,
    served,
    stack,
)
from pipeline.repository.command import table
from pipeline.repository.judge import Finding, Verdict, judge
from pipeline.repository.read import LiveSettings

ROWS = table(STACKS, NEEDS)
POLICY = "/actions/permissions"
SUBJECT = "/actions/oidc/customization/sub"
VARIABLES = "/actions/variables"


def verdict(repository: Repository, rows: Any = ROWS) -> Verdict:
    with served(repository):
        return judge(rows, LiveSettings(NAME, "not-a-token"))


def calls(findings: Iterator[Finding] | list[Finding]) -> str:
    return "\n".join(dict.fromkeys(finding.call for finding in findings if finding.call))


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One wrong setting in an otherwise correct repository."""

    row: str
    found: str
    make: Callable[[Repository], object]
    private: bool = False
    mended: bool = True
    """Whether the printed calls suffice."""


def rule(repository: Repository, kind: str) -> dict[str, Any]:
    rules = repository.rulesets[42]["rules"]
    return next(one["parameters"] for one in rules if one["type"] == kind)


def without(repository: Repository, kind: str, identity: int = 42) -> None:
    held = repository.rulesets[identity]
    held["rules"] = [one for one in held["rules"] if one["type"] != kind]


def bypass(mode: str) -> Callable[[Repository], object]:
    actor = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": mode}
    return lambda repository: repository.rulesets[42]["bypass_actors"].append(actor)


def unprotect(repository: Repository, name: str = "production") -> None:
    repository.environments[name]["protection_rules"] = []


def wait(repository: Repository) -> None:
    timer = {"id": 3736, "node_id": "MDQ6R2F0ZTM3MzY=", "type": "wait_timer", "wait_timer": 30}
    repository.environments["production"]["protection_rules"].append(timer)


CONFIG = "config names this repository"
DEFAULT = "the default branch is main"
TOKENS = "the tokens' subject has GitHub's default form, with the numbers in config"
VALUES = "the workflows' variables have values"
KEYS = "the secrets contain no AWS key"
LABEL = "the label drift exists"
REVIEWS = "main takes reviewed pull requests only"
CHECKS = "main requires the aggregate check of each workflow, from GitHub Actions"
KEPT = "main can't be deleted or rewritten"
BYPASS = "the repository's rules of main have no bypass"
TAGS = "tags v* can't be moved or deleted"
QUEUE = "main has a merge queue"
ONLY_MAIN = "only jobs of main may use the environment production"
ONLY_MAIN_STAGING = "only jobs of main may use the environment staging"
REVIEWERS = "the environment production has required reviewers"
SELF = "a second person approves a change of production"
ADMINISTRATORS = "administrators wait for the reviewers of production, too"
TIMER = "the environment production has no wait timer"
ALLOWED = "the actions that the workflows use are allowed"
PINNED = "every action is pinned by commit"
OTHERS = "only actions of the workflows are allowed"
READS = "a workflow's token is read-only by default"
APPROVES = "workflows can't approve pull requests"
STRANGERS = "workflows of all forks wait for approval"
FORKS = "a fork's workflow waits for approval, with a read-only token and without secrets"
ACCESS = "the application's repository may call the workflows of this one"

WRONG = (
    Wrong(
        row=CONFIG,
        found=(
            "arbor:githubRepository in Pulumi.production.yaml is arbor-energy/infrastructure, "
            "not arbor-energy/renamed"
        ),
        make=lambda it: it.about.update(full_name="arbor-energy/renamed"),
        mended=False,
    ),
    Wrong(
        row=DEFAULT, found="it is trunk", make=lambda it: it.about.update(default_branch="trunk")
    ),
    Wrong(
        row=TOKENS,
        found="it is made of ['repo', 'context']",
        make=lambda it: it.plain[SUBJECT].update(
            use_default=False, include_claim_keys=["repo", "context"]
        ),
    ),
    Wrong(
        row=TOKENS,
        found=(
            "it is immutable, and Pulumi.production.yaml and Pulumi.staging.yaml must have "
            f'arbor:githubOwnerId "{OWNER_ID}" and arbor:githubRepositoryId "{ID}"'
        ),
        make=lambda it: it.plain[SUBJECT].update(use_immutable_subject=True),
        mended=False,
    ),
    Wrong(
        row=VALUES,
        found="AWS_ACCOUNT_ID: not set",
        make=lambda it: it.names.update({VARIABLES: []}),
    ),
    Wrong(
        row=VALUES,
        found="AWS_ACCOUNT_ID: not set",
        make=lambda it: it.names.update(
            {VARIABLES: [], "/environments/staging/variables": ["AWS_ACCOUNT_ID"]}
        ),
    ),
    Wrong(
        row=KEYS,
        found="AWS_SECRET_ACCESS_KEY in actions exists",
        make=lambda it: it.names["/actions/secrets"].append("AWS_SECRET_ACCESS_KEY"),
    ),
    Wrong(
        row=KEYS,
        found="AWS_ACCESS_KEY_ID in environments/production exists",
        make=lambda it: it.names.update(
            {"/environments/production/secrets": ["AWS_ACCESS_KEY_ID", "OTHER"]}
        ),
    ),
    Wrong(row=LABEL, found="it is missing", make=lambda it: it.labels.remove("drift")),
    Wrong(
        row=REVIEWS,
        found="main has no rule pull_request",
        make=lambda it: without(it, "pull_request"),
    ),
    Wrong(
        row=REVIEWS,
        found=(
            "required_approving_review_count is 0, not 1 or more, "
            "dismiss_stale_reviews_on_push is false, not true, "
            "require_last_push_approval is false, not true"
        ),
        make=lambda it: rule(it, "pull_request").update(
            required_approving_review_count=0,
            dismiss_stale_reviews_on_push=False,
            require_last_push_approval=False,
        ),
    ),
    Wrong(
        row=CHECKS,
        found="'preview passed' is not required",
        make=lambda it: without(it, "required_status_checks"),
    ),
    Wrong(
        row=CHECKS,
        found="any app may report 'preview passed'",
        make=lambda it: rule(it, "required_status_checks")["required_status_checks"][0].pop(
            "integration_id"
        ),
    ),
    Wrong(
        row=KEPT,
        found="main has no rule non_fast_forward",
        make=lambda it: without(it, "non_fast_forward"),
    ),
    Wrong(row=KEPT, found="main has no rule deletion", make=lambda it: without(it, "deletion")),
    *(
        Wrong(row=BYPASS, found="RepositoryRole 5 may bypass 'main' always", make=bypass(mode))
        for mode in ("always", "exempt")
    ),
    Wrong(row=TAGS, found="tags v* have no rule update", make=lambda it: without(it, "update", 43)),
    Wrong(
        row=TAGS,
        found="tags v* have no rules deletion and update",
        make=lambda it: it.rulesets[43].update(enforcement="evaluate"),
    ),
    Wrong(
        row=TAGS,
        found="tags v* have no rules deletion and update",
        make=lambda it: it.rulesets[43]["conditions"]["ref_name"]["exclude"].append("refs/tags/v*"),
    ),
    Wrong(
        row=QUEUE, found="main has no rule merge_queue", make=lambda it: without(it, "merge_queue")
    ),
    Wrong(
        row=ONLY_MAIN_STAGING,
        found="the environment staging is missing",
        make=lambda it: (it.environments.pop("staging"), it.policies.pop("staging")),
    ),
    Wrong(
        row=ONLY_MAIN,
        found="every branch and tag may use production",
        make=lambda it: (
            it.environments["production"].update(deployment_branch_policy=None),
            it.policies.pop("production"),
        ),
    ),
    Wrong(
        row=ONLY_MAIN,
        found="every protected branch may use production",
        make=lambda it: (
            it.environments["production"].update(
                deployment_branch_policy={
                    "protected_branches": True,
                    "custom_branch_policies": False,
                }
            ),
            it.policies.pop("production"),
        ),
    ),
    Wrong(
        row=ONLY_MAIN,
        found="tag 'v*' may use production, branch 'release/*' may use production",
        make=lambda it: it.policies["production"].extend(
            [policy("v*", "tag", 7), policy("release/*", identity=8)]
        ),
    ),
    Wrong(
        row=ONLY_MAIN,
        found="main may not use production, tag 'main' may use production",
        make=lambda it: it.policies.update(production=[policy("main", "tag", 9)]),
    ),
    Wrong(row=REVIEWERS, found="production has 0 reviewers", make=unprotect),
    Wrong(
        row=REVIEWERS,
        found="production has 0 reviewers; private repositories need GitHub Enterprise",
        make=unprotect,
        private=True,
    ),
    Wrong(
        row=SELF,
        found="prevent_self_review of production is false",
        make=lambda it: it.environments["production"]["protection_rules"][0].update(
            prevent_self_review=False
        ),
    ),
    Wrong(
        row=ADMINISTRATORS,
        found="can_admins_bypass of production is true",
        make=lambda it: it.environments["production"].update(can_admins_bypass=True),
    ),
    Wrong(row=TIMER, found="production waits 30 minutes", make=wait),
    Wrong(
        row=ALLOWED,
        found="Actions are disabled",
        make=lambda it: it.plain[POLICY].update(enabled=False),
    ),
    Wrong(
        row=ALLOWED,
        found="allowed_actions is local_only",
        make=lambda it: it.plain[POLICY].update(allowed_actions="local_only"),
        private=True,
    ),
    Wrong(
        row=ALLOWED,
        found="allowed_actions is selected, without aws-actions/configure-aws-credentials",
        make=lambda it: it.selected["patterns_allowed"].clear(),
    ),
    Wrong(
        row=ALLOWED,
        found="allowed_actions is selected, without actions/checkout",
        make=lambda it: it.selected.update(github_owned_allowed=False),
    ),
    Wrong(
        row=PINNED,
        found="sha_pinning_required is false, not true",
        make=lambda it: it.plain[POLICY].update(sha_pinning_required=False),
    ),
    Wrong(
        row=OTHERS,
        found='allowed_actions is "all", not "selected"',
        make=lambda it: it.plain[POLICY].update(allowed_actions="all"),
    ),
    Wrong(
        row=OTHERS,
        found="every verified creator is allowed, 'evil/*' is allowed, but unused",
        make=lambda it: (
            it.selected.update(verified_allowed=True),
            it.selected["patterns_allowed"].append("evil/*"),
        ),
    ),
    Wrong(
        row=READS,
        found='default_workflow_permissions is "write", not "read"',
        make=lambda it: it.plain[f"{POLICY}/workflow"].update(default_workflow_permissions="write"),
    ),
    Wrong(
        row=APPROVES,
        found="can_approve_pull_request_reviews is true, not false",
        make=lambda it: it.plain[f"{POLICY}/workflow"].update(
            can_approve_pull_request_reviews=True
        ),
    ),
    Wrong(
        row=STRANGERS,
        found='approval_policy is "first_time_contributors", not "all_external_contributors"',
        make=lambda it: it.plain[f"{POLICY}/fork-pr-contributor-approval"].update(
            approval_policy="first_time_contributors"
        ),
    ),
    Wrong(
        row=FORKS,
        found=(
            "send_secrets_and_variables is true, not false, "
            "require_approval_for_fork_pr_workflows is false, not true"
        ),
        make=lambda it: it.plain[f"{POLICY}/fork-pr-workflows-private-repos"].update(
            run_workflows_from_fork_pull_requests=True, send_secrets_and_variables=True
        ),
        private=True,
    ),
    Wrong(
        row=ACCESS,
        found="access_level is none",
        make=lambda it: it.plain[f"{POLICY}/access"].update(access_level="none"),
        private=True,
    ),
)


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
def test_a_repository_with_every_setting_has_no_finding(private: bool) -> None:
    assert verdict(complete(private=private)).findings == ()


def test_each_row_has_a_wrong_case() -> None:
    assert {wrong.row for wrong in WRONG} == {row.name for row in ROWS}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.row}: {wrong.found[:40]}")
def test_a_wrong_setting_is_found_and_its_call_corrects_it(wrong: Wrong, tmp_path: Path) -> None:
    repository = complete(private=wrong.private)
    wrong.make(repository)
    found = verdict(repository)
    assert wrong.row in {finding.setting.name for finding in found.findings}
    own = next(finding for finding in found.findings if finding.setting.name == wrong.row)
    assert own.found.startswith(wrong.found)
    assert found.passed is all(finding.setting.optional for finding in found.findings)

    if wrong.mended:
        required = [finding for finding in found.findings if not finding.setting.optional]
        paste(calls(required or list(found.findings)), repository, tmp_path / "1")
        left = verdict(repository)
        assert left.passed
        if left.findings:
            paste(calls(list(left.findings)), repository, tmp_path / "2")
        assert verdict(repository).findings == ()
    else:
        assert own.call == ""
        assert own.setting.note


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
def test_the_calls_for_a_new_repository_set_every_required_setting(
    private: bool, tmp_path: Path
) -> None:
    repository = Repository(private=private)
    first = verdict(repository)
    assert not first.passed
    missing = [finding for finding in first.findings if not finding.setting.optional]
    paste(calls(missing), repository, tmp_path / "1")
    second = verdict(repository)
    assert second.passed
    paste(calls(list(second.findings)), repository, tmp_path / "2")
    assert verdict(repository).findings == ()


def test_every_call_keeps_settings_outside_the_table(tmp_path: Path) -> None:
    repository = complete()
    main = repository.rulesets[42]
    main["conditions"]["ref_name"]["include"].append("refs/heads/release/*")
    main["rules"].append({"type": "creation"})
    rule(repository, "pull_request").update(
        required_approving_review_count=3, dismiss_stale_reviews_on_push=False
    )
    checks = rule(repository, "required_status_checks")
    checks.update(
        strict_required_status_checks_policy=True,
        required_status_checks=[{"context": "licences"}, {"context": "preview passed"}],
    )
    wait(repository)
    repository.environments["production"]["deployment_branch_policy"] = None
    requested = repository.environments["production"]["protection_rules"][0]["reviewers"]
    requested[0]["reviewer"] = requested[0]["reviewer"] | {"id": 77}
    before = deepcopy(repository.environments["production"]["protection_rules"])

    missing = [one for one in verdict(repository).findings if not one.setting.optional]
    paste(calls(missing), repository, tmp_path)

    assert main["conditions"]["ref_name"]["include"] == ["refs/heads/main", "refs/heads/release/*"]
    assert {"type": "creation"} in main["rules"]
    assert rule(repository, "pull_request")["required_approving_review_count"] == 3
    checks = rule(repository, "required_status_checks")
    assert checks["strict_required_status_checks_policy"]
    assert {"context": "licences"} in checks["required_status_checks"]
    after = repository.environments["production"]["protection_rules"]
    assert {one["type"] for one in after} == {one["type"] for one in before}
    assert [one["reviewer"]["id"] for one in after[-1]["reviewers"]] == [77]
    assert repository.environments["production"]["can_admins_bypass"] is False


def test_organization_rules_count_and_their_bypasses_are_not_judged() -> None:
    repository = complete()
    repository.rulesets[42] |= {"source_type": "Organization", "source": "arbor-energy"}
    bypass("always")(repository)
    assert verdict(repository).findings == ()


def test_a_ruleset_in_evaluate_mode_does_not_count() -> None:
    repository = complete()
    repository.rulesets[42]["enforcement"] = "evaluate"
    found = {finding.setting.name for finding in verdict(repository).findings}
    assert found == {REVIEWS, CHECKS, KEPT, QUEUE}


@pytest.mark.parametrize(
    ("include", "exclude", "covered"),
    [
        (["~ALL"], [], True),
        (["refs/tags/*"], [], True),
        (["refs/tags/**/*"], [], True),
        (["refs/tags/v*"], ["refs/tags/v1.*"], False),
        (["refs/tags/release-*"], [], False),
        (["~DEFAULT_BRANCH"], [], False),
    ],
)
def test_ruleset_patterns_match_as_in_github(
    include: list[str], exclude: list[str], covered: bool
) -> None:
    repository = complete()
    names = repository.rulesets[43]["conditions"]["ref_name"]
    names.update(include=include, exclude=exclude)
    found = {finding.setting.name for finding in verdict(repository).findings}
    assert (TAGS not in found) is covered


def test_a_bypass_on_pull_requests_only_is_allowed() -> None:
    repository = complete()
    bypass("pull_request")(repository)
    assert verdict(repository).findings == ()


def test_the_numbers_in_config_must_match_github() -> None:
    numbers = {"owner_id": OWNER_ID, "repository_id": ID}
    repository = complete()
    repository.plain[SUBJECT]["use_immutable_subject"] = True
    right = [stack("production", production=True, **numbers)]
    assert verdict(repository, table(right, NEEDS)).findings == ()
    wrong = [stack("production", production=True, **numbers | {"owner_id": "7"})]
    (finding,) = verdict(repository, table(wrong, NEEDS)).findings
    assert finding.found == (f"arbor:githubOwnerId in Pulumi.production.yaml is 7, not {OWNER_ID}")


def test_a_variable_of_every_environment_or_the_organization_counts() -> None:
    for paths in (
        ["/environments/production/variables", "/environments/staging/variables"],
        ["/actions/organization-variables"],
    ):
        repository = complete()
        repository.names[VARIABLES].clear()
        repository.names.update({path: ["AWS_ACCOUNT_ID"] for path in paths})
        assert verdict(repository).findings == ()


def test_no_row_requires_reviewers_that_config_waives() -> None:
    repository = complete()
    unprotect(repository)
    free = [stack("production", production=True, without_reviewers=True)]
    assert verdict(repository, table(free, NEEDS)).findings == ()


def test_a_production_stack_of_any_name_needs_reviewers() -> None:
    repository = complete()
    other = [stack("blue", production=True), stack("staging", production=False)]
    names = [row.name for row in table(other, NEEDS)]
    assert "the environment blue has required reviewers" in names
    assert "the environment staging has required reviewers" not in names
    assert verdict(repository, table(other, NEEDS)).passed is False


def test_a_second_ruleset_of_another_name_is_left_alone(tmp_path: Path) -> None:
    repository = complete()
    without(repository, "deletion")
    repository.rulesets[42]["name"] = "by hand"
    before = deepcopy(repository.rulesets[42])
    paste(calls(list(verdict(repository).findings)), repository, tmp_path)
    assert repository.rulesets[42] == before
    assert verdict(repository).findings == ()


def test_a_ruleset_can_be_written_twice(tmp_path: Path) -> None:
    repository = complete()
    without(repository, "deletion")
    (finding,) = verdict(repository).findings
    paste(finding.call, repository, tmp_path / "1")
    once = deepcopy(repository.rulesets)
    paste(finding.call, repository, tmp_path / "2")
    assert repository.rulesets == once


def test_calls_of_one_endpoint_do_not_undo_each_other(tmp_path: Path) -> None:
    repository = complete()
    repository.plain[POLICY] |= {"allowed_actions": "local_only", "sha_pinning_required": False}
    paste(calls(list(verdict(repository).findings)), repository, tmp_path)
    assert verdict(repository).findings == ()


def test_a_private_repository_allows_actions_by_creator(tmp_path: Path) -> None:
    """On a private repository GitHub may ignore patterns."""
    repository = complete(private=True)
    repository.selected = {"github_owned_allowed": True}
    paste(calls(list(verdict(repository).findings)), repository, tmp_path)
    assert repository.selected["verified_allowed"] is True


def test_a_subject_in_its_default_form_stays_immutable(tmp_path: Path) -> None:
    repository = complete()
    repository.plain[SUBJECT] |= {"use_default": False, "use_immutable_subject": True}
    both = [stack("production", production=True, owner_id=OWNER_ID, repository_id=ID)]
    (finding,) = verdict(repository, table(both, NEEDS)).findings
    assert finding.found == "it is made of the organization's keys"
    # A call that omits it could change it.
    assert "use_immutable_subject=true" in finding.call
    paste(finding.call, repository, tmp_path)
    assert verdict(repository, table(both, NEEDS)).findings == ()


def test_settings_on_later_pages_are_found() -> None:
    repository = complete()
    many = [f"OTHER_{number}" for number in range(130)]
    repository.names[VARIABLES] = [*many, "AWS_ACCOUNT_ID"]
    assert verdict(repository).findings == ()


def test_tags_of_another_pattern_need_their_own_ruleset(tmp_path: Path) -> None:
    repository = complete()
    rows = table(STACKS, replace(NEEDS, tags=("infrastructure-v*",)))
    (finding,) = verdict(repository, rows).findings
    assert finding.found == "tags infrastructure-v* have no rules deletion and update"
    paste(finding.call, repository, tmp_path)
    assert verdict(repository, rows).findings == ()
    assert len(repository.rulesets) == 3
