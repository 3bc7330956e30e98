"""Rules of main and of release tags.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
Rulesets need GitHub Pro, Team or Enterprise on a private repository.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.repository import rulesets
from pipeline.repository.needs import SUFFIX, Needs
from pipeline.repository.read import LiveSettings, UnreadableError
from pipeline.repository.rulesets import CHECKS, Rule
from pipeline.repository.setting import Setting, gh

MAIN = "refs/heads/main"
ACTIONS_APP = 15368
"""GitHub Actions, among the apps that report checks on github.com; any other could report a check
of the same name. https://github.com/rust-lang/team/pull/2200"""
RULES = "https://docs.github.com/en/rest/repos/rules"
RULES_OF_BRANCH = f"{RULES}#get-rules-for-a-branch"
METADATA = "Metadata (read)"
REVIEWED: Rule = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": True,
    "require_last_push_approval": True,
    "require_code_owner_review": False,
    "required_review_thread_resolution": False,
}
QUEUE: Rule = {
    "check_response_timeout_minutes": 120,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 1,
    "merge_method": "SQUASH",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 0,
}
KEPT = ("deletion", "non_fast_forward")
TAG_KEPT = ("deletion", "update")


def settings(needs: Needs) -> Iterator[Setting]:
    """The rows of main and of tags."""

    def call(live: LiveSettings) -> str:
        return _main_call(live, needs.checks)

    yield Setting(
        name="main takes reviewed pull requests only",
        why=(
            "a commit of main is deployed to staging and planned for production with the roles of "
            "the pipeline, so a second person must review it"
        ),
        permission=METADATA,
        source=RULES_OF_BRANCH,
        judge=_judge_reviews,
        call=call,
    )
    yield Setting(
        name="main requires the aggregate check of each workflow, from GitHub Actions",
        why="a failed test, a refused policy or a change of the pipeline's roles blocks a merge",
        permission=METADATA,
        source=RULES_OF_BRANCH,
        judge=lambda live: _judge_checks(live, needs.checks),
        call=call,
    )
    yield Setting(
        name="main can't be deleted or rewritten",
        why="an approved plan and the roles' trust policies refer to commits of main",
        permission=METADATA,
        source=RULES_OF_BRANCH,
        judge=lambda live: _absent("main has", KEPT, _types(_of_main(live))),
        call=call,
    )
    yield Setting(
        name="the repository's rules of main have no bypass",
        why="a bypass disables the rule for the most powerful accounts",
        permission="Administration (write): GitHub shows bypasses to administrators only",
        source=f"{RULES}#get-a-repository-ruleset",
        judge=_judge_bypasses,
        call=_bypass_call,
    )
    yield from map(_tags, needs.tags)
    yield Setting(
        name="main has a merge queue",
        why="two changes that pass separately can fail together on main",
        permission=METADATA,
        source=(
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-"
            "repository/configuring-pull-request-merges/managing-a-merge-queue"
        ),
        judge=lambda live: _absent("main has", ("merge_queue",), _types(_of_main(live))),
        call=lambda live: rulesets.call(
            live, "merge queue", "branch", MAIN, [{"type": "merge_queue", "parameters": QUEUE}]
        ),
        applies=lambda live: live.about["owner"]["type"] == "Organization",
        optional=True,
    )


def _tags(pattern: str) -> Setting:
    return Setting(
        name=f"tags {pattern} can't be moved or deleted",
        why="a version must stay the same commit",
        permission=METADATA,
        source=f"{RULES}#get-all-repository-rulesets",
        judge=lambda live: _absent(f"tags {pattern} have", TAG_KEPT, _tag_types(live, pattern)),
        call=lambda live: _tag_call(live, pattern),
    )


def _of_main(live: LiveSettings) -> list[dict[str, Any]]:
    """Every active rule, of the repository's rulesets and of its organization's."""
    return live.listed("/rules/branches/main")


def _types(rules: Sequence[Rule]) -> set[str]:
    return {rule["type"] for rule in rules}


