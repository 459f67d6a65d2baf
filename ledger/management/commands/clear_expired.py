"""manage.py clear_expired: removes what is kept for a while only; the scheduler runs it daily."""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.utils import timezone
from knox.models import get_token_model

from contributors.models import IdempotentRequest

KEPT_DAYS = 30  # a client that repeats a request later than that should not


class Command(BaseCommand):
    help = "Remove ended sessions and tokens, and stored answers and failed log-ins after 30 days."

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        old = now - timedelta(days=KEPT_DAYS)
        expired = {
            "stored answers": IdempotentRequest.objects.filter(created_at__lt=old),
            "failed log-ins": AccessAttempt.objects.filter(attempt_time__lt=old),
            "sessions": Session.objects.filter(expire_date__lt=now),
            "tokens": get_token_model().objects.filter(expiry__lt=now),
        }
        for name, rows in expired.items():
            count, _ = rows.delete()
            if options["verbosity"]:
                self.stdout.write(f"{count} {name} removed.")
