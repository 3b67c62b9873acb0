"""Addresses of the site. Each folder with pages or an interface has a `urls.py` of its own, included here."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("language/", include("django.conf.urls.i18n")),
    path("api/v1/", include("puhui.api.urls")),
    path("", include("puhui.console.urls")),
]
