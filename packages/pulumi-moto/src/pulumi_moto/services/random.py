"""The random provider, whose resources exist in the state only."""

import base64
import random
import secrets
import string

from pulumi_moto.row import Client, Props, Row, State, fields
from pulumi_moto.shapes import Members

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The provider's default of `overrideSpecial`."""
CLASSES = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
}
INPUTS = fields(
    "length overrideSpecial keepers.* lower upper numeric special "
    "minLower minUpper minNumeric minSpecial"
)


def draw(props: Props) -> State:
    """Generate a password of the given length, with the given minimum of each class."""
    classes = {**CLASSES, "special": props.get("overrideSpecial") or SPECIAL}
    allowed = {name: chars for name, chars in classes.items() if props.get(name, True)}
    drawn = [
        secrets.choice(classes[name])
        for name in classes
        for _ in range(int(props.get(f"min{name.capitalize()}", 0)))
    ]
    anything = "".join(allowed.values())
    drawn += [secrets.choice(anything) for _ in range(int(props["length"]) - len(drawn))]
    random.SystemRandom().shuffle(drawn)
    return {"result": "".join(drawn)}


def draw_id(props: Props) -> State:
    """Generate random bytes, in each of the provider's spellings."""
    drawn = secrets.token_bytes(int(props["byteLength"]))
    prefix = props.get("prefix") or ""
    url = base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()
    return {
        "hex": prefix + drawn.hex(),
        "dec": prefix + str(int.from_bytes(drawn, "big")),
        "b64Std": prefix + base64.b64encode(drawn).decode(),
        "b64Url": prefix + url,
    }


def _in_the_state(_client: Client, _physical_id: str) -> Members:
    return {}


ID_INPUTS = fields("byteLength prefix keepers.*")
ROWS = (
    Row(
        token="random:index/randomId:RandomId",
        client=None,
        source="terraform-provider-random/internal/provider/resource_id.go",
        inputs=ID_INPUTS,
        outputs=fields("hex dec b64Std b64Url"),
        replaces=frozenset(path.split(".")[0] for path in ID_INPUTS),
        write_only=frozenset(path.split(".")[0] for path in ID_INPUTS),
        generate=draw_id,
        create=lambda _client, _props: "none",
        read=_in_the_state,
        delete=lambda _client, _physical_id, _state: None,
    ),
    Row(
        token="random:index/randomPassword:RandomPassword",
        client=None,
        source="terraform-provider-random/internal/provider/resource_password.go",
        inputs=INPUTS,
        outputs=fields("result"),
        replaces=frozenset(path.split(".")[0] for path in INPUTS),
        write_only=frozenset(path.split(".")[0] for path in INPUTS),
        generate=draw,
        create=lambda _client, _props: "none",
        read=_in_the_state,
        delete=lambda _client, _physical_id, _state: None,
    ),
)
