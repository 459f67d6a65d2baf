-- What the database itself refuses, on SQLite. Every message begins with the rule's name.
-- SHA256() is registered by Django on its connections; a client without it cannot post at all.
-- An entry whose hash is '' is being sealed at this moment: only then may balances be written.

CREATE TRIGGER ledger_posting_insert BEFORE INSERT ON ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'posting_entry_is_sealed: no posting is added to a sealed entry')
  WHERE EXISTS (SELECT 1 FROM ledger_journal_entry WHERE id = NEW.entry_id);
  SELECT RAISE(ABORT, 'posting_is_append_only: a posting is never replaced')
  WHERE EXISTS (SELECT 1 FROM ledger_posting WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.entry_id AND line = NEW.line);
  SELECT RAISE(ABORT, 'posting_amount_minor_is_an_integer: amounts are whole minor units')
  WHERE typeof(NEW.amount_minor) <> 'integer' OR typeof(NEW.line) <> 'integer';
END;

CREATE TRIGGER ledger_posting_update BEFORE UPDATE ON ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'posting_is_append_only: a posting is never changed');
END;

CREATE TRIGGER ledger_posting_delete BEFORE DELETE ON ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'posting_is_append_only: a posting is never deleted');
END;

CREATE TRIGGER ledger_journal_entry_check BEFORE INSERT ON ledger_journal_entry
BEGIN
  SELECT RAISE(ABORT, 'journal_entry_is_append_only: an entry is never replaced')
  WHERE EXISTS (SELECT 1 FROM ledger_journal_entry WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'journal_entry_idempotency_key_is_unique: the key was used before')
  WHERE EXISTS (
    SELECT 1 FROM ledger_journal_entry WHERE idempotency_key = NEW.idempotency_key
  );
  SELECT RAISE(ABORT, 'journal_entry_is_reversed_once: the entry was reversed before')
  WHERE EXISTS (SELECT 1 FROM ledger_journal_entry WHERE reverses_id = NEW.reverses_id);
  SELECT RAISE(ABORT, 'journal_entry_seal_is_the_databases: seq and hashes are not given')
  WHERE NEW.seq IS NOT 0 OR NEW.prev_hash IS NOT '' OR NEW.hash IS NOT '';
  SELECT RAISE(ABORT, 'journal_entry_period_is_not_closed: the period is closed')
  WHERE (SELECT status FROM ledger_period WHERE id = NEW.period_id) = 'closed';
  SELECT RAISE(ABORT, 'journal_entry_is_dated_in_its_period: the date is outside the period')
  WHERE NEW.effective_on IS NOT date(NEW.effective_on)
     OR NOT EXISTS (
       SELECT 1 FROM ledger_period
       WHERE id = NEW.period_id AND NEW.effective_on BETWEEN starts_on AND ends_on
     );
  SELECT RAISE(ABORT, 'journal_entry_counts_its_postings: the postings are not as many as it says')
  WHERE NEW.posting_count < 1
     OR NEW.posting_count <> (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.id)
     OR NEW.posting_count <> (SELECT max(line) FROM ledger_posting WHERE entry_id = NEW.id);
  SELECT RAISE(ABORT, 'posting_account_is_open: an account is closed')
  WHERE EXISTS (
    SELECT 1 FROM ledger_posting AS posting
    JOIN ledger_account AS account
      ON account.id IN (posting.debit_account_id, posting.credit_account_id)
    WHERE posting.entry_id = NEW.id AND account.closed_at IS NOT NULL
  );
  SELECT RAISE(ABORT, 'journal_entry_reversal_swaps_every_posting: not the exact reversal')
  WHERE NEW.reverses_id IS NOT NULL AND (
    NEW.posting_count <> (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.reverses_id)
    OR EXISTS (
      SELECT 1 FROM ledger_posting AS was
      LEFT JOIN ledger_posting AS swapped
        ON swapped.entry_id = NEW.id AND swapped.line = was.line
       AND swapped.debit_account_id = was.credit_account_id
       AND swapped.credit_account_id = was.debit_account_id
       AND swapped.amount_minor = was.amount_minor
      WHERE was.entry_id = NEW.reverses_id AND swapped.id IS NULL
    )
  );
