"""How long each of them waits for the next one, from the load balancer to the task: seconds.

The application's own facts are measured on its image (docs/decisions/requests.md).
"""

from typing import Final

IDLE_SECONDS: Final = 60
"""The load balancer closes a connection, to a client or to a task, that is silent for so long; a
request without an answer gets 504."""
KEEP_ALIVE_SECONDS: Final = IDLE_SECONDS + 15
"""The application keeps a connection for longer than the load balancer: otherwise it closes one to
which the load balancer sends a request at that moment, and the client gets 502.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""
GRACEFUL_SECONDS: Final = 30
"""gunicorn's default: after SIGTERM it cuts a request that takes longer."""
STOP_SECONDS: Final = GRACEFUL_SECONDS + 15
"""ECS sends SIGKILL so long after SIGTERM: after gunicorn has cut what it cuts and closed its
connections. Fargate allows 120.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"""
DEREGISTRATION_SECONDS: Final = IDLE_SECONDS
"""A task that leaves finishes its requests for so long before ECS sends SIGTERM: as long as the
load balancer waits for any answer. Only then is it unused, and ECS goes on.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html"""
