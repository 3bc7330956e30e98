"""The pipeline's way in: GitHub's OpenID Connect provider, a role that reads, a role that deploys.

https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

import ci_documents
import ci_sessions


@dataclass(frozen=True, kw_only=True)
class CiAccessArgs(ci_documents.Pipeline):
    """For whom the roles are, and whether the provider is there."""

    preview_role: str
    deploy_role: str
    provider_arn: str | None
    """The account's provider for GitHub; there is one an account. None makes it."""
    tags: Mapping[str, str] = field(default_factory=dict)


class CiAccess(pulumi.ComponentResource):
    """No key that lasts: a job proves which repository and environment it runs for."""

    preview_role_arn: pulumi.Output[str]
    deploy_role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: CiAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:pipeline:CiAccess", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        # The ARN follows from the account, so that a preview can judge who is trusted.
        provider = args.provider_arn or ci_documents.provider_arn(args.account_id)
        self._ready = self._of_github()
        preview = self._role(
            "preview",
            args.preview_role,
            trust=ci_documents.preview_trust(args, provider),
            seconds=ci_sessions.READ_SECONDS,
            managed=ci_documents.READS,
            policy=ci_documents.of_previews(args),
        )
        deploy = self._role(
            "deploy",
            args.deploy_role,
            trust=ci_documents.deploy_trust(args, provider),
            seconds=ci_sessions.WRITE_SECONDS,
            managed=ci_documents.DEPLOYS,
            policy=ci_documents.of_deploys(args),
        )
        self.preview_role_arn = preview.arn
        self.deploy_role_arn = deploy.arn
        self.register_outputs(
            {"preview_role_arn": self.preview_role_arn, "deploy_role_arn": self.deploy_role_arn}
        )

    def _of_github(self) -> list[pulumi.Resource]:
        args = self._args
        if args.provider_arn is not None:
            return []
        made = aws.iam.OpenIdConnectProvider(
            f"{self._name}-github",
            url=f"https://{ci_documents.ISSUER}",
            client_id_lists=[ci_documents.AUDIENCE],
            tags=args.tags,
            # An account has one, so another stack's roles may trust it: it stays in the account
            # when config names it, and when the stack is destroyed.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return [made]

    def _role(
        self,
        kind: str,
        physical_name: str,
        *,
        trust: str,
        seconds: int,
        managed: str,
        policy: str,
    ) -> aws.iam.Role:
        name, args = f"{self._name}-{kind}", self._args
        role = aws.iam.Role(
            name,
            name=physical_name,
            assume_role_policy=trust,
            max_session_duration=seconds,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._ready),
        )
        aws.iam.RolePolicyAttachment(
            f"{name}-managed", role=role.name, policy_arn=managed, opts=self._child
        )
        aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=self._child)
        return role
