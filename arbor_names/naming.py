"""The physical names that operators type.

The runbook is the contract: a name here is a promise. Pulumi chooses every other name, so that a
replacement never waits for a name to become free.
"""

PROJECT = "arbor"
DATABASE_USER = "arbor_user"
DATABASE_SECOND_USER = "arbor_user_2"
"""Alternates with the first user when passwords are rotated with two users."""
DATABASE_OWNER = "arbor_owner"
"""The role that owns the tables of two alternating users; it can't log in."""
OS_METRICS_LOG_GROUP = "RDSOSMetrics"
"""RDS's log group for enhanced monitoring: one for all instances of an account and region, which
RDS creates without retention if it is missing."""
FIRST_MAJOR = "16"
"""The major version of PostgreSQL whose parameter group has the runbook's name."""
MIGRATIONS = "migrations"
RELEASE_ORDER_TAG = "ReleaseOrder"
"""On an ECS service whose config sets `releaseOrder`; commands sort services by it."""
STATE_KEY_ALIAS = "alias/arbor-pulumi-state"
BREAK_GLASS_ROLE = "arbor-break-glass"
"""The only role that may delete the state, its versions and keys; an administrator creates it."""
EVERY_CI_ROLE = "arbor-*-ci-*"
"""An IAM pattern that matches the pipeline's roles of all stacks, and no other role."""
MIGRATIONS_CONTAINER = "backend"
"""The runbook overrides the command of the container with this name."""


def cluster(stack: str) -> str:
    return f"arbor-{stack}-cluster"


def service(stack: str, app: str) -> str:
    """Name of an ECS service and of its task definition family."""
    return f"arbor-{stack}-{app}"


def image_repository(stack: str, app: str) -> str:
    """Where the application's pipeline pushes an image; its workflow contains the name."""
    return f"arbor-{stack}-{app}"


def log_group(stack: str, app: str) -> str:
    return f"/ecs/arbor-{stack}/{app}"


def database_instance(stack: str) -> str:
    return f"arbor-{stack}-db"


def database_log_group(stack: str, export: str = "postgresql") -> str:
    """Where RDS exports its logs; RDS creates a missing group without retention."""
    return f"/aws/rds/instance/{database_instance(stack)}/{export}"


def cache_log_group(stack: str) -> str:
    """Where ElastiCache delivers the slow log."""
    return f"/aws/elasticache/{cache_replication_group(stack)}/slow-log"


def firewall_log_group(stack: str) -> str:
    """Requests that WAF blocked or counted; WAF requires the name's prefix."""
    return f"aws-waf-logs-arbor-{stack}"


def insights_log_group(stack: str) -> str:
    """Where Container Insights writes; it creates a missing group without retention."""
    return f"/aws/ecs/containerinsights/{cluster(stack)}/performance"


def exec_log_group(stack: str) -> str:
    """Input and output of ECS Exec sessions."""
    return log_group(stack, "exec")


def database(stack: str) -> str:
    return f"arbor_{stack}"


def database_parameter_group(stack: str, major: str = FIRST_MAJOR) -> str:
    """Each major version has its own group, because a group belongs to one family.

    The first one's name is the runbook's. A group in use can be neither renamed nor deleted, so
    an upgrade adds the next one (docs/decisions/database-major-versions.md).
    """
    first = f"arbor-{stack}-params"
    return first if major == FIRST_MAJOR else f"{first}-{major}"


def cache_replication_group(stack: str) -> str:
    return f"arbor-{stack}-redis"


def operation_lock(stack: str) -> str:
    """The Systems Manager parameter with the operator and command of the lock."""
    return f"/arbor/{stack}/operation"


def under_test(stack: str, app: str) -> str:
    """The Systems Manager parameter with a service's version that waits for a switch."""
    return f"/arbor/{stack}/bluegreen/{app}"


def secret(stack: str, purpose: str) -> str:
    return f"arbor/{stack}/{purpose}"


def log_export_bucket(stack: str) -> str:
    """Bucket names are global, so config can override this one."""
    return "arbor-log-exports" if stack == "production" else f"arbor-{stack}-log-exports"


def green_host(domain: str) -> str:
    """The host on which a new version is tested before it gets production traffic."""
    return f"green.{domain}"


def ci_preview_role(stack: str) -> str:
    """The pipeline's role for previews; the workflows contain the name."""
    return f"arbor-{stack}-ci-preview"


def ci_deploy_role(stack: str) -> str:
    """The pipeline's role for `up`; the workflows contain the name."""
    return f"arbor-{stack}-ci-deploy"


def ci_bootstrap_role(stack: str) -> str:
    """The role of the first `up` and of changes of the two above; a workflow contains the name."""
    return f"arbor-{stack}-ci-bootstrap"


def ci_images_role(stack: str) -> str:
    """The application pipeline's role for pushing images; its workflow contains the name."""
    return f"arbor-{stack}-ci-images"


def ci_bootstrap_policy(stack: str, part: str) -> str:
    """A managed policy of the first deploy role: `reads`, `changes` or `roles`."""
    return f"{ci_bootstrap_role(stack)}-{part}"


def ci_reads_policy(stack: str) -> str:
    """The policy with the reads of the preview and the deploy role."""
    return f"arbor-{stack}-ci-reads"


def ci_changes_policy(stack: str) -> str:
    """The policy with the deploy role's changes of plain resources."""
    return f"arbor-{stack}-ci-changes"


def boundary(stack: str) -> str:
    """The permissions boundary of the program's roles; bootstrap creates it."""
    return f"arbor-{stack}-boundary"


def role_path(stack: str) -> str:
    """The IAM path of the program's roles, which other stacks can't change."""
    return f"/arbor/{stack}/"


def state_log_bucket(account_id: str) -> str:
    """The bucket with the access logs of the state's bucket."""
    return f"arbor-pulumi-state-logs-{account_id}"


def state_bucket(account_id: str) -> str:
    """The bucket of Pulumi's state; `pulumi login` needs the name."""
    return f"arbor-pulumi-state-{account_id}"


def state_backend(stack: str, account_id: str, region: str) -> str:
    """The backend's address; other stacks' roles can't read a stack's own prefix."""
    return f"s3://{state_bucket(account_id)}/{stack}?region={region}"


def state_key_alias(stack: str) -> str:
    """The key of the secrets in a stack's state; `--secrets-provider` needs it."""
    return f"alias/arbor-{stack}-pulumi-state"
