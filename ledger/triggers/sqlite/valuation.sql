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
