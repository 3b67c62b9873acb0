"""Settings: read once, checked together, documented."""

import base64
import dataclasses
import re
from pathlib import Path

import pytest

from puhui.site.configuration import SETTINGS, Configuration, ConfigurationError, load, unknown_names
from puhui.site.postgresql.layout import default_home

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


def test_nothing_needs_to_be_set():
    configuration = load({})
    assert configuration.is_embedded and configuration.home == default_home()
    assert (configuration.host, configuration.port, configuration.language) == ("127.0.0.1", 8000, "zh-hans")
    assert configuration.anchor_file == default_home() / "anchors.jsonl"
    assert not configuration.debug and not configuration.https


def test_every_setting_can_be_set(tmp_path):
    configuration = load(
        {
            "PUHUI_HOME": str(tmp_path),
            "PUHUI_DATABASE": "county_7",
            "DATABASE_URL": "postgresql://app:p%40ss@db:5433/lending?sslmode=require",
            "PUHUI_OWNER_DATABASE_URL": "postgresql://owner@db/lending",
            "PUHUI_READER_DATABASE_URL": "postgres://reader@replica/lending",
            "PUHUI_SECRET_KEY": "s" * 50,
            "PUHUI_ENCRYPTION_KEY": KEY,
            "PUHUI_BLIND_INDEX_KEY": OTHER_KEY,
            "PUHUI_HOST": "0.0.0.0",
            "PUHUI_PORT": "443",
            "PUHUI_ALLOWED_HOSTS": "a.example, b.example,",
            "PUHUI_HTTPS": "Yes",
            "PUHUI_DEBUG": "0",
            "PUHUI_LANGUAGE": "EN",
            "PUHUI_CATALOGUE": str(tmp_path),
            "PUHUI_ANCHOR_FILE": "/mnt/witness/anchors.jsonl",
            "PUHUI_UPLOAD_LIMIT_MB": "5",
        }
    )
    assert not configuration.is_embedded and configuration.database == "county_7"
    assert configuration.encryption_key == bytes(range(32)) and configuration.blind_index_key == bytes(range(1, 33))
    assert configuration.allowed_hosts == ("a.example", "b.example")
    assert configuration.https and not configuration.debug and configuration.language == "en"
    assert configuration.catalogue == tmp_path and configuration.anchor_file == Path("/mnt/witness/anchors.jsonl")
    assert configuration.upload_limit_mb == 5
    assert "p%40ss" not in repr(configuration) and KEY not in repr(configuration)


WRONG = [
    ("PUHUI_PORT", "0", "1 to 65535"),
    ("PUHUI_PORT", "65536", "1 to 65535"),
    ("PUHUI_PORT", "８０００", "1 to 65535"),
    ("PUHUI_PORT", "8e3", "1 to 65535"),
    ("PUHUI_DEBUG", "maybe", "one of 1, 0"),
    ("PUHUI_LANGUAGE", "fr", "zh-hans, zh-hant, en"),
    ("PUHUI_ENCRYPTION_KEY", "not base64!", "32 bytes in base64"),
    ("PUHUI_ENCRYPTION_KEY", base64.b64encode(bytes(31)).decode(), "not 31"),
    ("PUHUI_SECRET_KEY", "short", "at least 50"),
    ("PUHUI_CATALOGUE", "/no/such/folder", "a folder that exists"),
    ("DATABASE_URL", "mysql://root@db/lending", "postgresql://"),
    ("DATABASE_URL", "postgresql://app@db", "postgresql://"),
    ("DATABASE_URL", "postgresql://app@db:99999/lending", "port"),
    ("PUHUI_DATABASE", "a-b", "letters, digits"),
    ("PUHUI_OWNER_DATABASE_URL", "postgresql://owner@db/lending", "DATABASE_URL set with it"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_value_is_named_with_what_was_expected(name, value, expected):
    with pytest.raises(ConfigurationError) as caught:
        load({name: value})
    (fault,) = caught.value.faults
    assert fault.where == name and expected in fault.expected


def test_all_faults_are_told_at_once_and_no_secret_is_shown():
    with pytest.raises(ConfigurationError) as caught:
        load({"PUHUI_PORT": "x", "PUHUI_HTTPS": "perhaps", "PUHUI_SECRET_KEY": "hunter2", "DATABASE_URL": "mysql://u:hunter2@h/d"})
    assert {fault.where for fault in caught.value.faults} == {"PUHUI_PORT", "PUHUI_HTTPS", "PUHUI_SECRET_KEY", "DATABASE_URL"}
    assert "hunter2" not in str(caught.value)


def test_one_key_is_not_used_for_two_purposes():
    with pytest.raises(ConfigurationError, match="PUHUI_BLIND_INDEX_KEY"):
        load({"PUHUI_ENCRYPTION_KEY": KEY, "PUHUI_BLIND_INDEX_KEY": KEY})


def test_an_empty_value_counts_as_not_set():
    assert load({setting.name: "  " for setting in SETTINGS}) == load({})


def test_names_that_mean_nothing_are_found():
    assert unknown_names({"PUHUI_PROT": "1", "PUHUI_PORT": "1", "PUHUI_REAL_DATA": "x", "HOME": "/"}) == ["PUHUI_PROT"]


def test_settings_and_configuration_are_the_same_list():
    assert [setting.field for setting in SETTINGS] == [field.name for field in dataclasses.fields(Configuration)]


def test_every_setting_is_documented_as_it_is():
    """docs/settings.md has one row for each setting and no other, with the same type, default and meaning."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    assert rows == [(setting.name, setting.kind, setting.default_text, setting.meaning) for setting in SETTINGS]


def test_nothing_else_reads_the_environment():
    """One place reads the environment; the few who hand it on, or read what is not Puhui's, are named here."""
    # Of sources of evidence the addresses and keys: which variables hold them is said in an institution's own descriptions.
    allowed = {
        "site/configuration.py",
        "site/postgresql/layout.py",
        "site/commands/support.py",
        "site/examination.py",
        "evidence/pulling/sources.py",
    }
    reading = {
        path.relative_to(ROOT / "src" / "puhui").as_posix()
        for path in (ROOT / "src" / "puhui").rglob("*.py")
        if re.search(r"\bos\.environ\b|\bos\.getenv\b|\benviron\.get\b", path.read_text())
    }
    assert reading <= allowed
