"""The PostgreSQL adapter, the only home of psycopg."""

from engine.store.durability import UnsafeDatabase
from engine.store.migrations import MigrationError, migrate
from engine.store.postgres import Postgres
from engine.store.sealing import KeysMissing

__all__ = ["KeysMissing", "MigrationError", "Postgres", "UnsafeDatabase", "migrate"]
