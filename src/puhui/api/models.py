"""Keys of programs. A program acts in the name of a user and may do what that user's role may, nothing else."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import User


class ApiKey(models.Model):
    """One key of one program. Only a digest of it is kept: who has lost the key needs a new one."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100)  # which program, for people
    prefix = models.CharField(max_length=12, unique=True)  # the part of the key that may be shown
    digest = models.BinaryField(max_length=32)  # SHA-256 of the whole key
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)  # a day and not a moment: a busy program would otherwise write a row with each call

    def __str__(self) -> str:
        return f"{self.prefix} ({self.name})"
