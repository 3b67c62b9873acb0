"""Django's settings follow from Puhui's."""

import runpy
import sys

import pytest
from django.conf import settings

from puhui.site import keys
from puhui.site.postgresql.layout import layout_of


def _settings(monkeypatch, tmp_path, **environ):
    monkeypatch.setenv("PUHUI_HOME", str(tmp_path))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "puhui.site.settings", raising=False)
    return runpy.run_module("puhui.site.settings")


def test_reading_the_settings_writes_nothing_and_makes_up_no_key(monkeypatch, tmp_path):
    made = _settings(monkeypatch, tmp_path)
    assert (made["SECRET_KEY"], made["PUHUI_ENCRYPTION_KEY"]) == ("", b"")
    assert list(tmp_path.iterdir()) == []


def test_each_role_has_its_connection(monkeypatch, tmp_path):
    stored = keys.load_or_make(tmp_path, database_exists=False)
    made = _settings(monkeypatch, tmp_path)
    for alias, role in (("default", "puhui_app"), ("owner", "puhui_owner"), ("reader", "puhui_reader")):
        database = made["DATABASES"][alias]
        assert (database["USER"], database["PASSWORD"], database["NAME"]) == (role, stored.passwords[role], "puhui")
        assert database["HOST"] == str(layout_of(tmp_path).socket_directory) and database["PORT"] == ""
    assert made["PUHUI_ENCRYPTION_KEY"] == stored.encryption_key


def test_an_own_server_is_used_as_its_address_says(monkeypatch, tmp_path):
    url = "postgresql://app:p%40ss@db.example:5433/lending?sslmode=require"
    made = _settings(monkeypatch, tmp_path, DATABASE_URL=url)
    default = made["DATABASES"]["default"]
    assert (default["USER"], default["PASSWORD"], default["HOST"], default["PORT"]) == ("app", "p@ss", "db.example", "5433")
    assert default["OPTIONS"] == {"application_name": "puhui", "sslmode": "require"}
    assert made["DATABASES"]["owner"] == default == made["DATABASES"]["reader"]


@pytest.mark.parametrize(("value", "secure"), [("yes", True), ("no", False)])
def test_cookies_are_marked_secure_behind_https(monkeypatch, tmp_path, value, secure):
    made = _settings(monkeypatch, tmp_path, PUHUI_HTTPS=value)
    assert made["SESSION_COOKIE_SECURE"] is made["CSRF_COOKIE_SECURE"] is secure
    assert ("SECURE_HSTS_SECONDS" in made) is secure


def test_time_language_and_user():
    assert (settings.TIME_ZONE, settings.USE_TZ, settings.LANGUAGE_CODE, settings.AUTH_USER_MODEL) == (
        "Asia/Shanghai", True, "zh-hans", "parties.User",
    )  # fmt: skip
    assert [code for code, _ in settings.LANGUAGES] == ["zh-hans", "zh-hant", "en"]
