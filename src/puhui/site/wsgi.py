"""Entry for web servers: `puhui.site.wsgi:application`. Each worker holds the embedded server for as long as it lives."""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIHandler

from .commands.support import settle_in, start_django

__all__ = ["application"]

# The command that starts the workers has migrated before them.
start_django(migrate=False)
application = WSGIHandler()
settle_in()
