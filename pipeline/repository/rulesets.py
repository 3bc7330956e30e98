"""Rulesets in full, and the call that adds rules to one and keeps its others.

https://docs.github.com/en/rest/repos/rules
"""

import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.repository.read import LiveSettings
from pipeline.repository.setting import gh

Rule = Mapping[str, Any]
CHECKS = "required_status_checks"


def active(live: LiveSettings, target: str) -> Iterator[dict[str, Any]]:
    """Each active ruleset in full; GitHub's list omits conditions and rules."""
    for listed in live.listed("/rulesets"):
        ruleset = live.get(f"/rulesets/{listed['id']}")
        if ruleset.get("target") == target and ruleset["enforcement"] == "active":
            yield ruleset


def covers(ruleset: Mapping[str, Any], ref: str, default_branch: str) -> bool:
    """Whether its conditions include this ref.

    https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository#using-fnmatch-syntax
    """
    names = _names(ruleset)
    excluded = any(_matches(pattern, ref, default_branch) for pattern in names["exclude"])
    included = any(_matches(pattern, ref, default_branch) for pattern in names["include"])
    return included and not excluded


def _names(ruleset: Mapping[str, Any]) -> dict[str, list[str]]:
    names = (ruleset.get("conditions") or {}).get("ref_name") or {}
    return {"include": names.get("include") or [], "exclude": names.get("exclude") or []}


def _matches(pattern: str, ref: str, default_branch: str) -> bool:
    if pattern == "~DEFAULT_BRANCH":
        return ref == f"refs/heads/{default_branch}"
    return pattern == "~ALL" or fnmatch.fnmatchcase(ref, pattern.replace("**/", ""))


def of_repository(live: LiveSettings, target: str, ref: str) -> Iterator[dict[str, Any]]:
    """The repository's own rulesets; those of its organization can't be changed here."""
    for ruleset in active(live, target):
        named = covers(ruleset, ref, live.about["default_branch"])
        if named and ruleset.get("source_type") == "Repository":
            yield ruleset


def call(live: LiveSettings, name: str, target: str, pattern: str, wanted: Sequence[Rule]) -> str:
    """Create the ruleset of this name for a pattern of refs, or add its missing rules."""
    there = next(
        (
            listed["id"]
            for listed in live.listed("/rulesets")
            if listed["name"] == name and listed.get("source_type") == "Repository"
        ),
        None,
    )
    body: dict[str, Any] = {"name": name, "target": target, "enforcement": "active"}
    path = f"{live.repository}/rulesets"
    if there is None:
        body["conditions"] = {"ref_name": {"include": [pattern], "exclude": []}}
        return gh("POST", path, body | {"rules": list(wanted)})
    kept = live.get(f"/rulesets/{there}")
    body["conditions"] = {"ref_name": _widened(_names(kept), pattern, live.about["default_branch"])}
    return gh("PUT", f"{path}/{there}", body | {"rules": _together(kept["rules"], wanted)})


def _widened(
    names: Mapping[str, list[str]], pattern: str, default_branch: str
) -> dict[str, list[str]]:
    """Its conditions, with this pattern included."""
    ref = pattern.replace("*", "1")
    include = names["include"]
    if not any(_matches(one, ref, default_branch) for one in include):
        include = [*include, pattern]
    exclude = [one for one in names["exclude"] if not _matches(one, ref, default_branch)]
    return {"include": include, "exclude": exclude}


def _together(kept: Sequence[Rule], wanted: Sequence[Rule]) -> list[Rule]:
    """All rules; of two of one type, the stricter values."""
    rules = {rule["type"]: rule for rule in kept}
    for rule in wanted:
        merge = STRICTER.get(rule["type"])
        if rule["type"] in rules and merge:
            parameters = merge(rules[rule["type"]]["parameters"], rule["parameters"])
            rules[rule["type"]] = {"type": rule["type"], "parameters": parameters}
        else:
            rules.setdefault(rule["type"], rule)
    return list(rules.values())


def _stricter_review(kept: Rule, wanted: Rule) -> Rule:
    return {**kept, **{key: max(kept[key], value) for key, value in wanted.items()}}


def _stricter_checks(kept: Rule, wanted: Rule) -> Rule:
    ours = {check["context"] for check in wanted[CHECKS]}
    others = [check for check in kept[CHECKS] if check["context"] not in ours]
    return {**kept, CHECKS: [*others, *wanted[CHECKS]]}


STRICTER: Mapping[str, Callable[[Rule, Rule], Rule]] = {
    "pull_request": _stricter_review,
    CHECKS: _stricter_checks,
}
