"""All rules of the pack. Add a new module of rules here."""

from pulumi_policy import Policy

from guardrails import contract, ecs, edge, elasticache, iam, logs, network, rds, s3, secrets, task
from guardrails.coverage import unjudged_rule
from guardrails.exception_rules import exception_rules
from guardrails.rule import Rule, StackRule

RULES: tuple[Rule | StackRule, ...] = (
    *rds.RULES,
    *elasticache.RULES,
    *secrets.RULES,
    *s3.RULES,
    *logs.RULES,
    *network.RULES,
    *edge.RULES,
    *ecs.RULES,
    *task.RULES,
    *iam.RULES,
    *contract.RULES,
)


def policies() -> list[Policy]:
    """The pack's policies, for the engine."""
    return [rule.policy() for rule in every_rule()]


def every_rule() -> tuple[Rule | StackRule, ...]:
    """The rules, the advisory one on types without a rule, and the two on exceptions."""
    names = frozenset(rule.name for rule in RULES)
    return (*RULES, unjudged_rule(RULES), *exception_rules(names))
