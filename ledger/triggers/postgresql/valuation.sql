-- Values that money may rest on: what a run found is never changed, on PostgreSQL.

CREATE TRIGGER ledger_player_value_update BEFORE UPDATE OR DELETE ON valuation_playervalue
FOR EACH ROW EXECUTE FUNCTION ledger_refuse('player_value_is_append_only');

CREATE TRIGGER ledger_player_value_truncate BEFORE TRUNCATE ON valuation_playervalue
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('player_value_is_append_only');

CREATE TRIGGER ledger_run_event_update BEFORE UPDATE OR DELETE ON valuation_runevent
FOR EACH ROW EXECUTE FUNCTION ledger_refuse('run_event_is_append_only');

CREATE TRIGGER ledger_run_event_truncate BEFORE TRUNCATE ON valuation_runevent
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('run_event_is_append_only');

CREATE TRIGGER ledger_shard_update BEFORE UPDATE OR DELETE ON valuation_shard
FOR EACH ROW WHEN (OLD.state = 'done')
EXECUTE FUNCTION ledger_refuse('shard_done_is_final');

CREATE TRIGGER ledger_valuation_run_update BEFORE UPDATE ON valuation_valuationrun
FOR EACH ROW WHEN (
  OLD.values_digest <> '' AND (
    NEW.values_digest <> OLD.values_digest OR NEW.method <> OLD.method OR NEW.seed <> OLD.seed
    OR NEW.empty <> OLD.empty OR NEW.grand <> OLD.grand OR NEW.evaluations <> OLD.evaluations
    OR NEW.game_id <> OLD.game_id OR NEW.budget <> OLD.budget OR NEW.cutoff_at <> OLD.cutoff_at
    OR NEW.state NOT IN ('computed', 'reviewed', 'locked', 'superseded')
  )
)
EXECUTE FUNCTION ledger_refuse('valuation_run_values_are_final');

CREATE TRIGGER ledger_valuation_run_delete BEFORE DELETE ON valuation_valuationrun
FOR EACH ROW WHEN (OLD.values_digest <> '')
EXECUTE FUNCTION ledger_refuse('valuation_run_values_are_final');

CREATE OR REPLACE FUNCTION ledger_values_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  run uuid;
BEGIN
  IF TG_TABLE_NAME = 'valuation_playermember' THEN
    SELECT run_id INTO run FROM valuation_player WHERE id = NEW.player_id;
  ELSE
    run := NEW.run_id;
  END IF;
  IF (SELECT values_digest FROM valuation_valuationrun WHERE id = run) <> '' THEN
    RAISE EXCEPTION 'valuation_run_values_are_final: a computed run takes no more of %', TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_player_insert BEFORE INSERT ON valuation_player
FOR EACH ROW EXECUTE FUNCTION ledger_values_final();
-- The label alone may change: an erasure takes a name out of it.
CREATE TRIGGER ledger_player_update BEFORE UPDATE ON valuation_player
FOR EACH ROW WHEN (
  OLD.id IS DISTINCT FROM NEW.id
  OR OLD.run_id IS DISTINCT FROM NEW.run_id
  OR OLD."index" IS DISTINCT FROM NEW."index"
  OR OLD.key IS DISTINCT FROM NEW.key
  OR OLD.data_digest IS DISTINCT FROM NEW.data_digest
  OR OLD.row_count IS DISTINCT FROM NEW.row_count
  OR OLD.batch_ids IS DISTINCT FROM NEW.batch_ids
)
EXECUTE FUNCTION ledger_refuse('player_is_append_only');
CREATE TRIGGER ledger_player_delete BEFORE DELETE ON valuation_player
FOR EACH ROW EXECUTE FUNCTION ledger_refuse('player_is_append_only');
CREATE TRIGGER ledger_player_truncate BEFORE TRUNCATE ON valuation_player
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('player_is_append_only');

CREATE TRIGGER ledger_player_member_insert BEFORE INSERT ON valuation_playermember
FOR EACH ROW EXECUTE FUNCTION ledger_values_final();
CREATE TRIGGER ledger_player_member_update BEFORE UPDATE OR DELETE ON valuation_playermember
FOR EACH ROW EXECUTE FUNCTION ledger_refuse('player_member_is_append_only');
CREATE TRIGGER ledger_player_member_truncate BEFORE TRUNCATE ON valuation_playermember
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('player_member_is_append_only');

CREATE TRIGGER ledger_player_value_insert BEFORE INSERT ON valuation_playervalue
FOR EACH ROW EXECUTE FUNCTION ledger_values_final();

-- An erasure deletes what followed from erased rows; nothing changes what stays.
CREATE TRIGGER ledger_coalition_utility_update BEFORE UPDATE ON valuation_coalitionutility
FOR EACH ROW EXECUTE FUNCTION ledger_refuse('coalition_utility_is_never_changed');
