"""The events of a service, in `describe-services`.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
A lasting problem is one event, and another when it recurs. Not modelled: the repetition after six
hours.
"""

import uuid

from moto.core.utils import utcnow
from moto.ecs.models import Service

KEPT = 100


class Events:
    """The events of one service, stored on moto's service, newest first."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._problems: dict[str, str] = {}

    def add(self, text: str) -> None:
        message = f"(service {self._service.name}) {text}"
        event = {"id": str(uuid.uuid4()), "createdAt": utcnow(), "message": message}
        self._service.events.insert(0, event)
        del self._service.events[KEPT:]

    def add_problem(self, key: str, text: str) -> None:
        """Add the event, unless it is the latest problem of the key."""
        if self._problems.get(key) != text:
            self._problems[key] = text
            self.add(text)

    def resolve(self, key: str) -> None:
        self._problems.pop(key, None)
