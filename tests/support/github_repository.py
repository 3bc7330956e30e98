"""A repository on GitHub, as its REST API shows and changes it.

Every response, and the body of every write, is compared with GitHub's own description of the API
(`tests/pipeline/repository/github_api.json`).
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses
from openapi_schema_validator import OAS30Validator

from pipeline.github import API
from pipeline.repository.needs import Needs
from pipeline.repository.stacks import Stack

NAME, OWNER_ID, ID = "arbor-energy/infrastructure", "1342004", "1296269"
DESCRIPTION = Path(__file__).parents[1] / "pipeline" / "repository" / "github_api.json"
SCHEMAS: dict[str, Any] = json.loads(DESCRIPTION.read_text())
NEEDS = Needs(
    checks=("preview passed",),
    variables=("AWS_ACCOUNT_ID",),
    tags=("v*",),
    actions=("actions/checkout", "aws-actions/configure-aws-credentials"),
)
NOT_DESCRIBED = {"can_admins_bypass"}
"""Fields of an environment that GitHub returns and accepts without describing them:
https://github.com/integrations/terraform-provider-github/blob/main/github/resource_github_repository_environment.go
"""
TEMPLATES = {
    r"/environments/[^/]+/deployment-branch-policies": (
        "/environments/{environment_name}/deployment-branch-policies"
    ),
    r"/environments/[^/]+/variables": "/environments/{environment_name}/variables",
    r"/environments/[^/]+/secrets": "/actions/secrets",
    r"/environments/[^/]+": "/environments/{environment_name}",
    r"/rulesets/\d+": "/rulesets/{ruleset_id}",
    r"/rules/branches/main": "/rules/branches/{branch}",
    r"/labels/[^/]+": "/labels/{name}",
}
ORGANIZATION = {"login": "arbor-energy", "id": int(OWNER_ID), "type": "Organization"}
USER = {
    "login": "octocat",
    "id": 1,
    "node_id": "MDQ6VXNlcjE=",
    "gravatar_id": "",
    "type": "User",
    "site_admin": False,
    **dict.fromkeys(
        (
            *("avatar_url", "url", "html_url", "followers_url", "following_url", "gists_url"),
            *("starred_url", "subscriptions_url", "organizations_url", "repos_url"),
            *("events_url", "received_events_url"),
        ),
        "https://api.github.com/users/octocat",
    ),
}
REVIEW = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": True,
    "require_last_push_approval": True,
    "require_code_owner_review": False,
    "required_review_thread_resolution": False,
}
CHECKS = {
    "required_status_checks": [{"context": "preview passed", "integration_id": 15368}],
    "strict_required_status_checks_policy": False,
}
QUEUE = {
    "check_response_timeout_minutes": 60,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "merge_method": "MERGE",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}


def stack(name: str, *, production: bool, **fields: Any) -> Stack:
    return Stack(
        **{
            "name": name,
            "production": production,
            "without_reviewers": False,
            "repository": NAME,
            "owner_id": "",
            "repository_id": "",
            **fields,
        }
    )


STACKS = [stack("production", production=True), stack("staging", production=False)]


def ruleset(identity: int, name: str, target: str, ref: str, *rules: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "name": name,
        "target": target,
        "source_type": "Repository",
        "source": NAME,
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": [ref], "exclude": []}},
        "rules": list(rules),
    }


def environment(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    there = "https://github.com/arbor-energy/infrastructure"
    return {
        "id": 161088068,
        "node_id": "MDExOkVudmlyb25tZW50MTYxMDg4MDY4",
        "name": name,
        "url": f"{API}/repos/{NAME}/environments/{name}",
        "html_url": f"{there}/deployments/activity_log?environments_filter={name}",
        "created_at": "2026-11-23T22:00:40Z",
        "updated_at": "2026-11-23T22:00:40Z",
        "can_admins_bypass": True,
        "protection_rules": list(rules),
        "deployment_branch_policy": None,
    }


def reviewers(*who: dict[str, Any], prevent_self_review: bool = True) -> dict[str, Any]:
    return {
        "id": 3755,
        "node_id": "MDQ6R2F0ZTM3NTU=",
        "type": "required_reviewers",
        "prevent_self_review": prevent_self_review,
        "reviewers": [{"type": one["type"], "reviewer": one} for one in who],
    }


def policy(name: str, kind: str = "branch", identity: int = 361472) -> dict[str, Any]:
    return {"id": identity, "node_id": "MDE2OkdhdGVC", "name": name, "type": kind}


class Repository:
    """A new repository, or one with every setting of the pipeline (`complete`)."""

    def __init__(self, *, private: bool = False) -> None:
        self.private = private
        self.about = {
            "id": int(ID),
            "full_name": NAME,
            "private": private,
            "visibility": "private" if private else "public",
            "default_branch": "main",
            "owner": dict(ORGANIZATION),
        }
        self.plain: dict[str, Any] = {
            "/actions/permissions": {
                "enabled": True,
                "allowed_actions": "all",
                "sha_pinning_required": False,
            },
            "/actions/permissions/workflow": {
                "default_workflow_permissions": "read",
                "can_approve_pull_request_reviews": False,
            },
            "/actions/permissions/fork-pr-contributor-approval": {
                "approval_policy": "first_time_contributors"
            },
            "/actions/permissions/fork-pr-workflows-private-repos": {
                "run_workflows_from_fork_pull_requests": False,
                "send_write_tokens_to_workflows": False,
                "send_secrets_and_variables": False,
                "require_approval_for_fork_pr_workflows": False,
            },
            "/actions/permissions/access": {"access_level": "none"},
            "/actions/oidc/customization/sub": {
                "use_default": True,
                "use_immutable_subject": False,
                "sub_claim_prefix": f"repo:{NAME}",
            },
        }
        self.selected: dict[str, Any] = {
            "github_owned_allowed": True,
            "verified_allowed": False,
            "patterns_allowed": [],
        }
        self.rulesets: dict[int, dict[str, Any]] = {}
        self.environments: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, list[dict[str, Any]]] = {}
        self.names: dict[str, list[str]] = {
            "/actions/variables": [],
            "/actions/organization-variables": [],
            "/actions/secrets": [],
        }
        """Names of variables and secrets by path; an environment has none unless set."""
        self.labels: list[str] = ["bug"]
        self.refusals: dict[str, tuple[int, dict[str, str], dict[str, Any]]] = {}
        """By path: status, headers and body of an error response."""
        self.written: list[str] = []

    # Reads

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert request.url is not None
        url = urlsplit(request.url)
        path = url.path.removeprefix(f"/repos/{NAME}")
        if path in self.refusals:
            status, headers, body = self.refusals[path]
            return status, headers, json.dumps(body)
        found = self.show(path)
        if found is None:
            return 404, {}, json.dumps({"message": "Not Found", "status": "404"})
        found = _page(found, parse_qs(url.query))
        hold("GET", path, found)
        return 200, {}, json.dumps(found)

    def show(self, path: str) -> Any:
        whole = {
            "": self.about,
            "/actions/permissions/selected-actions": self.selected,
            **self.plain,
        }
        if path in whole:
            return whole[path]
        if path.startswith("/rules"):
            return self._rules(path)
        if path.startswith("/labels/"):
            return self._label(path.removeprefix("/labels/"))
        if path.endswith(("/variables", "/secrets", "-variables")):
            return self._named(path)
        return self._environment(path)

    def _rules(self, path: str) -> Any:
        if path == "/rulesets":
            hidden = ("bypass_actors", "conditions", "rules")
            return [
                {key: value for key, value in one.items() if key not in hidden}
                for one in self.rulesets.values()
            ]
        if path != "/rules/branches/main":
            return self.rulesets.get(int(path.rpartition("/")[2]))
        return [
            {
                **rule,
                "ruleset_source_type": one["source_type"],
                "ruleset_source": one["source"],
                "ruleset_id": one["id"],
            }
            for one in self.rulesets.values()
            if one["target"] == "branch" and one["enforcement"] == "active"
            for names in [one["conditions"]["ref_name"]]
            if {"refs/heads/main", "~DEFAULT_BRANCH"} & {*names["include"]}
            and "refs/heads/main" not in names["exclude"]
            for rule in one["rules"]
        ]

    def _label(self, name: str) -> Any:
        if name not in self.labels:
            return None
        return {
            "id": 208045946,
            "node_id": "MDU6TGFiZWwyMDgwNDU5NDY=",
            "url": f"{API}/repos/{NAME}/labels/{name}",
            "name": name,
            "description": None,
            "color": "d93f0b",
            "default": False,
        }

    def _named(self, path: str) -> Any:
        moment = {"created_at": "2026-08-10T14:59:22Z", "updated_at": "2026-08-10T14:59:22Z"}
        key = "secrets" if path.endswith("secrets") else "variables"
        value = {} if key == "secrets" else {"value": "x"}
        entries = [{"name": name, **value, **moment} for name in self.names.get(path, [])]
        return {"total_count": len(entries), key: entries}

    def _environment(self, path: str) -> Any:
        _, _, name, *more = path.split("/")
        if name not in self.environments:
            return None
        if more:
            policies = self.policies.get(name, [])
            return {"total_count": len(policies), "branch_policies": policies}
        return self.environments[name]

    # Writes

    def write(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Make a change as GitHub does."""
        self.written.append(f"{method} {path}")
        if method != "DELETE":
            hold(method, path, body)
        if path in self.plain:
            assert method == "PUT", path
            self.plain[path].update(body)
        elif path == "/actions/permissions/selected-actions":
            assert self.plain["/actions/permissions"]["allowed_actions"] == "selected", "409"
            self.selected = body
        elif path == "":
            self.about.update(body)
        elif path == "/labels":
            self.labels.append(body["name"])
        elif path == "/actions/variables":
            self.names[path].append(body["name"])
        elif "/secrets/" in path:
            place, _, name = path.rpartition("/")
            self.names[place].remove(name)
        elif path.startswith("/rulesets"):
            self._write_ruleset(method, path, body)
        else:
            self._write_environment(method, path, body)

    def _write_ruleset(self, method: str, path: str, body: dict[str, Any]) -> None:
        if method == "POST":
            identity = 1 + max(self.rulesets, default=41)
            made = ruleset(identity, body["name"], body.get("target", "branch"), "")
            self.rulesets[identity] = made | body
        else:
            self.rulesets[int(path.rpartition("/")[2])].update(body)

    def _write_environment(self, method: str, path: str, body: dict[str, Any]) -> None:
        _, _, name, *more = path.split("/")
        if method == "DELETE":
            self.policies[name] = [p for p in self.policies[name] if str(p["id"]) != more[1]]
        elif more:
            policies = self.policies.setdefault(name, [])
            policies.append(policy(body["name"], body.get("type", "branch"), 400 + len(policies)))
        else:
            self._replace_environment(name, body)

    def _replace_environment(self, name: str, body: dict[str, Any]) -> None:
        """Fields that the body omits are removed."""
        made = environment(name)
        if body.get("wait_timer"):
            made["protection_rules"].append(
                {"id": 1, "node_id": "x", "type": "wait_timer", "wait_timer": body["wait_timer"]}
            )
        if wanted := body.get("reviewers"):
            rule = reviewers(prevent_self_review=body.get("prevent_self_review", False))
            rule["reviewers"] = [
                {"type": one["type"], "reviewer": USER | {"id": one["id"]}} for one in wanted
            ]
            made["protection_rules"].append(rule)
        else:
            # https://github.com/github-community-projects/safe-settings/issues/628
            assert not body.get("prevent_self_review"), "422"
        made["deployment_branch_policy"] = body.get("deployment_branch_policy")
        made["can_admins_bypass"] = body.get("can_admins_bypass", True)
        self.environments[name] = made


