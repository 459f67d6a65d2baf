"""The integrity board: who may be one, with the evidence, and what a reviewer decided."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import selectors
from contributors.models import Contributor, OwnerLink, SuspectedPair
from contributors.roles import PersonRequest, action, page
from contributors.selectors.players import PlayerRecord
from contributors.selectors.programmes import ProgrammeRecord
from contributors.services.evidence import owner_link_decide, suspected_pair_decide
from contributors.services.intake_stops import intake_resume, stopped_contributors

BINS = 20
PAIRS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One programme's pairs, how alike they are, and the clusters that came of it."""

    programme: ProgrammeRecord
    pairs: tuple[SuspectedPair, ...]
    counts: tuple[int, ...]
    players: tuple[PlayerRecord, ...]
    stopped: tuple[Contributor, ...]

    @property
    def clusters(self) -> tuple[PlayerRecord, ...]:
        """Players of more than one account."""
        return tuple(player for player in self.players if len(player.members) > 1)


@page("reviewer", "auditor")
def board(request: PersonRequest) -> HttpResponse:
    """One programme's board at a time, and the declared owner links."""
    opened = [p for p in selectors.programme_list_for(request.user) if p.opened_at]
    wanted = request.GET.get("programme", "")
    chosen = next((p for p in opened if str(p.id) == wanted), opened[0] if opened else None)
    links = OwnerLink.objects.select_related("contributor_low", "contributor_high").order_by("-id")
    context = {
        "programmes": opened,
        "board": board_of(chosen) if chosen else None,
        "links": list(links[:PAIRS_SHOWN]),
    }
    return render(request, "contributors/integrity.html", context)


@action("reviewer")
def pair_decide(request: PersonRequest, pair_id: uuid.UUID) -> HttpResponse:
    """The pair is one player, or it is not."""
    pair = suspected_pair_decide(
        pair_id=pair_id,
        confirmed=request.POST.get("decision") == "confirmed",
        reason=request.POST.get("reason", ""),
        actor=request.user,
        now=timezone.now(),
    )
    messages.success(request, f"The pair is {pair.state}.")
    return redirect("contributors:integrity")


@action("reviewer")
def link_decide(request: PersonRequest, link_id: uuid.UUID) -> HttpResponse:
    """The two accounts have one owner, or they have not."""
    link = owner_link_decide(
        link_id=link_id,
        verified=request.POST.get("decision") == "verified",
        reason=request.POST.get("reason", ""),
        actor=request.user,
        now=timezone.now(),
    )
    messages.success(request, f"The link is {link.state}.")
    return redirect("contributors:integrity")


@action("reviewer")
def intake_open(
    request: PersonRequest, programme_id: uuid.UUID, contributor_id: uuid.UUID
) -> HttpResponse:
    """The contributor may send files to the programme again."""
    who = {"programme_id": programme_id, "contributor_id": contributor_id}
    intake_resume(**who, actor=request.user, now=timezone.now())
    messages.success(request, "The intake is open again.")
    return redirect("contributors:integrity")


def board_of(programme: ProgrammeRecord) -> Board:
    """The programme's pairs, the most alike first, with their histogram. Seven queries."""
    rows = SuspectedPair.objects.filter(programme_id=programme.id)
    rows = rows.select_related("contributor_low", "contributor_high").order_by("-score", "id")
    pairs = tuple(rows[:PAIRS_SHOWN])
    counts = [0] * BINS
    for pair in pairs:
        counts[min(int(pair.score * BINS), BINS - 1)] += 1
    return Board(
        programme=programme,
        pairs=pairs,
        counts=tuple(counts),
        players=selectors.players_at(programme_id=programme.id, cutoff_at=timezone.now()),
        stopped=tuple(
            Contributor.objects.filter(pk__in=stopped_contributors(programme.id)).order_by("code")
        ),
    )
