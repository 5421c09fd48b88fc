"""The data folder: refused with a clear sentence where it cannot be used."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from local.errors import LocalError
from local.home import Home
from local.settings import ServerSettings


def opened(path: Path) -> Home:
    return Home.open(path, lambda text: None)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(LocalError, match=r"cannot be used: .*exists") as raised:
        opened(tmp_path / "data")
    assert "--data" in raised.value.fix


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="cannot be used: Not a directory"):
        opened(tmp_path / "file" / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LocalError, match="Permission denied"):
        opened(tmp_path)


def test_a_lock_that_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(LocalError, match="cannot be used"):
        opened(tmp_path)


def test_a_lock_left_behind_with_any_content_is_taken(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("{broken")
    opened(tmp_path).close()
    opened(tmp_path).close()


def test_a_lock_held_by_an_unknown_process_is_waited_for_and_then_named(tmp_path: Path) -> None:
    owner = opened(tmp_path)
    (tmp_path / "lock").write_text("{broken")
    with pytest.raises(LocalError, match="is held, and not by the process it names"):
        Home.open(tmp_path, lambda text: None, patience=0)
    owner.close()


def test_a_full_disk_is_noticed_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=5_000_000)

    def usage(_: Path) -> object:
        return full

    monkeypatch.setattr(shutil, "disk_usage", usage)
    with pytest.raises(LocalError, match="has 5 MB left"):
        opened(tmp_path)
    monkeypatch.undo()
    opened(tmp_path).close()


def test_a_password_is_drawn_once_and_private(tmp_path: Path) -> None:
    home = opened(tmp_path)
    password = home.password("postgres", data_exists=False)
    assert len(password) == 48
    home.password_path("postgres").chmod(0o644)
    assert home.password("postgres", data_exists=True) == password
    assert stat.S_IMODE(home.password_path("postgres").stat().st_mode) == 0o600
    assert home.password("neo4j", data_exists=False) != password
    home.close()


def test_data_without_its_password_is_not_given_another(tmp_path: Path) -> None:
    home = opened(tmp_path)
    with pytest.raises(LocalError, match=r"postgres\.password is missing"):
        home.password("postgres", data_exists=True)
    home.close()


def test_a_setting_that_is_no_number_is_named() -> None:
    with pytest.raises(LocalError, match="WAYLINE_START_TIMEOUT is 'soon'"):
        ServerSettings.from_environment({"WAYLINE_START_TIMEOUT": "soon"})
    with pytest.raises(LocalError, match="from 100 to"):
        ServerSettings.from_environment({"WAYLINE_POSTGRES_MAX_CONNECTIONS": "99"})
