"""Settings by environment variables: each wrong value refused by name, before anything starts."""

import stat
from pathlib import Path

import pytest

from exigible.hosting.environment import SmtpServer, WrongSetting, read_environment, secret_key_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXIGIBLE_PORT", "0"),
        ("EXIGIBLE_PORT", "65536"),
        ("EXIGIBLE_PORT", "http"),
        ("EXIGIBLE_PORT", "٨٤١٠"),
        ("EXIGIBLE_WEB_THREADS", "0"),
        ("EXIGIBLE_WORKERS", "-1"),
        ("EXIGIBLE_RUN_AT", "25:00"),
        ("EXIGIBLE_RUN_AT", "5h30"),
        ("EXIGIBLE_DEBUG", "yes"),
        ("EXIGIBLE_SECRET_KEY", "short"),
        ("EXIGIBLE_BASE_URL", "recouvrement.exemple.fr"),
        ("EXIGIBLE_BASE_URL", "ftp://exemple.fr"),
        ("EXIGIBLE_DATABASE_URL", "mysql://u@h/db"),
        ("EXIGIBLE_DATABASE_URL", "postgresql://u@h"),
        ("EXIGIBLE_DATABASE_URL", "postgresql://u@h:port/db"),
        ("EXIGIBLE_SMTP_URL", "imap://h"),
        ("EXIGIBLE_SMTP_URL", "smtp://"),
        ("EXIGIBLE_SMTP_URL", "smtp://h:99999"),
        ("EXIGIBLE_TYPO", "1"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str):
    with pytest.raises(WrongSetting, match=name) as refusal:
        read_environment({name: value})
    assert refusal.value.name == name


def test_a_home_that_is_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongSetting, match="EXIGIBLE_HOME"):
        read_environment({"EXIGIBLE_HOME": str(tmp_path / "file")})


def test_without_anything_set():
    environment = read_environment({})
    assert environment.home.is_absolute()
    assert environment.database is None
    assert (environment.host, environment.port) == ("127.0.0.1", 8410)
    assert environment.base_url == "http://localhost:8410"
    assert {"localhost", "127.0.0.1"} <= set(environment.allowed_hosts)
    assert environment.smtp is None
    assert environment.run_at == "05:30"


def test_addresses_are_taken_apart():
    environment = read_environment(
        {
            "EXIGIBLE_DATABASE_URL": "postgresql://u%40x:p%2Fw@h:5433/db?sslmode=require",
            "EXIGIBLE_SMTP_URL": "smtp+starttls://u:p%40@mail.exemple.fr",
            "EXIGIBLE_BASE_URL": "https://recouvrement.exemple.fr/",
        }
    )
    assert environment.database is not None
    assert environment.database["USER"] == "u@x"
    assert environment.database["PASSWORD"] == "p/w"
    assert (environment.database["HOST"], environment.database["PORT"]) == ("h", "5433")
    assert environment.database["OPTIONS"] == {"sslmode": "require"}
    assert environment.smtp == SmtpServer("mail.exemple.fr", 587, "u", "p@", "starttls")
    assert "p@" not in repr(environment)
    assert environment.base_url == "https://recouvrement.exemple.fr"
    assert "recouvrement.exemple.fr" in environment.allowed_hosts


def test_a_socket_s_address():
    environment = read_environment({"EXIGIBLE_DATABASE_URL": "postgresql://u@/db?host=/run/pg"})
    assert environment.database is not None
    assert environment.database["HOST"] == "/run/pg"


def test_the_secret_key_is_made_once_and_closed_to_others(tmp_path: Path):
    environment = read_environment({"EXIGIBLE_HOME": str(tmp_path / "h")})
    key = secret_key_of(environment)
    assert len(key) >= 32
    assert secret_key_of(environment) == key
    assert stat.S_IMODE((tmp_path / "h" / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "h").iterdir()] == ["secret-key"]
