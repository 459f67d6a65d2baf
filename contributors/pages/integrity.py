"""The integrity board: who may be one, with the evidence, and what a reviewer decided."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import selectors
from contributors.models import OwnerLink, SuspectedPair
from contributors.roles import PersonRequest, action, page
from contributors.selectors.players import PlayerRecord
from contributors.selectors.programmes import ProgrammeRecord
from contributors.services.evidence import owner_link_decide, suspected_pair_decide

BINS = 20
PAIRS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One programme's pairs, how alike they are, and the clusters that came of it."""

    programme: ProgrammeRecord
    pairs: tuple[SuspectedPair, ...]
    counts: tuple[int, ...]
    players: tuple[PlayerRecord, ...]

    @property
    def clusters(self) -> tuple[PlayerRecord, ...]:
        """Players of more than one account."""
        return tuple(player for player in self.players if len(player.members) > 1)


@page("reviewer", "auditor")
def board(request: PersonRequest) -> HttpResponse:
    """Every opened programme's board, and the declared owner links."""
    programmes = selectors.programme_list_for(request.user)
    pairs = _pairs()
    links = OwnerLink.objects.select_related("contributor_low", "contributor_high").order_by("-id")
    context = {
        "boards": [_board(programme, pairs) for programme in programmes if programme.opened_at],
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


def _pairs() -> dict[Any, list[SuspectedPair]]:
    rows = SuspectedPair.objects.select_related("contributor_low", "contributor_high")
    found: dict[Any, list[SuspectedPair]] = {}
    for pair in rows.order_by("-score", "id"):
        found.setdefault(pair.programme_id, []).append(pair)
    return found


def _board(programme: ProgrammeRecord, pairs: dict[Any, list[SuspectedPair]]) -> Board:
    own = pairs.get(programme.id, [])
    counts = [0] * BINS
    for pair in own:
        counts[min(int(pair.score * BINS), BINS - 1)] += 1
    return Board(
        programme=programme,
        pairs=tuple(own[:PAIRS_SHOWN]),
        counts=tuple(counts),
        players=selectors.players_at(programme_id=programme.id, cutoff_at=timezone.now()),
    )
