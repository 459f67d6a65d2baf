-- What the database itself refuses, on PostgreSQL. `ledger_refuse` is in journal.sql.

CREATE OR REPLACE FUNCTION ledger_statement_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'issued' THEN
    RAISE EXCEPTION 'statement_starts_as_issued: every row begins in its first state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  -- As numbers are gapless and unique, the one before is there for the next one alone. Asking for
  -- the largest reads the whole series while the table has no statistics yet: a first large run.
  IF NEW.version = 1 AND NEW.sequence <> 1 AND NOT EXISTS (
    SELECT 1 FROM ledger_statement
    WHERE series_id = NEW.series_id AND sequence = NEW.sequence - 1
  ) THEN
    RAISE EXCEPTION 'statement_number_has_no_gap: not the next number'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.version > 1 AND NEW.version <> (
    SELECT coalesce(max(version), 0) + 1 FROM ledger_statement
    WHERE series_id = NEW.series_id AND sequence = NEW.sequence
  ) THEN
    RAISE EXCEPTION 'statement_version_has_no_gap: not the next version'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_statement_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT transition_id FROM ledger_statement_event WHERE statement_id = NEW.id ORDER BY sequence DESC LIMIT 1)
     IS DISTINCT FROM 'statement:' || OLD.state || '>' || NEW.state THEN
    RAISE EXCEPTION 'statement_state_follows_its_event: no event allows this state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_statement_insert BEFORE INSERT ON ledger_statement
  FOR EACH ROW EXECUTE FUNCTION ledger_statement_first();
CREATE TRIGGER ledger_statement_fixed BEFORE UPDATE ON ledger_statement
  FOR EACH ROW WHEN (
    OLD.id IS DISTINCT FROM NEW.id
    OR OLD.series_id IS DISTINCT FROM NEW.series_id
    OR OLD.sequence IS DISTINCT FROM NEW.sequence
    OR OLD.version IS DISTINCT FROM NEW.version
    OR OLD.number IS DISTINCT FROM NEW.number
    OR OLD.run_id IS DISTINCT FROM NEW.run_id
    OR OLD.contributor_id IS DISTINCT FROM NEW.contributor_id
    OR OLD.period_id IS DISTINCT FROM NEW.period_id
    OR OLD.currency IS DISTINCT FROM NEW.currency
    OR OLD.previous_id IS DISTINCT FROM NEW.previous_id
    OR OLD.supersedes_id IS DISTINCT FROM NEW.supersedes_id
    OR OLD.opening_minor IS DISTINCT FROM NEW.opening_minor
    OR OLD.paid_minor IS DISTINCT FROM NEW.paid_minor
    OR OLD.gross_minor IS DISTINCT FROM NEW.gross_minor
    OR OLD.debit_minor IS DISTINCT FROM NEW.debit_minor
    OR OLD.adjustment_minor IS DISTINCT FROM NEW.adjustment_minor
    OR OLD.disputed_minor IS DISTINCT FROM NEW.disputed_minor
    OR OLD.held_minor IS DISTINCT FROM NEW.held_minor
    OR OLD.holdback_minor IS DISTINCT FROM NEW.holdback_minor
    OR OLD.released_minor IS DISTINCT FROM NEW.released_minor
    OR OLD.recouped_minor IS DISTINCT FROM NEW.recouped_minor
    OR OLD.clawback_minor IS DISTINCT FROM NEW.clawback_minor
    OR OLD.closing_minor IS DISTINCT FROM NEW.closing_minor
    OR OLD.carried_minor IS DISTINCT FROM NEW.carried_minor
    OR OLD.due_minor IS DISTINCT FROM NEW.due_minor
    OR OLD.withholding_minor IS DISTINCT FROM NEW.withholding_minor
    OR OLD.net_minor IS DISTINCT FROM NEW.net_minor
    OR OLD.line_count IS DISTINCT FROM NEW.line_count
    OR OLD.record IS DISTINCT FROM NEW.record
    OR OLD.record_sha256 IS DISTINCT FROM NEW.record_sha256
    OR OLD.chain_seq IS DISTINCT FROM NEW.chain_seq
    OR OLD.chain_head IS DISTINCT FROM NEW.chain_head
    OR OLD.issued_at IS DISTINCT FROM NEW.issued_at
    OR OLD.dispute_until IS DISTINCT FROM NEW.dispute_until
  ) EXECUTE FUNCTION ledger_refuse('statement_is_immutable');
CREATE TRIGGER ledger_statement_state BEFORE UPDATE ON ledger_statement
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ledger_statement_moved();
CREATE TRIGGER ledger_statement_delete BEFORE DELETE ON ledger_statement
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('statement_is_never_deleted');
CREATE TRIGGER ledger_statement_truncate BEFORE TRUNCATE ON ledger_statement
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('statement_is_never_deleted');

CREATE OR REPLACE FUNCTION ledger_dispute_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'open' THEN
    RAISE EXCEPTION 'dispute_starts_as_open: every row begins in its first state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_dispute_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT transition_id FROM ledger_dispute_event WHERE dispute_id = NEW.id ORDER BY sequence DESC LIMIT 1)
     IS DISTINCT FROM 'dispute:' || OLD.state || '>' || NEW.state THEN
    RAISE EXCEPTION 'dispute_state_follows_its_event: no event allows this state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_dispute_insert BEFORE INSERT ON ledger_dispute
  FOR EACH ROW EXECUTE FUNCTION ledger_dispute_first();
