"""With DATABASE_URL Puhui works on a server of somebody else's; here the tests' own stands in for it."""

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

PUHUI = Path(sys.executable).with_name("puhui")
START = """
from puhui.site.commands.support import start_django
start_django()
from puhui.parties.models import Firm
print(Firm.objects.count())
"""


@pytest.fixture
def own_server(server, home):
    """The environment of a machine whose database is elsewhere: addresses of two roles, and the three keys."""
    name = f"own_{uuid4().hex[:12]}"
    server.create_database(name)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PUHUI_")}
    keys = {f"PUHUI_{key}_KEY": base64.b64encode(secrets.token_bytes(32)).decode() for key in ("ENCRYPTION", "BLIND_INDEX")}
    yield {
        **clean,
        **keys,
        "PUHUI_SECRET_KEY": secrets.token_hex(32),
        "PUHUI_HOME": str(home),
        "DATABASE_URL": server.dsn("puhui_app", name),
        "PUHUI_OWNER_DATABASE_URL": server.dsn("puhui_owner", name),
    }
    server.drop_database(name)


def _start(environ):
    return subprocess.run([sys.executable, "-c", START], env=environ, capture_output=True, text=True)


def test_tables_are_made_by_the_owner_and_used_by_the_application(own_server, home):
    run = _start(own_server)
    assert (run.returncode, run.stdout) == (0, "0\n"), run.stderr
    with psycopg.connect(own_server["DATABASE_URL"]) as application, pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute("DELETE FROM parties_auditrecord")
    assert list(home.iterdir()) == []  # no embedded server was made beside it
    doctor = subprocess.run([PUHUI, "doctor", "--json"], env=own_server, capture_output=True, text=True)
    states = {finding["what"]: finding["state"] for finding in json.loads(doctor.stdout)}
    assert doctor.returncode == 0
    assert states["DATABASE_URL"] == states["PUHUI_OWNER_DATABASE_URL"] == states["tables"] == states["append-only tables"] == "fine"


def test_two_programs_may_bring_the_tables_at_once(own_server):
    programs = [subprocess.Popen([sys.executable, "-c", START], env=own_server, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [program.communicate()[0] for program in programs] == ["0\n", "0\n"]


def test_keys_are_not_made_up_for_one_machine_of_many(own_server):
    del own_server["PUHUI_ENCRYPTION_KEY"], own_server["PUHUI_BLIND_INDEX_KEY"]
    run = _start(own_server)
    assert run.returncode != 0
    assert "PUHUI_ENCRYPTION_KEY: found nothing" in run.stderr and "PUHUI_BLIND_INDEX_KEY: found nothing" in run.stderr
