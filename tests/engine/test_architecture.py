"""The picture in docs/ is drawn from what the program registers now."""

from engine.stack_file import PROJECT_DIR
from engine_stack import Deployed
from tools import architecture


def test_the_picture_is_up_to_date(pristine_production: Deployed) -> None:
    drawn = architecture.picture(pristine_production.resources()).dot("arbor production")
    assert (PROJECT_DIR / "docs" / "architecture.dot").read_text() == drawn, "run `make docs`"