END;

CREATE TRIGGER ledger_journal_entry_seal AFTER INSERT ON ledger_journal_entry
BEGIN
  INSERT INTO ledger_balance (account_id, debit_minor, credit_minor, posting_count)
  SELECT account_id, sum(debit_minor), sum(credit_minor), count(*)
  FROM (
    SELECT debit_account_id AS account_id, amount_minor AS debit_minor, 0 AS credit_minor
    FROM ledger_posting WHERE entry_id = NEW.id
    UNION ALL
    SELECT credit_account_id, 0, amount_minor FROM ledger_posting WHERE entry_id = NEW.id
  )
  WHERE true
  GROUP BY account_id
  ORDER BY account_id
  ON CONFLICT (account_id) DO UPDATE SET
    debit_minor = debit_minor + excluded.debit_minor,
    credit_minor = credit_minor + excluded.credit_minor,
    posting_count = posting_count + excluded.posting_count;
  SELECT RAISE(ABORT, 'balance_is_not_overdrawn: an account would pass zero')
  WHERE EXISTS (
    SELECT 1 FROM ledger_posting AS posting
    JOIN ledger_account AS account
      ON account.id IN (posting.debit_account_id, posting.credit_account_id)
    JOIN ledger_balance AS balance ON balance.account_id = account.id
    WHERE posting.entry_id = NEW.id AND account.no_overdraft
      AND CASE WHEN account.kind IN ('asset', 'expense')
        THEN balance.debit_minor < balance.credit_minor
        ELSE balance.credit_minor < balance.debit_minor END
  );
  UPDATE ledger_journal_entry SET
    seq = 1 + (SELECT max(seq) FROM ledger_journal_entry),
    prev_hash = coalesce(
      (SELECT hash FROM ledger_journal_entry WHERE seq > 0 ORDER BY seq DESC LIMIT 1),
      '0000000000000000000000000000000000000000000000000000000000000000'
    )
  WHERE id = NEW.id;
  UPDATE ledger_journal_entry SET hash = SHA256(
    prev_hash || char(10) || seq || char(10) || id || char(10) || event
    || char(10) || period_id || char(10) || effective_on
    || char(10) || substr(created_at || '.000000', 1, 26)
    || char(10) || idempotency_key || char(10) || request_hash
    || char(10) || source_type || char(10) || source_id
    || char(10) || coalesce(actor_id, '') || char(10) || coalesce(approval_id, '')
    || char(10) || coalesce(reverses_id, '') || char(10) || coalesce(adjusts_id, '')
    || char(10) || posting_count || char(10) || (
      SELECT group_concat(text, char(10)) FROM (
        SELECT line || '|' || debit.code || '|' || credit.code
               || '|' || posting.currency || '|' || amount_minor AS text
        FROM ledger_posting AS posting
        JOIN ledger_account AS debit ON debit.id = debit_account_id
        JOIN ledger_account AS credit ON credit.id = credit_account_id
        WHERE entry_id = NEW.id
        ORDER BY line
      )
    )
  )
  WHERE id = NEW.id;
END;

CREATE TRIGGER ledger_journal_entry_update BEFORE UPDATE ON ledger_journal_entry
WHEN OLD.hash <> ''
BEGIN
  SELECT RAISE(ABORT, 'journal_entry_is_append_only: an entry is never changed');
END;

CREATE TRIGGER ledger_journal_entry_delete BEFORE DELETE ON ledger_journal_entry
BEGIN
  SELECT RAISE(ABORT, 'journal_entry_is_append_only: an entry is never deleted');
END;

CREATE TRIGGER ledger_balance_insert BEFORE INSERT ON ledger_balance
WHEN NOT EXISTS (SELECT 1 FROM ledger_journal_entry WHERE hash = '')
BEGIN
  SELECT RAISE(ABORT, 'balance_is_written_by_the_seal: balances are not written by hand');
END;

CREATE TRIGGER ledger_balance_update BEFORE UPDATE ON ledger_balance
WHEN NOT EXISTS (SELECT 1 FROM ledger_journal_entry WHERE hash = '')
BEGIN
  SELECT RAISE(ABORT, 'balance_is_written_by_the_seal: balances are not written by hand');
