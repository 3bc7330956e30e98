"""The picture in docs/ is drawn from the resources that the program registers now."""

from engine.stack_file import PROJECT_DIR
from engine_stack import Deployed
from tools import architecture


def test_the_picture_is_up_to_date(pristine_production: Deployed) -> None:
    drawn = architecture.picture(pristine_production.resources())
    assert (PROJECT_DIR / "docs" / "architecture.json").read_text() == drawn.json(), (
        "run `make docs`"
    )
