"""Names the folder to Django."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "puhui.api"
    default_auto_field = "django.db.models.BigAutoField"
