"""The console: pages for the officers of an institution, and for borrowers on a phone."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages only: it owns no table, reads through the queries of the business folders and acts through their actions."""

    name = "puhui.console"
    label = "console"
