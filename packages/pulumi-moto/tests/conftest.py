"""Fixtures and settings of all of the package's tests."""

import os

from pulumi_moto.environment import WITHOUT_IMAGES
from shared import (  # noqa: F401 - fixtures
    aws_configuration,
    one_private_key,
    shared_clients,
    shared_service_models,
)

os.environ.update(WITHOUT_IMAGES)
