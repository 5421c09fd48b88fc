"""The environment as one frozen value. Every door and worker is built from it; nothing else in the engine reads it.

Each setting is the variable `WAYLINE_` + its name in capitals; a flag of the terminal door goes before it. Secrets come
as a value or as a file that holds nothing else (what containers mount), and never show in a repr, a log or an error.
`python -m engine.settings` prints the page that is kept at docs/settings.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "WAYLINE_"
SHORTEST_SECRET: Final = 32
"""Bytes of the shortest HS256 secret (RFC 7518, section 3.2)."""

Seconds = Annotated[float, Field(ge=0.01, le=3600)]
Rows = Annotated[int, Field(ge=1, le=10_000)]
Connections = Annotated[int, Field(ge=1, le=500)]
Claim = Annotated[str, Field(min_length=1, max_length=200)]
Durability = Literal["fsync", "full_page_writes", "synchronous_commit"]


class SettingsError(Exception):
    """The environment or a flag holds what cannot be used; one line for each, naming the variable, never its value."""


class Settings(BaseSettings):
    """What can be set from outside. Times are in seconds unless the name says days."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    postgres_url: SecretStr | None = Field(
        None, description="PostgreSQL that is there already, `postgresql://user:password@host:5432/name`."
    )
    postgres_pool_min: Connections = Field(2, description="Connections to PostgreSQL that each process keeps open.")
    postgres_pool_max: Connections = Field(12, description="Most connections to PostgreSQL of each process.")
    postgres_connect_timeout: Seconds = Field(5, description="Wait for a new or a free connection to PostgreSQL.")
    postgres_statement_timeout: Seconds = Field(10, description="Longest run of one SQL statement.")
    postgres_lock_timeout: Seconds = Field(5, description="Longest wait for a lock on a row.")
    postgres_idle_timeout: Seconds = Field(30, description="Longest pause inside a transaction.")
    unsafe_postgres: Annotated[tuple[Durability, ...], NoDecode] = Field(
        (),
        description="What may be off in PostgreSQL, separated by commas: `fsync`, `full_page_writes`, "
        "`synchronous_commit`. Without, nothing starts where one is. Never where work is real.",
    )

    neo4j_uri: str | None = Field(None, description="Neo4j that is there already, `bolt://host:7687`.")
    neo4j_user: str = Field("neo4j", min_length=1, description="User of Neo4j.")
    neo4j_password: SecretStr | None = Field(None, description="Password of that user.")
    neo4j_password_file: Path | None = Field(None, description="File with that password.")
    neo4j_database: str = Field("neo4j", min_length=1, description="Database in Neo4j (Community has one).")
    neo4j_pool_max: Connections = Field(20, description="Most connections to Neo4j of each process.")
    neo4j_connect_timeout: Seconds = Field(2, description="Wait for a new or a free connection to Neo4j.")
    neo4j_query_timeout: Seconds = Field(10, description="Longest run of one Cypher statement.")

    host: str = Field("127.0.0.1", min_length=1, description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on; 0 takes a free one.")
    data_dir: Path = Field(Path(".wayline"), description="Folder of the private servers and the local secret.")

    jwt_secret: SecretStr | None = Field(
        None, description="HS256 secret that tokens are signed with, 32 bytes or more."
    )
    jwt_secret_file: Path | None = Field(None, description="File with that secret.")
    jwks_url: str | None = Field(None, pattern=r"^https?://", description="Where the keys of an identity provider are.")
    jwt_audience: str | None = Field(None, min_length=1, description="`aud` that tokens must carry.")
    jwt_issuer: str | None = Field(None, min_length=1, description="`iss` that tokens must carry.")
    roles_claim: Claim = Field("roles", description="Claim of tokens with the roles; dots lead into objects.")
    name_claim: Claim = Field("name", description="Claim of tokens with the name of the user.")
    email_claim: Claim = Field("email", description="Claim of tokens with the email of the user.")
    roles_from: Literal["both", "token", "people"] = Field(
        "both", description="What says which roles a caller holds: the token, the people entered here, or both."
    )
    people_from_tokens: bool = Field(
        False, description="Whether a valid token of a user whom nobody entered enters them: name, email and roles."
    )
    permissions: dict[str, tuple[str, ...]] = Field(
        {},
        description='Permissions added to roles, as JSON: `{"teller": ["process:start"]}`.',
    )

    actions: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Modules with Python actions, separated by commas, e.g. `seed.actions`."
    )
    action_concurrency: Connections = Field(16, description="Actions that one worker runs side by side.")
    action_share: Connections = Field(
        12, description="Most of those that are the same action, so that one that hangs leaves others some room."
    )
    work_lease: Seconds = Field(60, description="Lease of claimed work whose atom and claimer name none.")

    actions_interval: Seconds = Field(0.1, description="Pause before looking for work again when there was none.")
    commands_interval: Seconds = Field(0.1, description="Pause before looking for commands across processes again.")
    assigner_interval: Seconds = Field(0.2, description="Pause before looking for tasks to give out again.")
    timers_interval: Seconds = Field(0.1, description="Pause before looking for due timers again.")
    projector_interval: Seconds = Field(0.2, description="Pause before looking for events to project again.")
    people_interval: Seconds = Field(1, description="Pause before the graph is held against the organisation again.")
    rescuer_interval: Seconds = Field(5, description="Pause between two looks for leases that ran out.")
    notifier_interval: Seconds = Field(0.5, description="Pause before looking for events to tell people of again.")
    messenger_interval: Seconds = Field(1, description="Pause before looking for letters and webhooks to send again.")
    digests_interval: Seconds = Field(30, description="Pause between two looks whose daily letter is due.")
    pauses_interval: Seconds = Field(0.5, description="Pause between two looks whether all workers are paused.")
    routes_interval: Seconds = Field(60, description="Pause between two comparisons of the routes with Neo4j's.")
    calendars_age: Seconds = Field(
        5, description="How long calendars and service levels in memory are believed before a look for changes."
    )
    pruner_interval: Seconds = Field(3600, description="Pause between two removals of what is past its age.")

    commit_batch: Rows = Field(100, description="Most commands decided and written in one transaction.")
    commit_queue: Rows = Field(5_000, description="Most commands that wait for their turn; beyond it: 503.")
    commit_wait: Seconds = Field(10, description="Longest wait of a command for its turn; beyond it: 503.")
    assigner_batch: Rows = Field(200, description="Most tasks of a role that are given out in one round.")
    clocks_interval: Seconds = Field(0.5, description="Pause before looking for clocks of service levels again.")
    clocks_batch: Rows = Field(300, description="Most processes whose clocks are struck in one transaction.")
    clocks_breath: Seconds = Field(0.3, description="From one such transaction to the next at least, in a storm.")
    timers_batch: Rows = Field(100, description="Most timers fired in one transaction.")
    projector_batch: Rows = Field(2000, description="Most events written to Neo4j in one transaction.")
    notifier_batch: Rows = Field(2000, description="Most events looked at in one transaction to tell people of them.")
    many_limit: Rows = Field(500, description="Most items of one request that completes many tasks.")
    markings_memory: int = Field(
        8,
        ge=0,
        le=65_536,
        description="Most MiB of markings, as JSON, that stay in memory; as objects they take some four times as much.",
    )
    page_limit: Rows = Field(200, description="Most items on one page of a list.")

    retention_days: int = Field(90, ge=1, le=36_500, description="Days that ended processes stay in the graph.")
    idempotency_days: int = Field(7, ge=1, le=365, description="Days that an idempotency key is remembered (R17).")

    notification_days: int = Field(
        90, ge=1, le=3650, description="Days that notifications and deliveries of webhooks are kept."
    )

    sensitive_keys: SecretStr | None = Field(
        None,
        description="Keys that sensitive data are sealed with, separated by commas: 32 random bytes each, in base64. "
        "The first one seals, all open; none that ever sealed may be left out. Without, no version with sensitive "
        "fields can be published.",
    )
    sensitive_keys_file: Path | None = Field(None, description="File with those keys.")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^\s?#]+$", description="Where people reach this installation; letters link there."
    )
    smtp_host: str | None = Field(None, min_length=1, description="Mail server. Without, no letters are sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection to it is encrypted."
    )
    smtp_from: str | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$", description="Address that letters are from.")
    smtp_user: str | None = Field(None, min_length=1, description="User of the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password of that user.")
    smtp_password_file: Path | None = Field(None, description="File with that password.")
    smtp_timeout: Annotated[float, Field(ge=0.1, le=30)] = Field(20, description="Longest attempt to send a letter.")
    smtp_concurrency: Annotated[int, Field(ge=1, le=50)] = Field(
        4, description="Letters that one worker sends side by side."
    )
    webhook_key: SecretStr | None = Field(
        None,
        description="Key that the secrets of webhooks are made of, 32 bytes or more. Without, there are no webhooks; "
        "with another one, each needs a new secret.",
    )
    webhook_key_file: Path | None = Field(None, description="File with that key.")
    webhook_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts, addresses and networks, separated by commas, where webhooks may be though they are not "
        "public, and may do without TLS.",
    )
    webhook_timeout: Annotated[float, Field(ge=0.1, le=30)] = Field(15, description="Longest call of a webhook.")
    webhook_concurrency: Annotated[int, Field(ge=1, le=200)] = Field(
        16, description="Webhooks that one worker calls side by side."
    )

    sandbox: bool = Field(
        False, description="Whether the clock may be moved on, to try a journey's timers. Never where work is real."
    )

    stop_grace: Annotated[float, Field(ge=0, le=6)] = Field(
        5, description="What is under way gets so long when the process is told to stop; it ends within 10 s."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )
    log_format: Literal["console", "json"] = Field("console", description="How a line of the log is written.")

    @field_validator("actions", "unsafe_postgres", "webhook_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.postgres_pool_min > self.postgres_pool_max:
            raise ValueError(f"{_variable('postgres_pool_min')} is above {_variable('postgres_pool_max')}")
        for value in ("neo4j_password", "jwt_secret", "smtp_password", "webhook_key", "sensitive_keys"):
            file = f"{value}_file"
            if getattr(self, value) is not None and getattr(self, file) is not None:
                raise ValueError(f"{_variable(value)} and {_variable(file)} are both set; set one")
        for name in ("jwt_secret", "webhook_key"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None and len(secret.get_secret_value().encode()) < SHORTEST_SECRET:
                raise ValueError(f"{_variable(name)} is shorter than {SHORTEST_SECRET} bytes")
        if self.smtp_host is not None and self.smtp_from is None:
            raise ValueError(f"{_variable('smtp_from')} must be set where {_variable('smtp_host')} is")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the API."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def has_keys(self) -> bool:
        """Whether someone chose how tokens are verified; without, only a loopback address may be served."""
        return any((self.jwt_secret, self.jwt_secret_file, self.jwks_url))

    def read_neo4j_password(self) -> str | None:
        """The password, from its variable or its file; SettingsError when the file cannot be read or is empty."""
        return _secret("neo4j_password_file", self.neo4j_password, self.neo4j_password_file)

    def read_jwt_secret(self) -> str | None:
        """The HS256 secret, from its variable or its file; SettingsError when the file is unreadable or too short."""
        return _long_secret("jwt_secret_file", self.jwt_secret, self.jwt_secret_file)

    def read_smtp_password(self) -> str | None:
        """The password, from its variable or its file; SettingsError when the file cannot be read or is empty."""
        return _secret("smtp_password_file", self.smtp_password, self.smtp_password_file)

    def read_sensitive_keys(self) -> tuple[str, ...]:
        """The keys of sensitive data, from their variable or their file; SettingsError when it is unreadable or empty.

        Whether they are keys is for who seals with them to find (`engine.store.sealing`).
        """
        given = _secret("sensitive_keys_file", self.sensitive_keys, self.sensitive_keys_file)
        return tuple(part.strip() for part in (given or "").split(",") if part.strip())

    def read_webhook_key(self) -> str | None:
        """The key of webhooks, from its variable or its file; SettingsError when it is unreadable or too short."""
        return _long_secret("webhook_key_file", self.webhook_key, self.webhook_key_file)


def read_settings(**flags: Any) -> Settings:
    """The environment's settings, with those of `flags` that are not None before them; raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(found) for found in error.errors(include_input=False))) from None


@dataclass(frozen=True, slots=True)
class Described:
    """One row of the settings' table; `bounds` is empty where any value of the type is taken."""

    variable: str
    default: str
    bounds: str
    description: str


def describe() -> Iterator[Described]:
    """Every setting in the order of the class."""
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default in (None, (), {}) else default
        yield Described(_variable(name), str(shown), _bounds(field.metadata, field.annotation), field.description or "")


def settings_page() -> str:
    """The text of docs/settings.md."""
    head = (
        "# Settings\n\n"
        "Written by `make docs` from `engine/settings.py`; do not edit. Each is an environment variable; the flags of\n"
        "`wayline` go before it. Times are in seconds unless the name says days. A `_FILE` names a file that holds\n"
        "nothing but the secret. The private servers of `wayline up` have their own, in `local/settings.py`.\n\n"
        "| variable | default | bounds | for |\n| --- | --- | --- | --- |\n"
    )
    rows = (f"| `{row.variable}` | {_code(row.default)} | {row.bounds} | {row.description} |\n" for row in describe())
    return head + "".join(rows)


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _bounds(metadata: list[Any], annotation: Any) -> str:
    if choices := getattr(annotation, "__args__", ()) if getattr(annotation, "__origin__", None) is Literal else ():
        return ", ".join(f"`{choice}`" for choice in choices)
    constraints = [item for entry in metadata for item in getattr(entry, "metadata", [entry])]
    ends = {name: getattr(item, name) for item in constraints for name in ("ge", "le") if hasattr(item, name)}
    return f"{ends['ge']} to {ends['le']}" if len(ends) == len(("ge", "le")) else ""


def _sentence(found: Any) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    return f"{_variable(str(found['loc'][0]))}: {message}" if found["loc"] else message


def _long_secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    secret = _secret(name, value, file)
    if secret is not None and len(secret.encode()) < SHORTEST_SECRET:
        raise SettingsError(f"{_variable(name)}: the secret is shorter than {SHORTEST_SECRET} bytes")
    return secret


def _secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    if value is not None or file is None:
        return value.get_secret_value() if value is not None else None
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{_variable(name)}: the file {file} cannot be read") from None
    if not secret:
        raise SettingsError(f"{_variable(name)}: the file {file} is empty")
    return secret


if __name__ == "__main__":
    print(settings_page(), end="")  # noqa: T201 - the page is this module's output