def complete(*, private: bool = False) -> Repository:
    """A repository that meets every row of the table."""
    made = Repository(private=private)
    named = {"protected_branches": False, "custom_branch_policies": True}
    made.environments = {
        "production": environment("production", reviewers(USER))
        | {"deployment_branch_policy": named, "can_admins_bypass": False},
        "staging": environment("staging") | {"deployment_branch_policy": dict(named)},
    }
    made.policies = {"production": [policy("main")], "staging": [policy("main")]}
    update = {"type": "update", "parameters": {"update_allows_fetch_and_merge": False}}
    made.rulesets = {
        42: ruleset(
            *(42, "main", "branch", "refs/heads/main"),
            {"type": "pull_request", "parameters": deepcopy(REVIEW)},
            {"type": "required_status_checks", "parameters": deepcopy(CHECKS)},
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {"type": "merge_queue", "parameters": deepcopy(QUEUE)},
        ),
        43: ruleset(43, "tags v*", "tag", "refs/tags/v*", {"type": "deletion"}, update),
    }
    made.plain["/actions/permissions"] = {
        "enabled": True,
        "allowed_actions": "selected",
        "sha_pinning_required": True,
    }
    made.selected = {
        "github_owned_allowed": True,
        "verified_allowed": private,
        "patterns_allowed": ["aws-actions/configure-aws-credentials@*"],
    }
    made.plain["/actions/permissions/fork-pr-contributor-approval"] = {
        "approval_policy": "all_external_contributors"
    }
    made.plain["/actions/permissions/access"] = {"access_level": "organization"}
    made.names["/actions/variables"] = ["AWS_ACCOUNT_ID"]
    made.labels.append("drift")
    return made


