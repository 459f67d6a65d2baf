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
