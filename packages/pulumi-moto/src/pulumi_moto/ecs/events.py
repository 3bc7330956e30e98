"""What a service tells an operator: the first thing that `describe-services` is read for.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
As there, a trouble that stays is told once, and again when it comes back. Not modelled: that it is
also told again after six hours.
"""

import uuid

from moto.core.utils import utcnow
from moto.ecs.models import Service

KEPT = 100


class Events:
    """The events of one service, kept on moto's own object, the newest first."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._troubles: dict[str, str] = {}

    def tell(self, what: str) -> None:
        message = f"(service {self._service.name}) {what}"
        event = {"id": str(uuid.uuid4()), "createdAt": utcnow(), "message": message}
        self._service.events.insert(0, event)
        del self._service.events[KEPT:]

    def trouble(self, about: str, what: str) -> None:
        """Tell of it unless that was the last word about the same thing."""
        if self._troubles.get(about) != what:
            self._troubles[about] = what
            self.tell(what)

    def over(self, about: str) -> None:
        self._troubles.pop(about, None)