def _page(found: Any, query: Mapping[str, list[str]]) -> Any:
    """One page of a list, also of one in an envelope. Thirty entries, unless more are requested."""
    if isinstance(found, dict) and "total_count" in found:
        return {key: _page(value, query) for key, value in found.items()}
    if not isinstance(found, list):
        return found
    size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
    return found[(page - 1) * size : page * size]


def hold(method: str, path: str, body: Any) -> None:
    """Raises if GitHub's description has another shape."""
    template = next((name for form, name in TEMPLATES.items() if re.fullmatch(form, path)), path)
    if template == "/environments/{environment_name}":
        body = {key: value for key, value in body.items() if key not in NOT_DESCRIBED}
    OAS30Validator(SCHEMAS[f"{method} {template}"]).validate(body)


@contextmanager
def served(repository: Repository) -> Iterator[None]:
    """Within the block, GitHub's API serves this repository."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(
            responses.GET, re.compile(re.escape(API) + "/repos/.*"), callback=repository.answer
        )
        yield


GH = """#!/bin/sh
case "$*" in
"api user --jq .login") echo octocat ;;
"api users/octocat --jq .id") echo 1 ;;
*)
    call=$(mktemp -d "$CALLS/$(date +%s%N).XXXX")
    for word in "$@"; do printf '%s\\0' "$word"; done > "$call/words"
    case "$*" in *"--input -"*) cat > "$call/input" ;; esac ;;
