-- What the database itself refuses, on SQLite. Every message begins with the rule's name.

CREATE TRIGGER ledger_payout_batch_insert BEFORE INSERT ON ledger_payout_batch
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_payout_batch WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_payout_batch WHERE code = NEW.code)
     OR EXISTS (SELECT 1 FROM ledger_payout_batch WHERE approval_id = NEW.approval_id);
  SELECT RAISE(ABORT, 'payout_batch_starts_as_draft: every row begins in its first state')
  WHERE NEW.state <> 'draft';
END;

CREATE TRIGGER ledger_payout_batch_fixed BEFORE UPDATE ON ledger_payout_batch
WHEN OLD.id IS NOT NEW.id
  OR OLD.code IS NOT NEW.code
  OR OLD.rail IS NOT NEW.rail
  OR OLD.bank IS NOT NEW.bank
  OR OLD.currency IS NOT NEW.currency
  OR OLD.pay_on IS NOT NEW.pay_on
  OR OLD.prepared_by_id IS NOT NEW.prepared_by_id
  OR OLD.created_at IS NOT NEW.created_at
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_is_immutable: only its state moves on');
END;

CREATE TRIGGER ledger_payout_batch_state BEFORE UPDATE ON ledger_payout_batch
WHEN OLD.state IS NOT NEW.state
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_state_follows_its_event: no event allows this state')
  WHERE (
    SELECT transition_id FROM ledger_payout_batch_event WHERE batch_id = NEW.id ORDER BY sequence DESC LIMIT 1
  ) IS NOT 'payout_batch:' || OLD.state || '>' || NEW.state;
  SELECT RAISE(ABORT, 'payout_batch_approver_is_not_paid: nobody approves a payment to themselves')
  WHERE NEW.state = 'approved' AND EXISTS (
    SELECT 1 FROM ledger_payout AS payout
    JOIN contributors_contributor AS payee ON payee.id = payout.contributor_id
    WHERE payout.batch_id = NEW.id AND payout.state <> 'cancelled'
      AND payee.user_id = NEW.approved_by_id
  );
  SELECT RAISE(ABORT, 'payout_batch_in_a_file_is_cancelled_by_another: its file could still be paid')
  WHERE OLD.state = 'exported' AND NEW.state = 'cancelled' AND NOT EXISTS (
    SELECT 1 FROM ledger_approval AS signed
    WHERE signed.subject_type = 'payout_batch' AND signed.subject_id = NEW.id
      AND signed.subject_hash = NEW.lines_hash AND signed.decision = 'rejected'
      AND signed.approver_id NOT IN (NEW.prepared_by_id, NEW.submitted_by_id)
  );
END;

CREATE TRIGGER ledger_payout_batch_delete BEFORE DELETE ON ledger_payout_batch
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_is_never_deleted: rows stay');
END;

