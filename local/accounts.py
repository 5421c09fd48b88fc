"""The account that PostgreSQL runs as, since it refuses to be root."""

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine. `reach`: it must pass folders that are closed to it."""

    uid: int
    gid: int
    reach: bool

    def __str__(self) -> str:
        """As `local.launch` reads it."""
        return f"{self.uid}:{self.gid}" + (":reach" if self.reach else "")


def unprivileged(data: Path, needs: Iterable[Path]) -> Account | None:
    """Who runs a server with this data folder; None for the caller itself, which is so for everybody but root.

    As root it is the data's owner, or `nobody` for data still to be made. No account is created, and no folder outside
    of the data is opened to others: where one of `needs` lies behind a closed folder the account keeps the one
    capability that passes it. Raises `LocalError` when there is no account `nobody`.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat() if data.exists() else None
    if owner is not None and owner.st_uid != 0:
        uid, gid = owner.st_uid, owner.st_gid
    else:
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise LocalError("PostgreSQL does not run as root.", "Run this as an ordinary user.") from None
        uid, gid = nobody.pw_uid, nobody.pw_gid
    return Account(uid, gid, reach=any(_is_closed(place) for place in (data.parent, *needs)))


def give(account: Account | None, folder: Path) -> None:
    """Make the account the owner of a folder and all that is in it, where it is not."""
    if account is None or folder.stat().st_uid == account.uid:
        return
    os.chown(folder, account.uid, account.gid)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(place, name), account.uid, account.gid, follow_symlinks=False)


def _is_closed(place: Path) -> bool:
    """Whether others than the owner cannot get to it. Goes by the mode alone: an open folder of ours is 0755."""
    place = place.resolve()
    return any(part.exists() and not part.stat().st_mode & 0o001 for part in (place, *place.parents))
