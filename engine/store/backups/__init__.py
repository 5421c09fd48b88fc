"""Backups of PostgreSQL, in which everything is: what Neo4j holds is made again from it.

`archive` is the file, `programs` are PostgreSQL's own pg_dump and pg_restore, `taking` and `restoring` what the two
commands do, `loading` how rows come back.
"""

from engine.store.backups.archive import BackupError, Manifest, Progress, check_archive
from engine.store.backups.restoring import Restored, Restoring, adopt, restore_backup
from engine.store.backups.taking import take_backup

__all__ = [
    "BackupError",
    "Manifest",
    "Progress",
    "Restored",
    "Restoring",
    "adopt",
    "check_archive",
    "restore_backup",
    "take_backup",
]
