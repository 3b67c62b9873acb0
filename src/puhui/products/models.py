"""Product, parameter and strategy texts as they stood when a decision used them.

Files in the catalogue may be edited or removed later; a decision must replay all the same. So every text that a decision rests on
is kept here once, under the hash of its canonical form.
"""

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY


class StoredDocument(models.Model):
    digest = models.CharField(max_length=64, primary_key=True)  # sha-256 of the canonical JSON (RFC 8785)
    kind = models.CharField(max_length=24)  # product, parameters
    name = models.CharField(max_length=100)
    body = models.JSONField()
    stored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


from puhui.products import strategy_models  # noqa: E402, F401  Django finds an app's tables here
