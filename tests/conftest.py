"""What every test's emulated account has in common."""

import os

from emulator.moto_environment import WITHOUT_IMAGES

os.environ.update(WITHOUT_IMAGES)
