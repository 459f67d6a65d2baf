"""The commands that run the system, each in this process."""

import socket
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from contributors.models import IdempotentRequest
from ledger.management.commands import schedule, serve

pytestmark = pytest.mark.django_db


def stored_answer(user, key: str, *, days_old: int) -> None:
    row = IdempotentRequest.objects.create(
        user=user, key=key, method="POST", path="/", request_sha256="0" * 64
    )
    at = timezone.now() - timedelta(days=days_old)
    IdempotentRequest.objects.filter(pk=row.pk).update(created_at=at)


def test_what_has_expired_is_removed_and_nothing_else(make_user):
    ann = make_user("ann")
    stored_answer(ann, "old", days_old=31)
    stored_answer(ann, "young", days_old=29)
    ended = timezone.now() - timedelta(seconds=1)
    Session.objects.create(session_key="ended", session_data="", expire_date=ended)
    later = timezone.now() + timedelta(days=1)
    Session.objects.create(session_key="running", session_data="", expire_date=later)
    call_command("clear_expired", verbosity=0)
    assert [row.key for row in IdempotentRequest.objects.all()] == ["young"]
    assert [row.session_key for row in Session.objects.all()] == ["running"]


def test_the_scheduler_sends_what_a_lost_message_left_behind(queue, monkeypatch):
    swept = []
    for name in schedule.SWEEPS:
        monkeypatch.setattr(f"{name}.fn", lambda name=name: swept.append(name))
    call_command("schedule", once=True)
    assert swept == list(schedule.SWEEPS)


def test_every_sweep_is_there_and_finds_nothing_in_an_empty_database(queue):
    call_command("schedule", once=True)
    assert all(each.empty() for each in queue.queues.values())


def test_a_taken_port_is_refused_with_a_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandError, match="Choose another --bind"):
            serve.refuse_taken(f"127.0.0.1:{other.getsockname()[1]}")


def test_serving_without_a_worker_is_refused():
    with pytest.raises(CommandError, match="At least one process"):
        call_command("serve", processes=0)
