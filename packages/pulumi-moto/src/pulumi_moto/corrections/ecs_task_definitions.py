"""ECS task definitions: their order in lists, and when and by whom they were registered."""

from moto.core.responses import ActionResult
from moto.ecs.models import TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_instance import now


@corrects(
    EC2ContainerServiceResponse,
    call="ecs.list_task_definitions (sort)",
    moto="lists in the order of registration and ignores `sort`",
    aws="sorts by family and revision, ascending or descending",
)
def list_task_definitions(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    def order(arn: str) -> tuple[str, int]:
        family, revision = arn.rsplit("/", maxsplit=1)[-1].rsplit(":", 1)
        return family, int(revision)

    found = sorted(
        self.ecs_backend.list_task_definitions(
            self._get_param("familyPrefix"), self._get_param("status", "ACTIVE")
        ),
        key=order,
        reverse=self._get_param("sort") == "DESC",
    )
    return ActionResult({"taskDefinitionArns": found})


@corrects(
    TaskDefinition,
    "__init__",
    call="ecs.register_task_definition (registeredAt)",
    moto="omits registeredAt and registeredBy",
    aws="returns the time of registration and the caller's ARN",
)
def registered(
    original: Replacement, self: TaskDefinition, *args: object, **kwargs: object
) -> None:
    original(self, *args, **kwargs)
    account_id = self.arn.split(":")[4]
    self.__dict__["registered_at"] = now()
    self.__dict__["registered_by"] = f"arn:aws:iam::{account_id}:root"


@corrects(
    EC2ContainerServiceResponse,
    call="ecs.deregister_task_definition (deregisteredAt)",
    moto="omits deregisteredAt",
    aws="returns the time of deregistration",
)
def deregister_task_definition(
    original: Replacement, self: EC2ContainerServiceResponse
) -> ActionResult:
    name = self._get_param("taskDefinition")
    found = self.ecs_backend.describe_task_definition(name)
    found.__dict__.setdefault("deregistered_at", now())
    answer: ActionResult = original(self)
    return answer
