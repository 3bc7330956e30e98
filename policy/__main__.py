"""The policy pack: `pulumi preview --policy-pack policy`."""

from pulumi_policy import EnforcementLevel, PolicyPack

from guardrails.pack import policies

PolicyPack(name="arbor", enforcement_level=EnforcementLevel.MANDATORY, policies=policies())
