"""docs/policies.md: every rule of the policy pack, from the rules themselves."""

from collections import defaultdict

from guardrails import pack
from guardrails.rule import Rule, StackRule

HEADER = """\
# Policies

*Written by `make docs` from the rules in `policy/guardrails/`.*

`pulumi preview --policy-pack policy` judges a change by these rules; so do
`python -m tools.emulated preview --policy-pack policy` and every preview of the pipeline. Each
rule is proven by a change to the production program that it, and no other, must catch:
`make policy-proof`.

A rule implements: `FSBP` is AWS Foundational Security Best Practices v1.0.0 by the ids of AWS
Security Hub, `Security Hub` a control whose id in that standard is unconfirmed, `CIS v3.0`
the CIS AWS Foundations Benchmark v3.0.0, `runbook` and `design` this project's own.
"""
EXCEPTIONS = """\
## Exceptions

An exception in the stack's file excepts one resource from one rule. Every preview shows it until
its last day, which is at most 90 days ahead; after that day it fails the preview:

```yaml
config:
  policy:exceptions:
    - rule: rds-multi-az
      resource: database-instance # the resource's logical name
      reason: Rehearsal of the restore procedure, ticket OPS-112.
      expires: 2027-01-31
```
"""


def page() -> str:
    """The whole page."""
    rules = pack.every_rule()
    grouped: dict[str, list[Rule | StackRule]] = defaultdict(list)
    for rule in rules:
        grouped[rule.name.split("-")[0]].append(rule)
    parts = [HEADER, f"{len(rules)} rules.\n"]
    for kind in sorted(grouped):
        parts += [
            f"## {kind}\n",
            "| rule | why | what to do | implements | where |",
            "|---|---|---|---|---|",
            *(_row(rule) for rule in sorted(grouped[kind], key=lambda rule: rule.name)),
            "",
        ]
    return "\n".join((*parts, EXCEPTIONS))


def _row(rule: Rule | StackRule) -> str:
    where = ", ".join(sorted(rule.environments)) or "every stack"
    cells = (f"`{rule.name}`", rule.why, rule.fix, ", ".join(rule.controls), where)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
