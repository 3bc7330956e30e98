"""Both stacks' pipelines, in one account and in two: their roles, and requests to them."""

from dataclasses import dataclass, replace
from functools import cache

from access import boundary, deploy, images, preview, reads, stack, state
from access import trust as ci_documents
from access.trust import Pipeline
from arbor_names import naming
from iam_evaluator import Principal, Request

REGION = "us-east-1"
ONE, OTHER = "123456789012", "210987654321"
REPOSITORY = "arbor-energy/infrastructure"
APPLICATION = "arbor-energy/application"
OLDER = "database-monitoring-1a2b3c4"
STACKS = ("production", "staging")


@dataclass(frozen=True)
class Place:
    """A stack in an account."""

    stack: str
    account: str

    @property
    def pipeline(self) -> Pipeline:
        return pipeline(self.stack, self.account)

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self.account}:{rest}"

    def role(self, name: str) -> str:
        return f"arn:aws:iam::{self.account}:role/{name}"

    def principal(self, kind: str) -> Principal:
        """`preview`, `deploy`, `bootstrap`, `images`, or a `task` of the program."""
        return principal(self.stack, self.account, kind)

    def tagged(self, action: str, resource: str, **context: str | list[str]) -> Request:
        """The tags of this stack's resources."""
        tags = {"aws:ResourceTag/Stack": self.stack, "aws:ResourceTag/ManagedBy": "pulumi"}
        return Request(action=action, resource=resource, context={**tags, **context})

    def state_file(self, action: str, name: str) -> Request:
        """A request on the state's bucket, with the bucket's policy."""
        bucket = f"arn:aws:s3:::{self.pipeline.state_bucket}"
        return Request(
            action=action,
            resource=f"{bucket}/{name}" if name else bucket,
            resource_policy=ci_documents.document(state.bucket_statements(self.pipeline)),
        )

    def state_list(self) -> Request:
        """List the files of its state."""
        return replace(
            self.state_file("s3:ListBucket", ""),
            context={"s3:prefix": f"{self.stack}/.pulumi/stacks/arbor/"},
        )

    def os_metrics(self, action: str, rest: str) -> Request:
        """A request on the log group of enhanced monitoring, created by another stack."""
        group = self.arn("logs", f"log-group:{naming.OS_METRICS_LOG_GROUP}{rest}")
        return Request(action=action, resource=group, context={"aws:ResourceTag/Stack": "another"})

    def opened(self, bucket: str) -> str:
        """A bucket's policy by which the deploy role, which may write it, reads the objects."""
        role = self.role(self.pipeline.deploy_role)
        return ci_documents.document(
            [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": role},
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{bucket}/*",
                }
            ]
        )

    def state_key(self, action: str, alias: str = "", whose: str = "", **context: str) -> Request:
        """A request on a key of the state, with the key's policy."""
        tags = {"aws:ResourceTag/Component": "state", "aws:ResourceTag/ManagedBy": "bootstrap"}
        if whose:
            tags["aws:ResourceTag/Stack"] = whose
        return Request(
            action=action,
            resource=self.arn("kms", "key/state"),
            context={
                **tags,
                "kms:ResourceAliases": [alias or naming.state_key_alias(self.stack)],
                **context,
            },
            resource_policy=state.key_policy(self.pipeline),
        )


@cache
def pipeline(name: str, account: str) -> Pipeline:
    return stack.pipeline(
        name,
        account_id=account,
        region=REGION,
        repository=REPOSITORY,
        owner_id="1234",
        repository_id="5678",
        application_repository=APPLICATION,
        older_roles=(OLDER,) if name == "production" else (),
    )


@cache
def principal(name: str, account: str, kind: str) -> Principal:
    found = pipeline(name, account)
    policies = {
        "preview": (preview.of_previews(found), reads.shared(found)),
        "deploy": (deploy.of_deploys(found), reads.shared(found), deploy.changes(found)),
        "bootstrap": (
            deploy.of_bootstrap(found),
            deploy.own_roles(found),
            reads.shared(found),
            deploy.changes(found),
        ),
        "images": (images.of_pushes(found),),
        # The widest policy that a pull request or the deploy role could write for a program's role.
        "task": (ci_documents.document([{"Effect": "Allow", "Action": "*", "Resource": "*"}]),),
    }
    names = {"task": f"arbor/{name}/backend-task"}
    return Principal(
        arn=f"arn:aws:iam::{account}:role/{names.get(kind, f'arbor-{name}-ci-{kind}')}",
        policies=policies[kind],
        boundary=boundary.of_program(found) if kind == "task" else None,
    )


PRODUCTION = Place("production", ONE)
STAGING, ELSEWHERE = Place("staging", ONE), Place("staging", OTHER)
