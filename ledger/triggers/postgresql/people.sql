-- Who did what: the audit log only grows, on PostgreSQL.

CREATE TRIGGER ledger_audit_event_update BEFORE UPDATE OR DELETE ON contributors_auditevent
FOR EACH ROW EXECUTE FUNCTION ledger_refuse('audit_event_is_append_only');

CREATE TRIGGER ledger_audit_event_truncate BEFORE TRUNCATE ON contributors_auditevent
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('audit_event_is_append_only');
