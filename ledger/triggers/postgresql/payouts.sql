-- What the database itself refuses, on PostgreSQL. `ledger_refuse` is in journal.sql.

CREATE OR REPLACE FUNCTION ledger_payout_batch_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'draft' THEN
    RAISE EXCEPTION 'payout_batch_starts_as_draft: every row begins in its first state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_payout_batch_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT transition_id FROM ledger_payout_batch_event WHERE batch_id = NEW.id ORDER BY sequence DESC LIMIT 1)
     IS DISTINCT FROM 'payout_batch:' || OLD.state || '>' || NEW.state THEN
    RAISE EXCEPTION 'payout_batch_state_follows_its_event: no event allows this state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.state = 'approved' AND EXISTS (
    SELECT 1 FROM ledger_payout AS payout
    JOIN contributors_contributor AS payee ON payee.id = payout.contributor_id
    WHERE payout.batch_id = NEW.id AND payout.state <> 'cancelled'
      AND payee.user_id = NEW.approved_by_id
  ) THEN
    RAISE EXCEPTION 'payout_batch_approver_is_not_paid: nobody approves a payment to themselves'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.state = 'exported' AND NEW.state = 'cancelled' AND NOT EXISTS (
    SELECT 1 FROM ledger_approval AS signed
    WHERE signed.subject_type = 'payout_batch' AND signed.subject_id = NEW.id
      AND signed.subject_hash = NEW.lines_hash AND signed.decision = 'rejected'
      AND signed.approver_id NOT IN (NEW.prepared_by_id, NEW.submitted_by_id)
  ) THEN
    RAISE EXCEPTION 'payout_batch_in_a_file_is_cancelled_by_another: its file could still be paid'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_payout_batch_insert BEFORE INSERT ON ledger_payout_batch
  FOR EACH ROW EXECUTE FUNCTION ledger_payout_batch_first();
CREATE TRIGGER ledger_payout_batch_fixed BEFORE UPDATE ON ledger_payout_batch
  FOR EACH ROW WHEN (
    OLD.id IS DISTINCT FROM NEW.id
    OR OLD.code IS DISTINCT FROM NEW.code
    OR OLD.rail IS DISTINCT FROM NEW.rail
    OR OLD.bank IS DISTINCT FROM NEW.bank
    OR OLD.currency IS DISTINCT FROM NEW.currency
    OR OLD.pay_on IS DISTINCT FROM NEW.pay_on
    OR OLD.prepared_by_id IS DISTINCT FROM NEW.prepared_by_id
    OR OLD.created_at IS DISTINCT FROM NEW.created_at
  ) EXECUTE FUNCTION ledger_refuse('payout_batch_is_immutable');
CREATE TRIGGER ledger_payout_batch_state BEFORE UPDATE ON ledger_payout_batch
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ledger_payout_batch_moved();
CREATE TRIGGER ledger_payout_batch_delete BEFORE DELETE ON ledger_payout_batch
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('payout_batch_is_never_deleted');
CREATE TRIGGER ledger_payout_batch_truncate BEFORE TRUNCATE ON ledger_payout_batch
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('payout_batch_is_never_deleted');

CREATE OR REPLACE FUNCTION ledger_payout_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'eligible' THEN
    RAISE EXCEPTION 'payout_starts_as_eligible: every row begins in its first state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (SELECT state FROM ledger_payout_batch WHERE id = NEW.batch_id) <> 'draft' THEN
    RAISE EXCEPTION 'payout_belongs_to_a_draft: the batch is submitted'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_payout_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT transition_id FROM ledger_payout_event WHERE payout_id = NEW.id ORDER BY sequence DESC LIMIT 1)
     IS DISTINCT FROM 'payout:' || OLD.state || '>' || NEW.state THEN
    RAISE EXCEPTION 'payout_state_follows_its_event: no event allows this state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_payout_insert BEFORE INSERT ON ledger_payout
  FOR EACH ROW EXECUTE FUNCTION ledger_payout_first();
