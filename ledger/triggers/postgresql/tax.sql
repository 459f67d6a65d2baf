-- What the database itself refuses, on PostgreSQL. `ledger_refuse` is in journal.sql.

CREATE TRIGGER ledger_tax_profile_change BEFORE UPDATE OR DELETE ON ledger_tax_profile
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('tax_profile_is_append_only');
CREATE TRIGGER ledger_tax_profile_truncate BEFORE TRUNCATE ON ledger_tax_profile
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('tax_profile_is_append_only');

CREATE TRIGGER ledger_tax_rule_change BEFORE UPDATE OR DELETE ON ledger_tax_rule
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('tax_rule_is_append_only');
CREATE TRIGGER ledger_tax_rule_truncate BEFORE TRUNCATE ON ledger_tax_rule
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('tax_rule_is_append_only');
