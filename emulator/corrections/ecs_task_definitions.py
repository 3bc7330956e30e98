"""ECS task definitions: the order in which they are listed."""

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator.correction import Replacement, corrects


@corrects(
    EC2ContainerServiceResponse,
    "list_task_definitions",
    call="ecs.list_task_definitions (sort)",
    moto="lists in the order of registration, whatever is asked",
    aws="sorts by family and revision, upwards or downwards",
)
def list_task_definitions(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    def place(arn: str) -> tuple[str, int]:
        family, revision = arn.rsplit("/", maxsplit=1)[-1].rsplit(":", 1)
        return family, int(revision)

    found = sorted(
        self.ecs_backend.list_task_definitions(
            self._get_param("familyPrefix"), self._get_param("status", "ACTIVE")
        ),
        key=place,
        reverse=self._get_param("sort") == "DESC",
    )
    return ActionResult({"taskDefinitionArns": found})
