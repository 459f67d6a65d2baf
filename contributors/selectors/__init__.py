"""What others may read of contributors: frozen records, never models."""

from contributors.selectors.batches import (
    BatchReceipt,
    RowIssueRecord,
    batch_list_for,
    batch_receipt,
    contributors_who_left,
)
from contributors.selectors.evidence import alike_groups
from contributors.selectors.games import (
    GameData,
    TextData,
    WorkRecord,
    game_data,
    has_sealed_set,
    text_data,
    validation_data,
    validation_digest,
    validation_row_count,
    work_list,
)
from contributors.selectors.players import PlayerMember, PlayerRecord, is_any_erased, players_at
from contributors.selectors.programmes import (
    ProgrammeRecord,
    programme_get,
    programme_list_for,
)

__all__ = [
    "BatchReceipt",
    "GameData",
    "PlayerMember",
    "PlayerRecord",
    "ProgrammeRecord",
    "RowIssueRecord",
    "TextData",
    "WorkRecord",
    "alike_groups",
    "batch_list_for",
    "batch_receipt",
    "contributors_who_left",
    "game_data",
    "has_sealed_set",
    "is_any_erased",
    "players_at",
    "programme_get",
    "programme_list_for",
    "text_data",
    "validation_data",
    "validation_digest",
    "validation_row_count",
    "work_list",
]