CREATE TRIGGER ledger_payout_fixed BEFORE UPDATE ON ledger_payout
  FOR EACH ROW WHEN (
    OLD.id IS DISTINCT FROM NEW.id
    OR OLD.batch_id IS DISTINCT FROM NEW.batch_id
    OR OLD.position IS DISTINCT FROM NEW.position
    OR OLD.contributor_id IS DISTINCT FROM NEW.contributor_id
    OR OLD.advance_id IS DISTINCT FROM NEW.advance_id
    OR OLD.currency IS DISTINCT FROM NEW.currency
    OR OLD.gross_minor IS DISTINCT FROM NEW.gross_minor
    OR OLD.withholding_bp IS DISTINCT FROM NEW.withholding_bp
    OR OLD.withholding_minor IS DISTINCT FROM NEW.withholding_minor
    OR OLD.net_minor IS DISTINCT FROM NEW.net_minor
    OR OLD.tax IS DISTINCT FROM NEW.tax
    OR OLD.account_digest IS DISTINCT FROM NEW.account_digest
    OR OLD.account_masked IS DISTINCT FROM NEW.account_masked
  ) EXECUTE FUNCTION ledger_refuse('payout_is_immutable');
CREATE TRIGGER ledger_payout_state BEFORE UPDATE ON ledger_payout
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ledger_payout_moved();
CREATE TRIGGER ledger_payout_delete BEFORE DELETE ON ledger_payout
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('payout_is_never_deleted');
CREATE TRIGGER ledger_payout_truncate BEFORE TRUNCATE ON ledger_payout
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('payout_is_never_deleted');

CREATE TRIGGER ledger_advance_change BEFORE UPDATE OR DELETE ON ledger_advance
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('advance_is_append_only');
CREATE TRIGGER ledger_advance_truncate BEFORE TRUNCATE ON ledger_advance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('advance_is_append_only');

CREATE TRIGGER ledger_bank_message_change BEFORE UPDATE OR DELETE ON ledger_bank_message
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('bank_message_is_append_only');
CREATE TRIGGER ledger_bank_message_truncate BEFORE TRUNCATE ON ledger_bank_message
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('bank_message_is_append_only');

CREATE OR REPLACE FUNCTION ledger_payout_batch_event_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF substr(NEW.transition_id, 1, strpos(NEW.transition_id, '>')) IS DISTINCT FROM
     (SELECT 'payout_batch:' || state || '>' FROM ledger_payout_batch WHERE id = NEW.batch_id) THEN
    RAISE EXCEPTION 'payout_batch_event_starts_from_the_state: the subject is in another state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id) THEN
    RAISE EXCEPTION 'payout_batch_event_is_an_allowed_transition: this state may not follow'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.sequence
     <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_payout_batch_event WHERE batch_id = NEW.batch_id) THEN
    RAISE EXCEPTION 'payout_batch_event_sequence_has_no_gap: not the next number'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_payout_batch_event_insert BEFORE INSERT ON ledger_payout_batch_event
  FOR EACH ROW EXECUTE FUNCTION ledger_payout_batch_event_check();
CREATE TRIGGER ledger_payout_batch_event_change BEFORE UPDATE OR DELETE ON ledger_payout_batch_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('payout_batch_event_is_append_only');
CREATE TRIGGER ledger_payout_batch_event_truncate BEFORE TRUNCATE ON ledger_payout_batch_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('payout_batch_event_is_append_only');

CREATE OR REPLACE FUNCTION ledger_payout_event_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF substr(NEW.transition_id, 1, strpos(NEW.transition_id, '>')) IS DISTINCT FROM
     (SELECT 'payout:' || state || '>' FROM ledger_payout WHERE id = NEW.payout_id) THEN
    RAISE EXCEPTION 'payout_event_starts_from_the_state: the subject is in another state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id) THEN
    RAISE EXCEPTION 'payout_event_is_an_allowed_transition: this state may not follow'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.sequence
     <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_payout_event WHERE payout_id = NEW.payout_id) THEN
    RAISE EXCEPTION 'payout_event_sequence_has_no_gap: not the next number'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_payout_event_insert BEFORE INSERT ON ledger_payout_event
  FOR EACH ROW EXECUTE FUNCTION ledger_payout_event_check();
CREATE TRIGGER ledger_payout_event_change BEFORE UPDATE OR DELETE ON ledger_payout_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('payout_event_is_append_only');
CREATE TRIGGER ledger_payout_event_truncate BEFORE TRUNCATE ON ledger_payout_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('payout_event_is_append_only');
