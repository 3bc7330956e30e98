"""Every rule of the pack. The one place a new module of rules is added."""

from pulumi_policy import Policy

from guardrails import contract, ecs, edge, elasticache, iam, logs, network, rds, s3, secrets, task
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
    """What the engine runs: every rule, and the two on the exceptions themselves."""
    on_exceptions = exception_rules(frozenset(rule.name for rule in RULES))
    return [rule.policy() for rule in (*RULES, *on_exceptions)]
