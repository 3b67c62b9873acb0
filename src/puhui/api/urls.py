"""Addresses of the interface; its document is `/api/v1/openapi.json`, to read at `/api/v1/docs`."""

from __future__ import annotations

from django.urls import path

from puhui.api.interface import interface

urlpatterns = [path("", interface.urls)]
