"""The terms under which a programme pays: the policy in force and the period that is open."""

import uuid
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from contributors.models import Programme
from contributors.roles import ANYONE, PersonRequest, page
from ledger.errors import NotFound
from ledger.models import Period, PolicyVersion, Pool


@page(*ANYONE)
def programme_terms(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """What is taken off, held and paid out, and which period a batch counts for now."""
    programme = Programme.objects.visible_to(request.user).filter(pk=programme_id).first()
    if programme is None:
        raise NotFound()
    context = {
        "programme": programme,
        "policy": policy_of(programme, on=timezone.now().date()),
        "period": Period.objects.filter(status=Period.Status.OPEN).order_by("starts_on").first(),
    }
    return render(request, "ledger/programme_terms.html", context)


def policy_of(programme: Programme, *, on: date) -> PolicyVersion | None:
    """Return the newest version in force of the policy that the programme's last pool had.

    Before its first pool: of any policy, for the reviewer has not chosen yet.
    """
    in_force = PolicyVersion.objects.filter(valid_from__lte=on).order_by("-valid_from", "-version")
    pool = Pool.objects.filter(programme=programme).select_related("policy").order_by("-id").first()
    return (in_force.filter(name=pool.policy.name) if pool else in_force).first()