def _absent(where: str, wanted: Sequence[str], found: set[str]) -> str:
    missing = [kind for kind in wanted if kind not in found]
    plural = "rules" if len(missing) > 1 else "rule"
    return f"{where} no {plural} {' and '.join(missing)}" if missing else ""


def _judge_reviews(live: LiveSettings) -> str:
    rules = [rule["parameters"] for rule in _of_main(live) if rule["type"] == "pull_request"]
    if not rules:
        return "main has no rule pull_request"
    # Of several rules each holds: https://docs.github.com/en/repositories/configuring-branches-and-
    # merges-in-your-repository/managing-rulesets/about-rulesets#about-rule-layering
    wrong = []
    if not max(rule["required_approving_review_count"] for rule in rules):
        wrong.append("required_approving_review_count is 0, not 1 or more")
    wrong += [
        f"{key} is false, not true"
        for key in ("dismiss_stale_reviews_on_push", "require_last_push_approval")
        if not any(rule[key] for rule in rules)
    ]
    return ", ".join(wrong)


def _judge_checks(live: LiveSettings, wanted: Sequence[str]) -> str:
    if not wanted:
        raise UnreadableError(
            f"no workflow in .github/workflows has an aggregate job (`<workflow>{SUFFIX}`)"
        )
    found = [
        check
        for rule in _of_main(live)
        if rule["type"] == CHECKS
        for check in rule["parameters"][CHECKS]
    ]
    names = {check["context"] for check in found}
    ours = {check["context"] for check in found if check.get("integration_id") == ACTIONS_APP}
    wrong = [f"{name!r} is not required" for name in wanted if name not in names]
    wrong += [
        f"any app may report {name!r}" for name in wanted if name in names and name not in ours
    ]
    return ", ".join(wrong)


def _judge_bypasses(live: LiveSettings) -> str:
    found = []
    for ruleset in rulesets.of_repository(live, "branch", MAIN):
        if "bypass_actors" not in ruleset:
            raise UnreadableError(f"GitHub hides the bypasses of {ruleset['name']!r}")
        found += [
            f"{actor['actor_type']} {actor.get('actor_id')} may bypass {ruleset['name']!r} always"
            for actor in _passing(ruleset)
        ]
    return ", ".join(found)


def _passing(ruleset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The actors that may bypass the pull request, and not only its checks."""
    actors = ruleset["bypass_actors"]
    return [actor for actor in actors if actor.get("bypass_mode", "always") != "pull_request"]


def _bypass_call(live: LiveSettings) -> str:
    calls = []
    for ruleset in rulesets.of_repository(live, "branch", MAIN):
        if passing := _passing(ruleset):
            kept = [actor for actor in ruleset["bypass_actors"] if actor not in passing]
            path = f"{live.repository}/rulesets/{ruleset['id']}"
            calls.append(gh("PUT", path, {"bypass_actors": kept}))
    return "\n".join(calls)


def _tag_types(live: LiveSettings, pattern: str) -> set[str]:
    ref = f"refs/tags/{pattern.replace('*', '1.2.3')}"
    return {
        rule["type"]
        for ruleset in rulesets.active(live, "tag")
        if rulesets.covers(ruleset, ref, live.about["default_branch"])
        for rule in ruleset["rules"]
    }


def _main_call(live: LiveSettings, checks: Sequence[str]) -> str:
    required = [{"context": name, "integration_id": ACTIONS_APP} for name in checks]
    wanted: list[Rule] = [{"type": "pull_request", "parameters": REVIEWED}]
    if required:
        # Not strict: each merge would rerun every other pull request, and the merge queue
        # is for that.
        parameters = {
            CHECKS: required,
            "strict_required_status_checks_policy": False,
        }
        wanted.append({"type": CHECKS, "parameters": parameters})
    wanted += [{"type": kind} for kind in KEPT]
    return rulesets.call(live, "main", "branch", MAIN, wanted)


def _tag_call(live: LiveSettings, pattern: str) -> str:
    update = {"type": "update", "parameters": {"update_allows_fetch_and_merge": False}}
    rules: list[Rule] = [{"type": "deletion"}, update]
    return rulesets.call(live, f"tags {pattern}", "tag", f"refs/tags/{pattern}", rules)
