"""The environment as one frozen value (engine/settings.py)."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.settings import PREFIX, Settings, SettingsError, describe, read_settings, settings_page

SECRET = "a-secret-that-nobody-should-read-in-a-log"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in describe():
        monkeypatch.delenv(row.variable, raising=False)


def test_the_defaults_serve_this_machine_only_and_need_nothing():
    settings = read_settings()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path(".wayline"))
    assert (settings.retention_days, settings.idempotency_days) == (90, 7)
    assert settings.on_loopback
    assert not settings.has_keys


def test_the_environment_is_read_and_a_flag_goes_before_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAYLINE_PORT", "9000")
    monkeypatch.setenv("WAYLINE_HOST", "0.0.0.0")
    settings = read_settings(port=9001, host=None)
    assert (settings.port, settings.host) == (9001, "0.0.0.0")
    assert not settings.on_loopback


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAYLINE_POSTGRES_URL", "")
    assert read_settings().postgres_url is None


def test_action_modules_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAYLINE_ACTIONS", "seed.actions, house.actions,")
    assert read_settings().actions == ("seed.actions", "house.actions")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_these_addresses_are_reached_from_this_machine_only(host: str):
    assert read_settings(host=host).on_loopback


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        read_settings().port = 1


@pytest.mark.parametrize("name", ["postgres_url", "neo4j_password", "jwt_secret", "smtp_password", "webhook_key"])
def test_a_secret_never_shows(name: str):
    settings = read_settings(**{name: SECRET})
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_refusal_names_the_variables_and_keeps_their_values_to_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAYLINE_PORT", "70000")
    monkeypatch.setenv("WAYLINE_RETENTION_DAYS", "ninety-nine")
    with pytest.raises(SettingsError) as refusal:
        read_settings()
    assert "WAYLINE_PORT: " in str(refusal.value)
    assert "WAYLINE_RETENTION_DAYS: " in str(refusal.value)
    assert "70000" not in str(refusal.value)
    assert "ninety-nine" not in str(refusal.value)


def test_a_short_secret_is_refused_without_being_shown():
    with pytest.raises(SettingsError, match="WAYLINE_JWT_SECRET is shorter than 32 bytes") as refusal:
        read_settings(jwt_secret="hunter2")
    assert "hunter2" not in str(refusal.value)


def test_a_secret_is_read_from_its_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    settings = read_settings(neo4j_password_file=file, jwt_secret_file=file)
    assert settings.read_neo4j_password() == SECRET
    assert settings.read_jwt_secret() == SECRET
    assert settings.has_keys


@pytest.mark.parametrize(("content", "cause"), [(None, "cannot be read"), ("\n", "is empty"), ("short", "shorter")])
def test_a_secret_file_that_is_of_no_use_is_refused(tmp_path: Path, content: str | None, cause: str):
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=cause):
        read_settings(jwt_secret_file=file).read_jwt_secret()


def test_a_secret_and_its_file_are_not_both_set(tmp_path: Path):
    with pytest.raises(SettingsError, match="WAYLINE_JWT_SECRET and WAYLINE_JWT_SECRET_FILE are both set"):
        read_settings(jwt_secret=SECRET, jwt_secret_file=tmp_path / "secret")


def test_a_pool_is_at_least_as_large_as_what_it_keeps_open():
    with pytest.raises(SettingsError, match="WAYLINE_POSTGRES_POOL_MIN is above WAYLINE_POSTGRES_POOL_MAX"):
        read_settings(postgres_pool_min=5, postgres_pool_max=4)


@pytest.mark.parametrize("name", [name for name, f in Settings.model_fields.items() if f.annotation in (int, float)])
@pytest.mark.parametrize("value", ["-1", "1e12", "nan", "inf"])
def test_every_number_has_bounds(name: str, value: str):
    with pytest.raises(SettingsError):
        read_settings(**{name: value})


def test_every_setting_is_described_and_has_one_variable():
    rows = list(describe())
    assert len({row.variable for row in rows}) == len(rows) == len(Settings.model_fields)
    assert all(row.description.endswith(".") and row.variable.startswith(PREFIX) for row in rows)


def test_the_page_of_the_settings_is_fresh():
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text("utf-8") == settings_page(), "docs/settings.md is stale: run `make docs`"


def test_letters_need_an_address_that_they_are_from():
    with pytest.raises(SettingsError, match="WAYLINE_SMTP_FROM"):
        read_settings(smtp_host="mail.example.com")
    assert read_settings(smtp_host="mail.example.com", smtp_from="wayline@example.com").smtp_port == 587


def test_the_key_of_webhooks_is_long_from_its_variable_and_from_its_file(tmp_path: Path):
    with pytest.raises(SettingsError, match="WAYLINE_WEBHOOK_KEY is shorter"):
        read_settings(webhook_key="short")
    file = tmp_path / "key"
    file.write_text("short\n")
    with pytest.raises(SettingsError, match="WAYLINE_WEBHOOK_KEY_FILE"):
        read_settings(webhook_key_file=file).read_webhook_key()
    file.write_text(SECRET + "\n")
    assert read_settings(webhook_key_file=file).read_webhook_key() == SECRET
    with pytest.raises(SettingsError, match="both set"):
        read_settings(webhook_key=SECRET, webhook_key_file=file)


def test_hosts_of_webhooks_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAYLINE_WEBHOOK_HOSTS", "hooks.inside, 10.1.0.0/16")
    assert read_settings().webhook_hosts == ("hooks.inside", "10.1.0.0/16")