CREATE TRIGGER ledger_dispute_fixed BEFORE UPDATE ON ledger_dispute
  FOR EACH ROW WHEN (
    OLD.id IS DISTINCT FROM NEW.id
    OR OLD.statement_id IS DISTINCT FROM NEW.statement_id
    OR OLD.kind IS DISTINCT FROM NEW.kind
    OR OLD.currency IS DISTINCT FROM NEW.currency
    OR OLD.amount_minor IS DISTINCT FROM NEW.amount_minor
    OR OLD.held_minor IS DISTINCT FROM NEW.held_minor
    OR OLD.hold_entry_id IS DISTINCT FROM NEW.hold_entry_id
    OR OLD.opened_by_id IS DISTINCT FROM NEW.opened_by_id
    OR OLD.opened_at IS DISTINCT FROM NEW.opened_at
    OR OLD.answer_due_on IS DISTINCT FROM NEW.answer_due_on
  ) EXECUTE FUNCTION ledger_refuse('dispute_is_immutable');
CREATE TRIGGER ledger_dispute_state BEFORE UPDATE ON ledger_dispute
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ledger_dispute_moved();
CREATE TRIGGER ledger_dispute_delete BEFORE DELETE ON ledger_dispute
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('dispute_is_never_deleted');
CREATE TRIGGER ledger_dispute_truncate BEFORE TRUNCATE ON ledger_dispute
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('dispute_is_never_deleted');

CREATE OR REPLACE FUNCTION ledger_statement_event_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF substr(NEW.transition_id, 1, strpos(NEW.transition_id, '>')) IS DISTINCT FROM
     (SELECT 'statement:' || state || '>' FROM ledger_statement WHERE id = NEW.statement_id) THEN
    RAISE EXCEPTION 'statement_event_starts_from_the_state: the subject is in another state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id) THEN
    RAISE EXCEPTION 'statement_event_is_an_allowed_transition: this state may not follow'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.sequence
     <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_statement_event WHERE statement_id = NEW.statement_id) THEN
    RAISE EXCEPTION 'statement_event_sequence_has_no_gap: not the next number'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_statement_event_insert BEFORE INSERT ON ledger_statement_event
  FOR EACH ROW EXECUTE FUNCTION ledger_statement_event_check();
CREATE TRIGGER ledger_statement_event_change BEFORE UPDATE OR DELETE ON ledger_statement_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('statement_event_is_append_only');
CREATE TRIGGER ledger_statement_event_truncate BEFORE TRUNCATE ON ledger_statement_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('statement_event_is_append_only');

CREATE OR REPLACE FUNCTION ledger_statement_line_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.position NOT BETWEEN 1 AND (
    SELECT line_count FROM ledger_statement WHERE id = NEW.statement_id
  ) THEN
    RAISE EXCEPTION 'statement_line_is_counted: the statement has no such line'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_statement_line_insert BEFORE INSERT ON ledger_statement_line
  FOR EACH ROW EXECUTE FUNCTION ledger_statement_line_check();
CREATE TRIGGER ledger_statement_line_change BEFORE UPDATE OR DELETE ON ledger_statement_line
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('statement_line_is_append_only');
CREATE TRIGGER ledger_statement_line_truncate BEFORE TRUNCATE ON ledger_statement_line
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('statement_line_is_append_only');

CREATE TRIGGER ledger_statement_file_change BEFORE UPDATE OR DELETE ON ledger_statement_file
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('statement_file_is_append_only');
CREATE TRIGGER ledger_statement_file_truncate BEFORE TRUNCATE ON ledger_statement_file
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('statement_file_is_append_only');

CREATE OR REPLACE FUNCTION ledger_dispute_event_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF substr(NEW.transition_id, 1, strpos(NEW.transition_id, '>')) IS DISTINCT FROM
     (SELECT 'dispute:' || state || '>' FROM ledger_dispute WHERE id = NEW.dispute_id) THEN
    RAISE EXCEPTION 'dispute_event_starts_from_the_state: the subject is in another state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id) THEN
    RAISE EXCEPTION 'dispute_event_is_an_allowed_transition: this state may not follow'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.sequence
     <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_dispute_event WHERE dispute_id = NEW.dispute_id) THEN
    RAISE EXCEPTION 'dispute_event_sequence_has_no_gap: not the next number'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_dispute_event_insert BEFORE INSERT ON ledger_dispute_event
  FOR EACH ROW EXECUTE FUNCTION ledger_dispute_event_check();
CREATE TRIGGER ledger_dispute_event_change BEFORE UPDATE OR DELETE ON ledger_dispute_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('dispute_event_is_append_only');
CREATE TRIGGER ledger_dispute_event_truncate BEFORE TRUNCATE ON ledger_dispute_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('dispute_event_is_append_only');

CREATE TRIGGER ledger_dispute_message_change BEFORE UPDATE OR DELETE ON ledger_dispute_message
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('dispute_message_is_append_only');
CREATE TRIGGER ledger_dispute_message_truncate BEFORE TRUNCATE ON ledger_dispute_message
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('dispute_message_is_append_only');
