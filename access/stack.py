"""The pipeline of one stack: the names in its policies."""

from access.trust import Pipeline
from arbor_names import naming

ACCESS_LOGS = "balancer-logs-*"
"""The load balancer's bucket, which Pulumi names by its logical name."""


def pipeline(  # noqa: PLR0913 - facts, each by its name
    stack: str,
    *,
    account_id: str,
    region: str,
    repository: str,
    owner_id: str | None = None,
    repository_id: str | None = None,
    application_repository: str | None = None,
    older_roles: tuple[str, ...] = (),
    log_export_bucket: str | None = None,
) -> Pipeline:
    """The values from which the pipeline's documents are made."""
    return Pipeline(
        repository=repository,
        owner_id=owner_id,
        repository_id=repository_id,
        application_repository=application_repository,
        environment=stack,
        account_id=account_id,
        region=region,
        preview_role=naming.ci_preview_role(stack),
        deploy_role=naming.ci_deploy_role(stack),
        images_role=naming.ci_images_role(stack),
        reads_policy=naming.ci_reads_policy(stack),
        changes_policy=naming.ci_changes_policy(stack),
        every_ci_role=naming.EVERY_CI_ROLE,
        role_path=naming.role_path(stack),
        older_roles=older_roles,
        boundary=naming.boundary(stack),
        every_boundary=naming.boundary("*"),
        secrets=naming.secret(stack, "*"),
        parameters=f"/{naming.PROJECT}/{stack}/*",
        cluster=naming.cluster(stack),
        repositories=naming.image_repository(stack, "*"),
        log_groups=naming.log_group(stack, "*"),
        buckets=(log_export_bucket or naming.log_export_bucket(stack), ACCESS_LOGS),
        state_bucket=naming.state_bucket(account_id),
        state_log_bucket=naming.state_log_bucket(account_id),
        state_key_alias=naming.state_key_alias(stack),
        older_state_key_alias=naming.STATE_KEY_ALIAS,
        break_glass_role=naming.BREAK_GLASS_ROLE,
    )
