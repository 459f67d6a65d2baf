-- What the database itself refuses, on SQLite. Every message begins with the rule's name.

CREATE TRIGGER ledger_tax_profile_insert BEFORE INSERT ON ledger_tax_profile
BEGIN
  SELECT RAISE(ABORT, 'tax_profile_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_tax_profile WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_tax_profile_update BEFORE UPDATE ON ledger_tax_profile
BEGIN
  SELECT RAISE(ABORT, 'tax_profile_is_append_only: never changed');
END;

CREATE TRIGGER ledger_tax_profile_delete BEFORE DELETE ON ledger_tax_profile
BEGIN
  SELECT RAISE(ABORT, 'tax_profile_is_append_only: never deleted');
END;

CREATE TRIGGER ledger_tax_rule_insert BEFORE INSERT ON ledger_tax_rule
BEGIN
  SELECT RAISE(ABORT, 'tax_rule_is_never_replaced: the row is there')
  WHERE EXISTS (SELECT 1 FROM ledger_tax_rule WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_tax_rule_update BEFORE UPDATE ON ledger_tax_rule
BEGIN
  SELECT RAISE(ABORT, 'tax_rule_is_append_only: never changed');
END;

CREATE TRIGGER ledger_tax_rule_delete BEFORE DELETE ON ledger_tax_rule
BEGIN
  SELECT RAISE(ABORT, 'tax_rule_is_append_only: never deleted');
END;
