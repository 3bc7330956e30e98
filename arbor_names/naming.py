"""Every physical name that an operator types, and nothing else.

The runbook is the contract: a name here is a promise. Whatever is not here is
named by Pulumi, so that a replacement never waits for a name to become free.
"""

PROJECT = "arbor"
DATABASE_USER = "arbor_user"
DATABASE_SECOND_USER = "arbor_user_2"
"""Takes turns with the first when passwords are rotated with two users."""
DATABASE_OWNER = "arbor_owner"
"""The role that owns the tables once there are two users; nobody logs in as it."""
OS_METRICS_LOG_GROUP = "RDSOSMetrics"
"""Where RDS writes what enhanced monitoring measures: one for all instances of an account and
region, made without retention if it is absent."""
FIRST_MAJOR = "16"
"""The major version of PostgreSQL whose parameter group has the runbook's name."""
MIGRATIONS = "migrations"
RELEASE_ORDER_TAG = "ReleaseOrder"
"""On an ECS service whose config sets `releaseOrder`; commands sort services by it."""
STATE_KEY_ALIAS = "alias/arbor-pulumi-state"
BREAK_GLASS_ROLE = "arbor-break-glass"
"""Which alone may destroy the state, its versions and its keys; an administrator makes it."""
EVERY_CI_ROLE = "arbor-*-ci-*"
"""A pattern, as IAM's, of the pipeline's roles in all stacks; no other role is called so."""
MIGRATIONS_CONTAINER = "backend"
"""The runbook overrides the command of the container with this name."""


def cluster(stack: str) -> str:
    return f"arbor-{stack}-cluster"


def service(stack: str, app: str) -> str:
    """Name of an ECS service and of its task definition family."""
    return f"arbor-{stack}-{app}"


def image_repository(stack: str, app: str) -> str:
    """Where the application's pipeline pushes an image; it types the name."""
    return f"arbor-{stack}-{app}"


def log_group(stack: str, app: str) -> str:
    return f"/ecs/arbor-{stack}/{app}"


def database_instance(stack: str) -> str:
    return f"arbor-{stack}-db"


def database_log_group(stack: str, export: str = "postgresql") -> str:
    """Where RDS exports its logs; RDS makes the group, without retention, if it is absent."""
    return f"/aws/rds/instance/{database_instance(stack)}/{export}"


def cache_log_group(stack: str) -> str:
    """Where ElastiCache delivers the slow log."""
    return f"/aws/elasticache/{cache_replication_group(stack)}/slow-log"


def firewall_log_group(stack: str) -> str:
    """What WAF blocked or counted; WAF takes no group whose name begins otherwise."""
    return f"aws-waf-logs-arbor-{stack}"


def insights_log_group(stack: str) -> str:
    """Where Container Insights writes; it makes the group, without retention, if it is absent."""
    return f"/aws/ecs/containerinsights/{cluster(stack)}/performance"


def exec_log_group(stack: str) -> str:
    """What was typed in ECS Exec sessions."""
    return log_group(stack, "exec")


def database(stack: str) -> str:
    return f"arbor_{stack}"


def database_parameter_group(stack: str, major: str = FIRST_MAJOR) -> str:
    """Each major version has a group of its own, for a group belongs to one family.

    The first one's name is the runbook's. A group in use can be neither renamed nor deleted, so
    an upgrade adds the next one (docs/decisions/database-major-versions.md).
    """
    first = f"arbor-{stack}-params"
    return first if major == FIRST_MAJOR else f"{first}-{major}"


def cache_replication_group(stack: str) -> str:
    return f"arbor-{stack}-redis"


def operation_lock(stack: str) -> str:
    """The Systems Manager parameter that says which operator is at work."""
    return f"/arbor/{stack}/operation"


def under_test(stack: str, app: str) -> str:
    """The Systems Manager parameter that says which version of a service waits for a switch."""
    return f"/arbor/{stack}/bluegreen/{app}"


def secret(stack: str, purpose: str) -> str:
    return f"arbor/{stack}/{purpose}"


def log_export_bucket(stack: str) -> str:
    """Bucket names are global, so config can override this one."""
    return "arbor-log-exports" if stack == "production" else f"arbor-{stack}-log-exports"


def green_host(domain: str) -> str:
    """The host under which the new colour is tested before it gets production traffic."""
    return f"green.{domain}"


def ci_preview_role(stack: str) -> str:
    """With which the pipeline previews; the workflows type it."""
    return f"arbor-{stack}-ci-preview"


def ci_deploy_role(stack: str) -> str:
    """With which the pipeline brings the stack up; the workflows type it."""
    return f"arbor-{stack}-ci-deploy"


def ci_bootstrap_role(stack: str) -> str:
    """With which the first `up` is made, and the two others are changed; a workflow types it."""
    return f"arbor-{stack}-ci-bootstrap"


def ci_images_role(stack: str) -> str:
    """With which the application's pipeline pushes images; its workflow types it."""
    return f"arbor-{stack}-ci-images"


def ci_bootstrap_policy(stack: str, part: str) -> str:
    """A managed policy of the first deploy role: `reads`, `changes` or `roles`."""
    return f"{ci_bootstrap_role(stack)}-{part}"


def ci_reads_policy(stack: str) -> str:
    """What the preview and the deploy role may read."""
    return f"arbor-{stack}-ci-reads"


def ci_changes_policy(stack: str) -> str:
    """What the deploy role may change of plain resources."""
    return f"arbor-{stack}-ci-changes"


def boundary(stack: str) -> str:
    """The policy that bounds every role of the program; bootstrap makes it."""
    return f"arbor-{stack}-boundary"


def role_path(stack: str) -> str:
    """The IAM path of the program's roles, in no other stack's reach."""
    return f"/arbor/{stack}/"


def state_log_bucket(account_id: str) -> str:
    """Where S3 writes who asked for what in the state's bucket."""
    return f"arbor-pulumi-state-logs-{account_id}"


def state_bucket(account_id: str) -> str:
    """Where Pulumi's state lies; `pulumi login` types it."""
    return f"arbor-pulumi-state-{account_id}"


def state_backend(stack: str, account_id: str, region: str) -> str:
    """The backend's address: one prefix a stack, so that no role reads another stack's state."""
    return f"s3://{state_bucket(account_id)}/{stack}?region={region}"


def state_key_alias(stack: str) -> str:
    """The key of the secrets in a stack's state; `--secrets-provider` types it."""
    return f"alias/arbor-{stack}-pulumi-state"
