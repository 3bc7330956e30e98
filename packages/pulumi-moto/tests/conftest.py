"""Fixtures and settings of all of the package's tests."""

import os

from pulumi_moto.environment import WITHOUT_IMAGES
from service_models import shared_clients, shared_service_models  # noqa: F401 - fixtures

os.environ.update(WITHOUT_IMAGES)
