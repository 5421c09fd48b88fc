"""What can be set for the private servers, read from the environment once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Sizes, ports and places; every field has an environment variable of the name beside it.

    `postgres_may_create_databases` gives the application role CREATEDB (the tests make a database per test); it only
    counts when the cluster is created.
    """

    cache_dir: Path  # WAYLINE_CACHE: where downloaded jars are kept
    maven_url: str = ""  # WAYLINE_MAVEN_URL: a mirror of Maven Central; empty: Maven Central itself
    start_timeout: float = 60.0  # WAYLINE_START_TIMEOUT: seconds for one server to get ready
    stop_timeout: float = 30.0  # WAYLINE_STOP_TIMEOUT: seconds to end in good order before it is killed
    postgres_max_connections: int = 100  # WAYLINE_POSTGRES_MAX_CONNECTIONS
    postgres_may_create_databases: bool = False  # WAYLINE_POSTGRES_CREATEDB
    postgres_durable: bool = True  # WAYLINE_POSTGRES_DURABLE: off, a crash of the machine may lose what was committed
    neo4j_bolt_port: int = 0  # WAYLINE_BOLT_PORT: wished for; 0: the one of the last time, at first 17687
    neo4j_heap_mb: int = 512  # WAYLINE_NEO4J_HEAP_MB
    neo4j_pagecache_mb: int = 128  # WAYLINE_NEO4J_PAGECACHE_MB
    neo4j_short_lived: bool = False  # WAYLINE_NEO4J_SHORT_LIVED: compile fast rather than well, for runs of minutes

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "ServerSettings":
        """The settings of this machine. Raises `LocalError` for a value that is no number or out of bounds."""
        return cls(
            cache_dir=_cache_dir(environment),
            maven_url=environment.get("WAYLINE_MAVEN_URL", ""),
            start_timeout=_number(environment, "WAYLINE_START_TIMEOUT", 60, least=1),
            stop_timeout=_number(environment, "WAYLINE_STOP_TIMEOUT", 30, least=1),
            postgres_max_connections=_number(environment, "WAYLINE_POSTGRES_MAX_CONNECTIONS", 100, least=100),
            postgres_may_create_databases=_flag(environment, "WAYLINE_POSTGRES_CREATEDB"),
            postgres_durable=_flag(environment, "WAYLINE_POSTGRES_DURABLE", "yes"),
            neo4j_bolt_port=_number(environment, "WAYLINE_BOLT_PORT", 0, least=0, most=65535),
            neo4j_heap_mb=_number(environment, "WAYLINE_NEO4J_HEAP_MB", 512, least=256),
            neo4j_pagecache_mb=_number(environment, "WAYLINE_NEO4J_PAGECACHE_MB", 128, least=32),
            neo4j_short_lived=_flag(environment, "WAYLINE_NEO4J_SHORT_LIVED"),
        )


def _cache_dir(environment: Mapping[str, str]) -> Path:
    if chosen := environment.get("WAYLINE_CACHE"):
        return Path(chosen).expanduser().absolute()
    if common := environment.get("XDG_CACHE_HOME"):
        return Path(common).expanduser().absolute() / "wayline"
    return Path.home() / ".cache" / "wayline"


def _number(environment: Mapping[str, str], name: str, default: int, *, least: int, most: int = 1_000_000) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise LocalError(f"{name} is {text!r}.", f"Give a whole number from {least} to {most}.")
    return int(text)


def _flag(environment: Mapping[str, str], name: str, default: str = "") -> bool:
    return environment.get(name, default).strip().lower() in {"1", "true", "yes"}