END;

CREATE TRIGGER ledger_balance_delete BEFORE DELETE ON ledger_balance
BEGIN
  SELECT RAISE(ABORT, 'balance_is_written_by_the_seal: balances are never deleted');
END;

CREATE TRIGGER ledger_account_insert BEFORE INSERT ON ledger_account
BEGIN
  SELECT RAISE(ABORT, 'account_is_never_replaced: the account exists')
  WHERE EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_account WHERE code = NEW.code AND currency = NEW.currency);
END;

CREATE TRIGGER ledger_account_update BEFORE UPDATE ON ledger_account
BEGIN
  SELECT RAISE(ABORT, 'account_is_never_changed: an account can only be closed')
  WHERE NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.kind IS NOT OLD.kind
     OR NEW.currency IS NOT OLD.currency OR NEW.purpose IS NOT OLD.purpose
     OR NEW.party IS NOT OLD.party OR NEW.no_overdraft IS NOT OLD.no_overdraft
     OR NEW.opened_at IS NOT OLD.opened_at OR OLD.closed_at IS NOT NULL;
  SELECT RAISE(ABORT, 'account_is_closed_empty: the account holds a balance')
  WHERE NEW.closed_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM ledger_balance WHERE account_id = NEW.id AND debit_minor <> credit_minor
  );
END;

CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account
BEGIN
  SELECT RAISE(ABORT, 'account_is_never_deleted: an account can only be closed');
END;

CREATE TRIGGER ledger_period_insert BEFORE INSERT ON ledger_period
BEGIN
  SELECT RAISE(ABORT, 'period_is_never_replaced: the period exists')
  WHERE EXISTS (SELECT 1 FROM ledger_period WHERE id = NEW.id OR code = NEW.code);
  SELECT RAISE(ABORT, 'period_starts_open: a period starts open')
  WHERE NEW.status IS NOT 'open';
  SELECT RAISE(ABORT, 'period_does_not_overlap: the days belong to another or a closed period')
  WHERE NEW.starts_on IS NOT date(NEW.starts_on) OR NEW.ends_on IS NOT date(NEW.ends_on)
     OR EXISTS (
       SELECT 1 FROM ledger_period
       WHERE starts_on <= NEW.ends_on AND NEW.starts_on <= ends_on
          OR status = 'closed' AND NEW.starts_on <= ends_on
     );
END;

CREATE TRIGGER ledger_period_update BEFORE UPDATE ON ledger_period
BEGIN
  SELECT RAISE(ABORT, 'period_is_closed_for_ever: a closed period never changes')
  WHERE OLD.status = 'closed';
  SELECT RAISE(ABORT, 'period_keeps_its_days: the id, code and days of a period never change')
  WHERE NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code
     OR NEW.starts_on IS NOT OLD.starts_on OR NEW.ends_on IS NOT OLD.ends_on;
  SELECT RAISE(ABORT, 'period_goes_open_frozen_closed: not the next status')
  WHERE NOT (OLD.status = NEW.status
     OR OLD.status = 'open' AND NEW.status = 'frozen'
     OR OLD.status = 'frozen' AND NEW.status = 'closed');
  SELECT RAISE(ABORT, 'period_is_closed_in_order: an earlier period is not closed')
  WHERE NEW.status = 'closed' AND EXISTS (
    SELECT 1 FROM ledger_period WHERE ends_on < NEW.starts_on AND status <> 'closed'
  );
  SELECT RAISE(ABORT, 'period_publishes_the_chain_head: not the head of the chain')
  WHERE NEW.status = 'closed' AND (
    NEW.chain_seq IS NOT coalesce((SELECT max(seq) FROM ledger_journal_entry), 0)
    OR NEW.chain_head IS NOT coalesce(
      (SELECT hash FROM ledger_journal_entry ORDER BY seq DESC LIMIT 1),
      '0000000000000000000000000000000000000000000000000000000000000000'
    )
  );
END;

CREATE TRIGGER ledger_period_delete BEFORE DELETE ON ledger_period
BEGIN
  SELECT RAISE(ABORT, 'period_is_never_deleted: a period can only be closed');
END;
