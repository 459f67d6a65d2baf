-- What the database itself refuses, on SQLite. Every message begins with the rule's name.

CREATE TRIGGER ledger_statement_insert BEFORE INSERT ON ledger_statement
BEGIN
  SELECT RAISE(ABORT, 'statement_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_statement WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_statement WHERE supersedes_id = NEW.supersedes_id)
     OR EXISTS (SELECT 1 FROM ledger_statement WHERE series_id = NEW.series_id AND sequence = NEW.sequence AND version = NEW.version)
     OR EXISTS (SELECT 1 FROM ledger_statement WHERE number = NEW.number AND version = NEW.version)
     OR EXISTS (SELECT 1 FROM ledger_statement WHERE run_id = NEW.run_id AND contributor_id = NEW.contributor_id AND version = NEW.version);
  SELECT RAISE(ABORT, 'statement_starts_as_issued: every row begins in its first state')
  WHERE NEW.state <> 'issued';
  SELECT RAISE(ABORT, 'statement_number_has_no_gap: not the next number')
  WHERE NEW.version = 1 AND NEW.sequence <> (
    SELECT coalesce(max(sequence), 0) + 1 FROM ledger_statement WHERE series_id = NEW.series_id
  );
  SELECT RAISE(ABORT, 'statement_version_has_no_gap: not the next version')
  WHERE NEW.version > 1 AND NEW.version <> (
    SELECT coalesce(max(version), 0) + 1 FROM ledger_statement
    WHERE series_id = NEW.series_id AND sequence = NEW.sequence
  );
END;

CREATE TRIGGER ledger_statement_fixed BEFORE UPDATE ON ledger_statement
WHEN OLD.id IS NOT NEW.id
  OR OLD.series_id IS NOT NEW.series_id
  OR OLD.sequence IS NOT NEW.sequence
  OR OLD.version IS NOT NEW.version
  OR OLD.number IS NOT NEW.number
  OR OLD.run_id IS NOT NEW.run_id
  OR OLD.contributor_id IS NOT NEW.contributor_id
  OR OLD.period_id IS NOT NEW.period_id
  OR OLD.currency IS NOT NEW.currency
  OR OLD.previous_id IS NOT NEW.previous_id
  OR OLD.supersedes_id IS NOT NEW.supersedes_id
  OR OLD.opening_minor IS NOT NEW.opening_minor
  OR OLD.paid_minor IS NOT NEW.paid_minor
  OR OLD.gross_minor IS NOT NEW.gross_minor
  OR OLD.debit_minor IS NOT NEW.debit_minor
  OR OLD.adjustment_minor IS NOT NEW.adjustment_minor
  OR OLD.disputed_minor IS NOT NEW.disputed_minor
  OR OLD.held_minor IS NOT NEW.held_minor
  OR OLD.holdback_minor IS NOT NEW.holdback_minor
  OR OLD.released_minor IS NOT NEW.released_minor
  OR OLD.recouped_minor IS NOT NEW.recouped_minor
  OR OLD.clawback_minor IS NOT NEW.clawback_minor
  OR OLD.closing_minor IS NOT NEW.closing_minor
  OR OLD.carried_minor IS NOT NEW.carried_minor
  OR OLD.due_minor IS NOT NEW.due_minor
  OR OLD.withholding_minor IS NOT NEW.withholding_minor
  OR OLD.net_minor IS NOT NEW.net_minor
  OR OLD.line_count IS NOT NEW.line_count
  OR OLD.record IS NOT NEW.record
  OR OLD.record_sha256 IS NOT NEW.record_sha256
  OR OLD.chain_seq IS NOT NEW.chain_seq
  OR OLD.chain_head IS NOT NEW.chain_head
  OR OLD.issued_at IS NOT NEW.issued_at
  OR OLD.dispute_until IS NOT NEW.dispute_until
BEGIN
  SELECT RAISE(ABORT, 'statement_is_immutable: only its state moves on');
END;

CREATE TRIGGER ledger_statement_state BEFORE UPDATE ON ledger_statement
WHEN OLD.state IS NOT NEW.state
BEGIN
  SELECT RAISE(ABORT, 'statement_state_follows_its_event: no event allows this state')
  WHERE (
    SELECT transition_id FROM ledger_statement_event WHERE statement_id = NEW.id ORDER BY sequence DESC LIMIT 1
  ) IS NOT 'statement:' || OLD.state || '>' || NEW.state;
END;

CREATE TRIGGER ledger_statement_delete BEFORE DELETE ON ledger_statement
BEGIN
  SELECT RAISE(ABORT, 'statement_is_never_deleted: rows stay');
END;

CREATE TRIGGER ledger_dispute_insert BEFORE INSERT ON ledger_dispute
BEGIN
  SELECT RAISE(ABORT, 'dispute_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_dispute WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'dispute_starts_as_open: every row begins in its first state')
  WHERE NEW.state <> 'open';
END;

CREATE TRIGGER ledger_dispute_fixed BEFORE UPDATE ON ledger_dispute
WHEN OLD.id IS NOT NEW.id
  OR OLD.statement_id IS NOT NEW.statement_id
  OR OLD.kind IS NOT NEW.kind
  OR OLD.currency IS NOT NEW.currency
  OR OLD.amount_minor IS NOT NEW.amount_minor
  OR OLD.held_minor IS NOT NEW.held_minor
  OR OLD.hold_entry_id IS NOT NEW.hold_entry_id
  OR OLD.opened_by_id IS NOT NEW.opened_by_id
  OR OLD.opened_at IS NOT NEW.opened_at
  OR OLD.answer_due_on IS NOT NEW.answer_due_on
BEGIN
  SELECT RAISE(ABORT, 'dispute_is_immutable: only its state moves on');
END;

CREATE TRIGGER ledger_dispute_state BEFORE UPDATE ON ledger_dispute
WHEN OLD.state IS NOT NEW.state
BEGIN
  SELECT RAISE(ABORT, 'dispute_state_follows_its_event: no event allows this state')
  WHERE (
    SELECT transition_id FROM ledger_dispute_event WHERE dispute_id = NEW.id ORDER BY sequence DESC LIMIT 1
  ) IS NOT 'dispute:' || OLD.state || '>' || NEW.state;
END;

CREATE TRIGGER ledger_dispute_delete BEFORE DELETE ON ledger_dispute
BEGIN
  SELECT RAISE(ABORT, 'dispute_is_never_deleted: rows stay');
END;

CREATE TRIGGER ledger_statement_event_insert BEFORE INSERT ON ledger_statement_event
BEGIN
  SELECT RAISE(ABORT, 'statement_event_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_statement_event WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_statement_event WHERE statement_id = NEW.statement_id AND sequence = NEW.sequence);
  SELECT RAISE(ABORT, 'statement_event_starts_from_the_state: the subject is in another state')
  WHERE substr(NEW.transition_id, 1, instr(NEW.transition_id, '>'))
    IS NOT (SELECT 'statement:' || state || '>' FROM ledger_statement WHERE id = NEW.statement_id);
  SELECT RAISE(ABORT, 'statement_event_is_an_allowed_transition: this state may not follow')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id);
  SELECT RAISE(ABORT, 'statement_event_sequence_has_no_gap: not the next number')
  WHERE NEW.sequence
    <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_statement_event WHERE statement_id = NEW.statement_id);
END;

CREATE TRIGGER ledger_statement_event_update BEFORE UPDATE ON ledger_statement_event
BEGIN
  SELECT RAISE(ABORT, 'statement_event_is_append_only: never changed');
END;

CREATE TRIGGER ledger_statement_event_delete BEFORE DELETE ON ledger_statement_event
BEGIN
  SELECT RAISE(ABORT, 'statement_event_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_statement_line_insert BEFORE INSERT ON ledger_statement_line
BEGIN
  SELECT RAISE(ABORT, 'statement_line_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_statement_line WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_statement_line WHERE statement_id = NEW.statement_id AND position = NEW.position);
  SELECT RAISE(ABORT, 'statement_line_is_counted: the statement has no such line')
  WHERE NEW.position NOT BETWEEN 1 AND (
    SELECT line_count FROM ledger_statement WHERE id = NEW.statement_id
  );
END;

CREATE TRIGGER ledger_statement_line_update BEFORE UPDATE ON ledger_statement_line
BEGIN
  SELECT RAISE(ABORT, 'statement_line_is_append_only: never changed');
END;

CREATE TRIGGER ledger_statement_line_delete BEFORE DELETE ON ledger_statement_line
BEGIN
  SELECT RAISE(ABORT, 'statement_line_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_statement_file_insert BEFORE INSERT ON ledger_statement_file
BEGIN
  SELECT RAISE(ABORT, 'statement_file_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_statement_file WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_statement_file WHERE statement_id = NEW.statement_id AND format = NEW.format);
END;

CREATE TRIGGER ledger_statement_file_update BEFORE UPDATE ON ledger_statement_file
BEGIN
  SELECT RAISE(ABORT, 'statement_file_is_append_only: never changed');
END;

CREATE TRIGGER ledger_statement_file_delete BEFORE DELETE ON ledger_statement_file
BEGIN
  SELECT RAISE(ABORT, 'statement_file_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_dispute_event_insert BEFORE INSERT ON ledger_dispute_event
BEGIN
  SELECT RAISE(ABORT, 'dispute_event_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_dispute_event WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_dispute_event WHERE dispute_id = NEW.dispute_id AND sequence = NEW.sequence);
  SELECT RAISE(ABORT, 'dispute_event_starts_from_the_state: the subject is in another state')
  WHERE substr(NEW.transition_id, 1, instr(NEW.transition_id, '>'))
    IS NOT (SELECT 'dispute:' || state || '>' FROM ledger_dispute WHERE id = NEW.dispute_id);
  SELECT RAISE(ABORT, 'dispute_event_is_an_allowed_transition: this state may not follow')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id);
  SELECT RAISE(ABORT, 'dispute_event_sequence_has_no_gap: not the next number')
  WHERE NEW.sequence
    <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_dispute_event WHERE dispute_id = NEW.dispute_id);
END;

CREATE TRIGGER ledger_dispute_event_update BEFORE UPDATE ON ledger_dispute_event
BEGIN
  SELECT RAISE(ABORT, 'dispute_event_is_append_only: never changed');
END;

CREATE TRIGGER ledger_dispute_event_delete BEFORE DELETE ON ledger_dispute_event
BEGIN
  SELECT RAISE(ABORT, 'dispute_event_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_dispute_message_insert BEFORE INSERT ON ledger_dispute_message
BEGIN
  SELECT RAISE(ABORT, 'dispute_message_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_dispute_message WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_dispute_message_update BEFORE UPDATE ON ledger_dispute_message
BEGIN
  SELECT RAISE(ABORT, 'dispute_message_is_append_only: never changed');
END;

CREATE TRIGGER ledger_dispute_message_delete BEFORE DELETE ON ledger_dispute_message
BEGIN
  SELECT RAISE(ABORT, 'dispute_message_is_append_only: never deleted');
END;
