-- What the database itself refuses, on SQLite. Every message begins with the rule's name.

CREATE TRIGGER ledger_royalty_run_insert BEFORE INSERT ON ledger_royalty_run
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_royalty_run WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_royalty_run WHERE approval_id = NEW.approval_id);
  SELECT RAISE(ABORT, 'royalty_run_starts_as_draft: every row begins in its first state')
  WHERE NEW.state <> 'draft';
END;

CREATE TRIGGER ledger_royalty_run_fixed BEFORE UPDATE ON ledger_royalty_run
WHEN OLD.id IS NOT NEW.id
  OR OLD.pool_id IS NOT NEW.pool_id
  OR OLD.valuation_run_id IS NOT NEW.valuation_run_id
  OR OLD.policy_id IS NOT NEW.policy_id
  OR OLD.policy_record IS NOT NEW.policy_record
  OR OLD.values_digest IS NOT NEW.values_digest
  OR OLD.empty IS NOT NEW.empty
  OR OLD.grand IS NOT NEW.grand
  OR OLD.fee_minor IS NOT NEW.fee_minor
  OR OLD.lines_hash IS NOT NEW.lines_hash
  OR OLD.decision_code IS NOT NEW.decision_code
  OR OLD.decision_sentence IS NOT NEW.decision_sentence
  OR OLD.created_by_id IS NOT NEW.created_by_id
  OR OLD.created_at IS NOT NEW.created_at
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_is_immutable: only its state moves on');
END;

CREATE TRIGGER ledger_royalty_run_state BEFORE UPDATE ON ledger_royalty_run
WHEN OLD.state IS NOT NEW.state
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_state_follows_its_event: no event allows this state')
  WHERE (
    SELECT transition_id FROM ledger_royalty_run_event WHERE run_id = NEW.id ORDER BY sequence DESC LIMIT 1
  ) IS NOT 'royalty_run:' || OLD.state || '>' || NEW.state;
  SELECT RAISE(ABORT, 'royalty_run_lines_sum_to_the_pool: fee and gross are not the pool')
  WHERE NEW.state IN ('calculated', 'approved') AND (
    SELECT coalesce(sum(gross_minor), 0) FROM ledger_royalty_line WHERE run_id = NEW.id
  ) + NEW.fee_minor <> (SELECT amount_minor FROM ledger_pool WHERE id = NEW.pool_id);
  SELECT RAISE(ABORT, 'royalty_run_approver_is_not_paid: nobody approves a payment to themselves')
  WHERE NEW.state = 'approved' AND EXISTS (
    SELECT 1 FROM ledger_royalty_line AS line
    JOIN contributors_contributor AS payee ON payee.id = line.contributor_id
    WHERE line.run_id = NEW.id AND payee.user_id = NEW.approved_by_id
  );
END;

CREATE TRIGGER ledger_royalty_run_delete BEFORE DELETE ON ledger_royalty_run
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_is_never_deleted: rows stay');
END;

CREATE TRIGGER ledger_state_transition_update BEFORE UPDATE ON ledger_state_transition
BEGIN
  SELECT RAISE(ABORT, 'state_transition_is_append_only: never changed');
END;

