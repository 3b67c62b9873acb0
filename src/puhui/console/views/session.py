"""Signing in and out, the page a role starts on, and the plain error page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from puhui.console.access import START
from puhui.console.words import role_label


class SignIn(LoginView):
    """The sign-in page. It names the demonstration's accounts where the site was started as a demonstration, and only there."""

    template_name = "console/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = getattr(settings, "PUHUI_DEMO_ACCOUNTS", ())
        rows = [{"role": role_label(role), "username": username, "password": password} for role, username, password in accounts]
        return super().get_context_data(demo_accounts=rows, **kwargs)

    def get_success_url(self) -> str:
        return self.get_redirect_url() or reverse("console:home")

    def form_valid(self, form: Any) -> Any:
        """A person's own language stands for the first visit; afterwards the choice in the cookie counts."""
        response = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, form.get_user().language, max_age=settings.LANGUAGE_COOKIE_AGE,
                samesite="Lax", secure=self.request.is_secure(),
            )  # fmt: skip
        return response


class SignOut(LogoutView):
    """Ends the session (POST only)."""

    next_page = "console:sign_in"


def home(request: HttpRequest) -> HttpResponseBase:
    """Sends each role to the page where its work begins."""
    if not request.user.is_authenticated:
        return redirect("console:sign_in")
    if request.user.role not in START:
        raise PermissionDenied
    return redirect(START[request.user.role])