CREATE TRIGGER ledger_payout_insert BEFORE INSERT ON ledger_payout
BEGIN
  SELECT RAISE(ABORT, 'payout_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_payout WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_payout WHERE batch_id = NEW.batch_id AND position = NEW.position);
  SELECT RAISE(ABORT, 'payout_starts_as_eligible: every row begins in its first state')
  WHERE NEW.state <> 'eligible';
  SELECT RAISE(ABORT, 'payout_belongs_to_a_draft: the batch is submitted')
  WHERE (SELECT state FROM ledger_payout_batch WHERE id = NEW.batch_id) <> 'draft';
END;

CREATE TRIGGER ledger_payout_fixed BEFORE UPDATE ON ledger_payout
WHEN OLD.id IS NOT NEW.id
  OR OLD.batch_id IS NOT NEW.batch_id
  OR OLD.position IS NOT NEW.position
  OR OLD.contributor_id IS NOT NEW.contributor_id
  OR OLD.advance_id IS NOT NEW.advance_id
  OR OLD.currency IS NOT NEW.currency
  OR OLD.gross_minor IS NOT NEW.gross_minor
  OR OLD.withholding_bp IS NOT NEW.withholding_bp
  OR OLD.withholding_minor IS NOT NEW.withholding_minor
  OR OLD.net_minor IS NOT NEW.net_minor
  OR OLD.tax IS NOT NEW.tax
  OR OLD.account_digest IS NOT NEW.account_digest
  OR OLD.account_masked IS NOT NEW.account_masked
BEGIN
  SELECT RAISE(ABORT, 'payout_is_immutable: only its state moves on');
END;

CREATE TRIGGER ledger_payout_state BEFORE UPDATE ON ledger_payout
WHEN OLD.state IS NOT NEW.state
BEGIN
  SELECT RAISE(ABORT, 'payout_state_follows_its_event: no event allows this state')
  WHERE (
    SELECT transition_id FROM ledger_payout_event WHERE payout_id = NEW.id ORDER BY sequence DESC LIMIT 1
  ) IS NOT 'payout:' || OLD.state || '>' || NEW.state;
END;

CREATE TRIGGER ledger_payout_delete BEFORE DELETE ON ledger_payout
BEGIN
  SELECT RAISE(ABORT, 'payout_is_never_deleted: rows stay');
END;

CREATE TRIGGER ledger_advance_insert BEFORE INSERT ON ledger_advance
BEGIN
  SELECT RAISE(ABORT, 'advance_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_advance WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_advance_update BEFORE UPDATE ON ledger_advance
BEGIN
  SELECT RAISE(ABORT, 'advance_is_append_only: never changed');
END;

CREATE TRIGGER ledger_advance_delete BEFORE DELETE ON ledger_advance
BEGIN
  SELECT RAISE(ABORT, 'advance_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_bank_message_insert BEFORE INSERT ON ledger_bank_message
BEGIN
  SELECT RAISE(ABORT, 'bank_message_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_bank_message WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_bank_message WHERE sha256 = NEW.sha256);
END;

CREATE TRIGGER ledger_bank_message_update BEFORE UPDATE ON ledger_bank_message
BEGIN
  SELECT RAISE(ABORT, 'bank_message_is_append_only: never changed');
END;

CREATE TRIGGER ledger_bank_message_delete BEFORE DELETE ON ledger_bank_message
BEGIN
  SELECT RAISE(ABORT, 'bank_message_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_payout_batch_event_insert BEFORE INSERT ON ledger_payout_batch_event
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_event_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_payout_batch_event WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_payout_batch_event WHERE batch_id = NEW.batch_id AND sequence = NEW.sequence);
  SELECT RAISE(ABORT, 'payout_batch_event_starts_from_the_state: the subject is in another state')
  WHERE substr(NEW.transition_id, 1, instr(NEW.transition_id, '>'))
    IS NOT (SELECT 'payout_batch:' || state || '>' FROM ledger_payout_batch WHERE id = NEW.batch_id);
  SELECT RAISE(ABORT, 'payout_batch_event_is_an_allowed_transition: this state may not follow')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id);
  SELECT RAISE(ABORT, 'payout_batch_event_sequence_has_no_gap: not the next number')
  WHERE NEW.sequence
    <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_payout_batch_event WHERE batch_id = NEW.batch_id);
END;

CREATE TRIGGER ledger_payout_batch_event_update BEFORE UPDATE ON ledger_payout_batch_event
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_event_is_append_only: never changed');
END;

CREATE TRIGGER ledger_payout_batch_event_delete BEFORE DELETE ON ledger_payout_batch_event
BEGIN
  SELECT RAISE(ABORT, 'payout_batch_event_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_payout_event_insert BEFORE INSERT ON ledger_payout_event
BEGIN
  SELECT RAISE(ABORT, 'payout_event_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_payout_event WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_payout_event WHERE payout_id = NEW.payout_id AND sequence = NEW.sequence);
  SELECT RAISE(ABORT, 'payout_event_starts_from_the_state: the subject is in another state')
  WHERE substr(NEW.transition_id, 1, instr(NEW.transition_id, '>'))
    IS NOT (SELECT 'payout:' || state || '>' FROM ledger_payout WHERE id = NEW.payout_id);
  SELECT RAISE(ABORT, 'payout_event_is_an_allowed_transition: this state may not follow')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id);
  SELECT RAISE(ABORT, 'payout_event_sequence_has_no_gap: not the next number')
  WHERE NEW.sequence
    <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_payout_event WHERE payout_id = NEW.payout_id);
END;

CREATE TRIGGER ledger_payout_event_update BEFORE UPDATE ON ledger_payout_event
BEGIN
  SELECT RAISE(ABORT, 'payout_event_is_append_only: never changed');
END;

CREATE TRIGGER ledger_payout_event_delete BEFORE DELETE ON ledger_payout_event
BEGIN
  SELECT RAISE(ABORT, 'payout_event_is_append_only: never deleted');
END;