CREATE TRIGGER ledger_state_transition_delete BEFORE DELETE ON ledger_state_transition
BEGIN
  SELECT RAISE(ABORT, 'state_transition_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_approval_insert BEFORE INSERT ON ledger_approval
BEGIN
  SELECT RAISE(ABORT, 'approval_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_approval WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_approval_update BEFORE UPDATE ON ledger_approval
BEGIN
  SELECT RAISE(ABORT, 'approval_is_append_only: never changed');
END;

CREATE TRIGGER ledger_approval_delete BEFORE DELETE ON ledger_approval
BEGIN
  SELECT RAISE(ABORT, 'approval_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_policy_version_insert BEFORE INSERT ON ledger_policy_version
BEGIN
  SELECT RAISE(ABORT, 'policy_version_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_policy_version WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_policy_version WHERE name = NEW.name AND version = NEW.version);
END;

CREATE TRIGGER ledger_policy_version_update BEFORE UPDATE ON ledger_policy_version
BEGIN
  SELECT RAISE(ABORT, 'policy_version_is_append_only: never changed');
END;

CREATE TRIGGER ledger_policy_version_delete BEFORE DELETE ON ledger_policy_version
BEGIN
  SELECT RAISE(ABORT, 'policy_version_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_pool_insert BEFORE INSERT ON ledger_pool
BEGIN
  SELECT RAISE(ABORT, 'pool_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_pool WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_pool WHERE code = NEW.code);
END;

CREATE TRIGGER ledger_pool_update BEFORE UPDATE ON ledger_pool
BEGIN
  SELECT RAISE(ABORT, 'pool_is_append_only: never changed');
END;

CREATE TRIGGER ledger_pool_delete BEFORE DELETE ON ledger_pool
BEGIN
  SELECT RAISE(ABORT, 'pool_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_royalty_run_event_insert BEFORE INSERT ON ledger_royalty_run_event
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_event_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_royalty_run_event WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_royalty_run_event WHERE run_id = NEW.run_id AND sequence = NEW.sequence);
  SELECT RAISE(ABORT, 'royalty_run_event_starts_from_the_state: the subject is in another state')
  WHERE substr(NEW.transition_id, 1, instr(NEW.transition_id, '>'))
    IS NOT (SELECT 'royalty_run:' || state || '>' FROM ledger_royalty_run WHERE id = NEW.run_id);
  SELECT RAISE(ABORT, 'royalty_run_event_is_an_allowed_transition: this state may not follow')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_state_transition WHERE key = NEW.transition_id);
  SELECT RAISE(ABORT, 'royalty_run_event_sequence_has_no_gap: not the next number')
  WHERE NEW.sequence
    <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_royalty_run_event WHERE run_id = NEW.run_id);
END;

CREATE TRIGGER ledger_royalty_run_event_update BEFORE UPDATE ON ledger_royalty_run_event
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_event_is_append_only: never changed');
END;

CREATE TRIGGER ledger_royalty_run_event_delete BEFORE DELETE ON ledger_royalty_run_event
BEGIN
  SELECT RAISE(ABORT, 'royalty_run_event_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_royalty_line_insert BEFORE INSERT ON ledger_royalty_line
BEGIN
  SELECT RAISE(ABORT, 'royalty_line_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_royalty_line WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_royalty_line WHERE run_id = NEW.run_id AND position = NEW.position)
     OR EXISTS (SELECT 1 FROM ledger_royalty_line WHERE run_id = NEW.run_id AND player_key = NEW.player_key AND contributor_id = NEW.contributor_id);
  SELECT RAISE(ABORT, 'royalty_line_belongs_to_a_draft: the run is calculated')
  WHERE (SELECT state FROM ledger_royalty_run WHERE id = NEW.run_id) <> 'draft';
END;

CREATE TRIGGER ledger_royalty_line_update BEFORE UPDATE ON ledger_royalty_line
BEGIN
  SELECT RAISE(ABORT, 'royalty_line_is_append_only: never changed');
END;

CREATE TRIGGER ledger_royalty_line_delete BEFORE DELETE ON ledger_royalty_line
BEGIN
  SELECT RAISE(ABORT, 'royalty_line_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_holdback_insert BEFORE INSERT ON ledger_holdback
BEGIN
  SELECT RAISE(ABORT, 'holdback_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_holdback WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_holdback WHERE run_id = NEW.run_id AND contributor_id = NEW.contributor_id AND kind = NEW.kind);
END;

CREATE TRIGGER ledger_holdback_update BEFORE UPDATE ON ledger_holdback
BEGIN
  SELECT RAISE(ABORT, 'holdback_is_append_only: never changed');
END;

CREATE TRIGGER ledger_holdback_delete BEFORE DELETE ON ledger_holdback
BEGIN
  SELECT RAISE(ABORT, 'holdback_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_holdback_release_insert BEFORE INSERT ON ledger_holdback_release
BEGIN
  SELECT RAISE(ABORT, 'holdback_release_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_holdback_release WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_holdback_release WHERE holdback_id = NEW.holdback_id AND part = NEW.part);
END;

CREATE TRIGGER ledger_holdback_release_update BEFORE UPDATE ON ledger_holdback_release
BEGIN
  SELECT RAISE(ABORT, 'holdback_release_is_append_only: never changed');
END;

CREATE TRIGGER ledger_holdback_release_delete BEFORE DELETE ON ledger_holdback_release
BEGIN
  SELECT RAISE(ABORT, 'holdback_release_is_append_only: never deleted');
END;