esac
"""
"""Replaces GitHub's command line: it records the calls that write."""


def paste(commands: str, repository: Repository, directory: Path) -> None:
    """Run printed commands in a shell, and make their changes."""
    calls = directory / "calls"
    calls.mkdir(parents=True)
    program = directory / "gh"
    program.write_text(GH)
    program.chmod(0o755)
    environ = {"PATH": f"{directory}:{os.environ['PATH']}", "CALLS": str(calls)}
    subprocess.run(["sh", "-euc", commands], env=environ, check=True)
    for call in sorted(calls.iterdir()):
        words = (call / "words").read_text().split("\0")[:-1]
        read = call / "input"
        method, path, body = _parsed(words, json.loads(read.read_text()) if read.exists() else {})
        repository.write(method, path, body)


def _parsed(words: list[str], body: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The arguments of `gh api`, parsed as in https://cli.github.com/manual/gh_api."""
    assert words[:2] == ["api", "--method"], words
    method, place, *rest = words[2:]
    found = dict(body)
    for option, value in zip(rest[::2], rest[1::2], strict=True):
        key, _, text = value.partition("=")
        if option == "--field":
            found[key] = json.loads(text)
        elif option == "--raw-field":
            found[key] = text
        else:
            assert (option, value) == ("--input", "-")
    assert place.startswith(f"repos/{NAME}"), place
    return method, place.removeprefix(f"repos/{NAME}"), found
