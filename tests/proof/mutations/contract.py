"""Changes that violate the rules on the runbook's contract and on exceptions."""

from typing import Any

from proof.mutation import Mutation, edit_json


def _untagged(inputs: dict[str, Any]) -> None:
    inputs["tags"] = {key: tag for key, tag in inputs["tags"].items() if key != "Component"}


def _renamed(containers: list[dict[str, Any]]) -> None:
    containers[0]["name"] = "migrate"


MUTATIONS = (
    Mutation(
        rule="contract-names",
        what="the parameter group gets another name",
        token="aws:rds/parameterGroup:ParameterGroup",
        resource="database-parameters",
        inputs={"name": "arbor-parameters"},
    ),
    Mutation(
        rule="contract-hosts",
        what="the green host gets another name",
        token="aws:route53/record:Record",
        resource="dns-green.arbor-energy.com",
        inputs={"name": "blue.arbor-energy.com"},
    ),
    Mutation(
        rule="contract-migrations-container",
        what="the migrations' container gets another name",
        token="aws:ecs/taskDefinition:TaskDefinition",
        resource="migrations-task-definition",
        edit=edit_json("container_definitions", _renamed),
    ),
    Mutation(
        rule="contract-data-protected",
        what="the database can be replaced",
        token="aws:rds/instance:Instance",
        resource="database-instance",
        options={"protect": False},
    ),
    Mutation(
        rule="contract-tags",
        what="a log group has no tags",
        token="aws:cloudwatch/logGroup:LogGroup",
        resource="logs-backend",
        edit=_untagged,
    ),
    Mutation(
        rule="policy-exceptions-valid",
        what="an exception has expired",
        config={
            "policy:exceptions": [
                {
                    "rule": "rds-multi-az",
                    "resource": "database-instance",
                    "reason": "A rehearsal.",
                    "expires": "2026-01-31",
                }
            ]
        },
    ),
)
