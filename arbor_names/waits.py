"""Time-outs along a request, from the load balancer to the task, in seconds.

The application's values were measured on its image (docs/decisions/requests.md).
"""

from typing import Final

IDLE_SECONDS: Final = 60
"""The load balancer closes a connection to a client or a task that is idle for so long; a request
without a response gets 504."""
KEEP_ALIVE_SECONDS: Final = IDLE_SECONDS + 15
"""The application keeps a connection for longer than the load balancer: otherwise it closes one to
which the load balancer sends a request at that moment, and the client gets 502.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""
GRACEFUL_SECONDS: Final = 30
"""gunicorn's default: after SIGTERM it aborts a request that takes longer."""
STOP_SECONDS: Final = GRACEFUL_SECONDS + 15
"""The time from SIGTERM to ECS's SIGKILL: gunicorn has aborted requests and closed its connections
by then. Fargate allows 120.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"""
DEREGISTRATION_SECONDS: Final = IDLE_SECONDS
"""The time in which a stopping task finishes its requests before ECS sends SIGTERM: as long as the
load balancer waits for a response.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html"""
