"""`wayline token`: a token of the local secret."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from cli.client import data_folder, local_token
from cli.terminal import Data, Failed, Json, print_json
from engine import clock
from engine.core.times import format_time

_TTL = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=366)


def token(
    user: Annotated[str, typer.Argument(metavar="USER", help="Who the token is for: the `sub` of its claims.")],
    role: Annotated[list[str], typer.Option("--role", metavar="R", help="A role of the user; may be repeated.")],
    data: Data = None,
    ttl: Annotated[str, typer.Option(help="How long it is valid: 30s, 15m, 8h or 7d.")] = "12h",
    json: Json = False,
) -> None:
    """Print a bearer token, signed with WAYLINE_JWT_SECRET or with the secret in DIR.

    Example: export WAYLINE_TOKEN=$(wayline token ann --role underwriter --role manager --ttl 8h)
    """
    length = _length(ttl)
    if not user.strip() or not all(name.strip() for name in role):
        raise Failed("A user and a role have a name.", "Write `wayline token ann --role underwriter`.", 2)
    signed = local_token(data_folder(data), user, tuple(role), length)
    if json:
        print_json({"token": signed, "user": user, "roles": role, "expires_at": format_time(clock.now() + length)})
    else:
        print(signed)


def _length(text: str) -> timedelta:
    found = _TTL.fullmatch(text)
    length = timedelta(**{_UNITS[found[2]]: min(int(found[1]), 10**8)}) if found else timedelta()
    if not timedelta() < length <= _LONGEST:
        raise Failed(f"--ttl {text} is no length of time up to {_LONGEST.days} days.", "Write 30s, 15m, 8h or 7d.", 2)
    return length
