-- Values that money may rest on: what a run found is never changed, on SQLite.

CREATE TRIGGER ledger_player_value_update BEFORE UPDATE ON valuation_playervalue
BEGIN
  SELECT RAISE(ABORT, 'player_value_is_append_only: a stored value is never changed');
END;

CREATE TRIGGER ledger_player_value_delete BEFORE DELETE ON valuation_playervalue
BEGIN
  SELECT RAISE(ABORT, 'player_value_is_append_only: a stored value is never deleted');
END;

CREATE TRIGGER ledger_run_event_update BEFORE UPDATE ON valuation_runevent
BEGIN
  SELECT RAISE(ABORT, 'run_event_is_append_only: history is never changed');
END;

CREATE TRIGGER ledger_run_event_delete BEFORE DELETE ON valuation_runevent
BEGIN
  SELECT RAISE(ABORT, 'run_event_is_append_only: history is never deleted');
END;

CREATE TRIGGER ledger_shard_update BEFORE UPDATE ON valuation_shard
WHEN OLD.state = 'done'
BEGIN
  SELECT RAISE(ABORT, 'shard_done_is_final: a finished shard is never changed');
END;

CREATE TRIGGER ledger_shard_delete BEFORE DELETE ON valuation_shard
WHEN OLD.state = 'done'
BEGIN
  SELECT RAISE(ABORT, 'shard_done_is_final: a finished shard is never deleted');
END;

CREATE TRIGGER ledger_valuation_run_update BEFORE UPDATE ON valuation_valuationrun
WHEN OLD.values_digest <> '' AND (
  NEW.values_digest <> OLD.values_digest OR NEW.method <> OLD.method OR NEW.seed <> OLD.seed
  OR NEW.empty <> OLD.empty OR NEW.grand <> OLD.grand OR NEW.evaluations <> OLD.evaluations
  OR NEW.game_id <> OLD.game_id OR NEW.budget <> OLD.budget OR NEW.cutoff_at <> OLD.cutoff_at
  OR NEW.state NOT IN ('computed', 'reviewed', 'locked', 'superseded')
)
BEGIN
  SELECT RAISE(ABORT, 'valuation_run_values_are_final: a computed run keeps what it found');
END;

CREATE TRIGGER ledger_valuation_run_delete BEFORE DELETE ON valuation_valuationrun
WHEN OLD.values_digest <> ''
BEGIN
  SELECT RAISE(ABORT, 'valuation_run_values_are_final: a computed run is never deleted');
END;

