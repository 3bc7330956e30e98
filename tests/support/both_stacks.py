"""The settings of the two stacks, as committed."""

from config import settings
from stack_config import stack_values

PRODUCTION = settings.parse(stack_values("production"), "production")
STAGING = settings.parse(stack_values("staging"), "staging")
