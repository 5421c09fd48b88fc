"""The first breath of a server process: wait until it is on record, drop root if asked, become the server.

Run as a script, with the standard library alone: `launch.py GO_FD ACCOUNT COMMAND…`. The parent writes one byte to
GO_FD once it has recorded this process; when the parent dies first the pipe ends and nothing is ever started, so no
server can run that the next start would not know of.

ACCOUNT is `-`, or `UID:GID` to run as (PostgreSQL refuses to be root), or `UID:GID:reach` to keep the one capability
that lets this account pass folders closed to it (a checkout in root's home), instead of opening those folders.
"""

import ctypes
import os
import struct
import sys

_PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 28, 47, 2
_NO_SETUID_FIXUP, _KEEP_CAPS = 1 << 2, 1 << 4  # without the first, access(2) would look without the capability
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1


def main(arguments: list[str]) -> None:
    """Never returns: becomes COMMAND, or exits with status 125 when told not to go."""
    go, account, command = int(arguments[0]), arguments[1], arguments[2:]
    if os.read(go, 1) != b"g":
        sys.exit(125)
    os.close(go)
    if account != "-":
        uid, gid, *reach = account.split(":")
        _become(int(uid), int(gid), keep_reach=bool(reach))
    os.execv(command[0], command)  # noqa: S606


def _become(uid: int, gid: int, *, keep_reach: bool) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if keep_reach:
        _check(libc.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP | _KEEP_CAPS, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if keep_reach:
        only = 1 << _CAP_DAC_OVERRIDE
        header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
        _check(libc.capset(header, struct.pack("6I", only, only, only, 0, 0, 0)))
        _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