CREATE TRIGGER ledger_valuation_run_insert BEFORE INSERT ON valuation_valuationrun
BEGIN
  SELECT RAISE(ABORT, 'valuation_run_is_never_replaced: the run exists')
  WHERE EXISTS (SELECT 1 FROM valuation_valuationrun WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_player_insert BEFORE INSERT ON valuation_player
BEGIN
  SELECT RAISE(ABORT, 'player_is_append_only: a player is never replaced')
  WHERE EXISTS (SELECT 1 FROM valuation_player WHERE id = NEW.id)
     OR EXISTS (
       SELECT 1 FROM valuation_player
       WHERE run_id = NEW.run_id AND ("index" = NEW."index" OR key = NEW.key)
     );
  SELECT RAISE(ABORT, 'valuation_run_values_are_final: a computed run takes no player more')
  WHERE (SELECT values_digest FROM valuation_valuationrun WHERE id = NEW.run_id) <> '';
END;

-- The label alone may change: an erasure takes a name out of it.
CREATE TRIGGER ledger_player_update BEFORE UPDATE ON valuation_player
WHEN OLD.id IS NOT NEW.id
  OR OLD.run_id IS NOT NEW.run_id
  OR OLD."index" IS NOT NEW."index"
  OR OLD.key IS NOT NEW.key
  OR OLD.data_digest IS NOT NEW.data_digest
  OR OLD.row_count IS NOT NEW.row_count
  OR OLD.batch_ids IS NOT NEW.batch_ids
BEGIN
  SELECT RAISE(ABORT, 'player_is_append_only: a player is never changed');
END;

CREATE TRIGGER ledger_player_delete BEFORE DELETE ON valuation_player
BEGIN
  SELECT RAISE(ABORT, 'player_is_append_only: a player is never deleted');
END;

CREATE TRIGGER ledger_player_member_insert BEFORE INSERT ON valuation_playermember
BEGIN
  SELECT RAISE(ABORT, 'player_member_is_append_only: a member is never replaced')
  WHERE EXISTS (SELECT 1 FROM valuation_playermember WHERE id = NEW.id)
     OR EXISTS (
       SELECT 1 FROM valuation_playermember
       WHERE player_id = NEW.player_id AND contributor_id = NEW.contributor_id
     );
  SELECT RAISE(ABORT, 'valuation_run_values_are_final: a computed run takes no member more')
  WHERE (
    SELECT run.values_digest FROM valuation_valuationrun AS run
    JOIN valuation_player AS player ON player.run_id = run.id WHERE player.id = NEW.player_id
  ) <> '';
END;

CREATE TRIGGER ledger_player_member_update BEFORE UPDATE ON valuation_playermember
BEGIN
  SELECT RAISE(ABORT, 'player_member_is_append_only: a member is never changed');
END;

CREATE TRIGGER ledger_player_member_delete BEFORE DELETE ON valuation_playermember
BEGIN
  SELECT RAISE(ABORT, 'player_member_is_append_only: a member is never deleted');
END;

CREATE TRIGGER ledger_player_value_insert BEFORE INSERT ON valuation_playervalue
BEGIN
  SELECT RAISE(ABORT, 'player_value_is_append_only: a stored value is never replaced')
  WHERE EXISTS (
    SELECT 1 FROM valuation_playervalue WHERE id = NEW.id OR player_id = NEW.player_id
  );
  SELECT RAISE(ABORT, 'valuation_run_values_are_final: a computed run takes no value more')
  WHERE (SELECT values_digest FROM valuation_valuationrun WHERE id = NEW.run_id) <> '';
END;

CREATE TRIGGER ledger_run_event_insert BEFORE INSERT ON valuation_runevent
BEGIN
  SELECT RAISE(ABORT, 'run_event_is_append_only: history is never replaced')
  WHERE EXISTS (SELECT 1 FROM valuation_runevent WHERE id = NEW.id)
     OR EXISTS (
       SELECT 1 FROM valuation_runevent WHERE run_id = NEW.run_id AND sequence = NEW.sequence
     );
END;

CREATE TRIGGER ledger_shard_insert BEFORE INSERT ON valuation_shard
BEGIN
  SELECT RAISE(ABORT, 'shard_done_is_final: a shard is never replaced')
  WHERE EXISTS (SELECT 1 FROM valuation_shard WHERE id = NEW.id)
     OR EXISTS (
       SELECT 1 FROM valuation_shard
       WHERE run_id = NEW.run_id AND round = NEW.round AND "index" = NEW."index"
     );
END;

-- The first to store a coalition is believed; whoever computed it too adds nothing.
CREATE TRIGGER ledger_coalition_utility_insert BEFORE INSERT ON valuation_coalitionutility
BEGIN
  SELECT RAISE(IGNORE) WHERE EXISTS (
    SELECT 1 FROM valuation_coalitionutility
    WHERE id = NEW.id OR (game_id = NEW.game_id AND digest = NEW.digest)
  );
END;

-- An erasure deletes what followed from erased rows; nothing changes what stays.
CREATE TRIGGER ledger_coalition_utility_update BEFORE UPDATE ON valuation_coalitionutility
BEGIN
  SELECT RAISE(ABORT, 'coalition_utility_is_never_changed: a stored utility is never changed');
END;
