-- What the database itself refuses, on PostgreSQL. `ledger_refuse` is in journal.sql.

CREATE OR REPLACE FUNCTION ledger_royalty_run_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'draft' THEN
    RAISE EXCEPTION 'royalty_run_starts_as_draft: every row begins in its first state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_royalty_run_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT transition_id FROM ledger_royalty_run_event WHERE run_id = NEW.id ORDER BY sequence DESC LIMIT 1)
     IS DISTINCT FROM 'royalty_run:' || OLD.state || '>' || NEW.state THEN
    RAISE EXCEPTION 'royalty_run_state_follows_its_event: no event allows this state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.state IN ('calculated', 'approved') AND (
    SELECT coalesce(sum(gross_minor), 0) FROM ledger_royalty_line WHERE run_id = NEW.id
  ) + NEW.fee_minor <> (SELECT amount_minor FROM ledger_pool WHERE id = NEW.pool_id) THEN
    RAISE EXCEPTION 'royalty_run_lines_sum_to_the_pool: fee and gross are not the pool'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.state = 'approved' AND EXISTS (
    SELECT 1 FROM ledger_royalty_line AS line
    JOIN contributors_contributor AS payee ON payee.id = line.contributor_id
    WHERE line.run_id = NEW.id AND payee.user_id = NEW.approved_by_id
  ) THEN
    RAISE EXCEPTION 'royalty_run_approver_is_not_paid: nobody approves a payment to themselves'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_royalty_run_insert BEFORE INSERT ON ledger_royalty_run
  FOR EACH ROW EXECUTE FUNCTION ledger_royalty_run_first();
CREATE TRIGGER ledger_royalty_run_fixed BEFORE UPDATE ON ledger_royalty_run
  FOR EACH ROW WHEN (
    OLD.id IS DISTINCT FROM NEW.id
    OR OLD.pool_id IS DISTINCT FROM NEW.pool_id
    OR OLD.valuation_run_id IS DISTINCT FROM NEW.valuation_run_id
    OR OLD.policy_id IS DISTINCT FROM NEW.policy_id
    OR OLD.policy_record IS DISTINCT FROM NEW.policy_record
    OR OLD.values_digest IS DISTINCT FROM NEW.values_digest
    OR OLD.empty IS DISTINCT FROM NEW.empty
    OR OLD.grand IS DISTINCT FROM NEW.grand
    OR OLD.fee_minor IS DISTINCT FROM NEW.fee_minor
    OR OLD.lines_hash IS DISTINCT FROM NEW.lines_hash
    OR OLD.decision_code IS DISTINCT FROM NEW.decision_code
    OR OLD.decision_sentence IS DISTINCT FROM NEW.decision_sentence
    OR OLD.created_by_id IS DISTINCT FROM NEW.created_by_id
    OR OLD.created_at IS DISTINCT FROM NEW.created_at
  ) EXECUTE FUNCTION ledger_refuse('royalty_run_is_immutable');
CREATE TRIGGER ledger_royalty_run_state BEFORE UPDATE ON ledger_royalty_run
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ledger_royalty_run_moved();
CREATE TRIGGER ledger_royalty_run_delete BEFORE DELETE ON ledger_royalty_run
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('royalty_run_is_never_deleted');
CREATE TRIGGER ledger_royalty_run_truncate BEFORE TRUNCATE ON ledger_royalty_run
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('royalty_run_is_never_deleted');

CREATE TRIGGER ledger_state_transition_change BEFORE UPDATE OR DELETE ON ledger_state_transition
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('state_transition_is_append_only');
CREATE TRIGGER ledger_state_transition_truncate BEFORE TRUNCATE ON ledger_state_transition
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('state_transition_is_append_only');

CREATE TRIGGER ledger_approval_change BEFORE UPDATE OR DELETE ON ledger_approval
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('approval_is_append_only');
CREATE TRIGGER ledger_approval_truncate BEFORE TRUNCATE ON ledger_approval
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('approval_is_append_only');

CREATE TRIGGER ledger_policy_version_change BEFORE UPDATE OR DELETE ON ledger_policy_version
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('policy_version_is_append_only');
CREATE TRIGGER ledger_policy_version_truncate BEFORE TRUNCATE ON ledger_policy_version
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('policy_version_is_append_only');

CREATE TRIGGER ledger_pool_change BEFORE UPDATE OR DELETE ON ledger_pool
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('pool_is_append_only');
CREATE TRIGGER ledger_pool_truncate BEFORE TRUNCATE ON ledger_pool
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('pool_is_append_only');

CREATE OR REPLACE FUNCTION ledger_royalty_run_event_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF substr(NEW.transition_id, 1, strpos(NEW.transition_id, '>')) IS DISTINCT FROM
     (SELECT 'royalty_run:' || state || '>' FROM ledger_royalty_run WHERE id = NEW.run_id) THEN
    RAISE EXCEPTION 'royalty_run_event_starts_from_the_state: the subject is in another state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id) THEN
    RAISE EXCEPTION 'royalty_run_event_is_an_allowed_transition: this state may not follow'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.sequence
     <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_royalty_run_event WHERE run_id = NEW.run_id) THEN
    RAISE EXCEPTION 'royalty_run_event_sequence_has_no_gap: not the next number'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_royalty_run_event_insert BEFORE INSERT ON ledger_royalty_run_event
  FOR EACH ROW EXECUTE FUNCTION ledger_royalty_run_event_check();
CREATE TRIGGER ledger_royalty_run_event_change BEFORE UPDATE OR DELETE ON ledger_royalty_run_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('royalty_run_event_is_append_only');
CREATE TRIGGER ledger_royalty_run_event_truncate BEFORE TRUNCATE ON ledger_royalty_run_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('royalty_run_event_is_append_only');

CREATE OR REPLACE FUNCTION ledger_royalty_line_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT state FROM ledger_royalty_run WHERE id = NEW.run_id) <> 'draft' THEN
    RAISE EXCEPTION 'royalty_line_belongs_to_a_draft: the run is calculated'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_royalty_line_insert BEFORE INSERT ON ledger_royalty_line
  FOR EACH ROW EXECUTE FUNCTION ledger_royalty_line_check();
CREATE TRIGGER ledger_royalty_line_change BEFORE UPDATE OR DELETE ON ledger_royalty_line
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('royalty_line_is_append_only');
CREATE TRIGGER ledger_royalty_line_truncate BEFORE TRUNCATE ON ledger_royalty_line
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('royalty_line_is_append_only');

CREATE TRIGGER ledger_holdback_change BEFORE UPDATE OR DELETE ON ledger_holdback
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('holdback_is_append_only');
CREATE TRIGGER ledger_holdback_truncate BEFORE TRUNCATE ON ledger_holdback
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('holdback_is_append_only');

CREATE TRIGGER ledger_holdback_release_change BEFORE UPDATE OR DELETE ON ledger_holdback_release
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('holdback_release_is_append_only');
CREATE TRIGGER ledger_holdback_release_truncate BEFORE TRUNCATE ON ledger_holdback_release
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('holdback_release_is_append_only');
