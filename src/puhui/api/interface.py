"""The interface itself: its routers, and one shape for everything that can be wrong.

Whatever is refused is answered by `{"faults": [{"where", "found", "expected", "remedy"}]}`, each fault named, and nothing was changed: 400
for a body that is no JSON, 401 without a key that holds, 403 for a role without the right, 404 for what is not there (or is somebody
else's), 422 for input that cannot be used.
"""

from __future__ import annotations

import json

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from puhui.api import acts, books, decisions, evidence, firms, loans, products, scores
from puhui.calculations.faults import Fault, FaultsError

DESCRIPTION = """What Puhui's pages do, for other programs: firms, evidence, decisions, loans, vouchers, alarms of scores.

Send a key as `Authorization: Bearer KEY`; `puhui api create-key` makes one. It acts in the name of a user and may do what that user may.
Amounts are whole numbers of fen, days ISO 8601. What changes something takes an `Idempotency-Key`: the same key again gives the same
answer and does nothing twice.
"""

interface = NinjaAPI(title="Puhui", version="1", description=DESCRIPTION, urls_namespace="api")
for address, router in (
    ("/firms", firms.router),
    ("/evidence", evidence.router),
    ("/products", products.router),
    ("/decisions", decisions.router),
    ("/loans", loans.router),
    ("/commands", acts.router),
    ("/vouchers", books.router),
    ("/scores", scores.router),
):
    interface.add_router(address, router)


def _refused(status: int, *faults: Fault) -> HttpResponse:
    body = json.dumps({"faults": [fault.as_dict() for fault in faults]}, ensure_ascii=False)
    return HttpResponse(body, status=status, content_type="application/json")


@interface.exception_handler(FaultsError)
def _faults(request: HttpRequest, error: FaultsError) -> HttpResponse:
    return _refused(422, *error.faults)


@interface.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What the shape of a request lacks; `where` is its path: body.amount_fen."""
    faults = [
        Fault(".".join(str(part) for part in each["loc"]), json.dumps(each.get("input"), ensure_ascii=False, default=str)[:60], each["msg"])
        for each in error.errors
    ]
    return _refused(422, *faults)


@interface.exception_handler(ObjectDoesNotExist)
@interface.exception_handler(Http404)
def _missing(request: HttpRequest, error: Exception) -> HttpResponse:
    return _refused(404, Fault(request.path, "nothing", "something that is there, and that this key's user may see"))


@interface.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: Exception) -> HttpResponse:
    expected = "`Authorization: Bearer KEY` with a key that holds"
    return _refused(401, Fault("Authorization", "no such key", expected, "`puhui api create-key` makes one."))


@interface.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: Exception) -> HttpResponse:
    user = request.user
    found = f"{getattr(user, 'role', '')}" or "a role without the right"
    return _refused(403, Fault(f"{request.method} {request.path}", found, "a key of a user who may"))


@interface.exception_handler(HttpError)
def _other(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _refused(error.status_code, Fault("request", str(error), "a request as the document describes it"))
