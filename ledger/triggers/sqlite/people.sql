-- Who did what: the audit log only grows, on SQLite.

CREATE TRIGGER ledger_audit_event_insert BEFORE INSERT ON contributors_auditevent
BEGIN
  SELECT RAISE(ABORT, 'audit_event_is_append_only: an event is never replaced')
  WHERE EXISTS (SELECT 1 FROM contributors_auditevent WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_audit_event_update BEFORE UPDATE ON contributors_auditevent
BEGIN
  SELECT RAISE(ABORT, 'audit_event_is_append_only: an event is never changed');
END;

CREATE TRIGGER ledger_audit_event_delete BEFORE DELETE ON contributors_auditevent
BEGIN
  SELECT RAISE(ABORT, 'audit_event_is_append_only: an event is never deleted');
END;
