"""Access for the pipeline: GitHub's OpenID Connect provider, and a role for each kind of job.

https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from access import deploy, images, preview, reads
from access import sessions as ci_sessions
from access import trust as ci_documents


@dataclass(frozen=True, kw_only=True)
class CiAccessArgs:
    """The pipeline, and the account's provider for GitHub."""

    pipeline: ci_documents.Pipeline
    provider_arn: str | None
    """An account has one such provider; None creates it."""
    tags: Mapping[str, str] = field(default_factory=dict)


class CiAccess(pulumi.ComponentResource):
    """Roles without access keys: a job's token proves its repository and environment."""

    preview_role_arn: pulumi.Output[str]
    deploy_role_arn: pulumi.Output[str]
    images_role_arn: pulumi.Output[str] | None
    """None without an application repository."""

    def __init__(
        self, name: str, args: CiAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:pipeline:CiAccess", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        pipeline = args.pipeline

        # The ARN derives from the account, so that rules can judge the trust policy in a preview.
        provider = args.provider_arn or ci_documents.provider_arn(pipeline.account_id)
        self._ready = self._of_github()
        may_read = self._policy("reads", pipeline.reads_policy, reads.shared(pipeline))
        may_change = self._policy("changes", pipeline.changes_policy, deploy.changes(pipeline))
        previews = self._role(
            "preview",
            pipeline.preview_role,
            trust=ci_documents.preview_trust(pipeline, provider),
            seconds=ci_sessions.READ_SECONDS,
            policy=preview.of_previews(pipeline),
            managed={"reads": may_read},
        )
        deploys = self._role(
            "deploy",
            pipeline.deploy_role,
            trust=ci_documents.deploy_trust(pipeline, provider),
            seconds=ci_sessions.WRITE_SECONDS,
            policy=deploy.of_deploys(pipeline),
            managed={"reads": may_read, "changes": may_change},
        )
        self.preview_role_arn = previews.arn
        self.deploy_role_arn = deploys.arn
        self.images_role_arn = None
        if pipeline.application_repository is not None:
            pushes = self._role(
                "images",
                pipeline.images_role,
                trust=images.trust(pipeline, provider),
                seconds=ci_sessions.READ_SECONDS,
                policy=images.of_pushes(pipeline),
                managed={},
            )
            self.images_role_arn = pushes.arn
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
            # Roles of other stacks may trust the account's only provider, so it remains when
            # config names it or the stack is destroyed.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return [made]

    def _policy(self, kind: str, physical_name: str, policy: str) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{self._name}-{kind}",
            name=physical_name,
            policy=policy,
            tags=self._args.tags,
            opts=self._child,
        )

    def _role(
        self,
        kind: str,
        physical_name: str,
        *,
        trust: str,
        seconds: int,
        policy: str,
        managed: Mapping[str, aws.iam.Policy],
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
        for which, attached in managed.items():
            aws.iam.RolePolicyAttachment(
                f"{name}-{which}", role=role.name, policy_arn=attached.arn, opts=self._child
            )
        aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=self._child)
        return role
