-- What the database itself refuses, on PostgreSQL. Every message begins with the rule's name.
-- One advisory lock orders all who post: it is taken before the first posting and held to the
-- end of the transaction, so nobody adds to an entry that another is sealing, the chain has no
-- fork, and no two posters can deadlock. 119182731994482 is "ledger" in ASCII.
-- Plans are by index whatever the statistics of young tables say (enable_seqscan = off), and made
-- once in a session (force_generic_plan): planning would take longer than running.

CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: % refused on %', TG_ARGV[0], TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE FUNCTION ledger_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'journal_reads_committed: the journal is written at READ COMMITTED'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM pg_advisory_xact_lock(119182731994482);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_posting_sealed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE sealed uuid;
BEGIN
  SELECT entry.id INTO sealed FROM ledger_journal_entry AS entry
  WHERE entry.id IN (SELECT added.entry_id FROM added) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'posting_entry_is_sealed: no posting is added to the sealed entry %', sealed
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_entry_check() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  period ledger_period;
  n bigint;
  last_line bigint;
  head_seq bigint;
  head_hash text;
  lines text;
  culprit text;
BEGIN
  IF NEW.seq <> 0 OR NEW.prev_hash <> '' OR NEW.hash <> '' THEN
    RAISE EXCEPTION 'journal_entry_seal_is_the_databases: seq and hashes are not given'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT * INTO period FROM ledger_period WHERE id = NEW.period_id;
  IF period.status = 'closed' THEN
    RAISE EXCEPTION 'journal_entry_period_is_not_closed: period % is closed', period.code
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT FOUND OR NEW.effective_on NOT BETWEEN period.starts_on AND period.ends_on THEN
    RAISE EXCEPTION 'journal_entry_is_dated_in_its_period: % is outside period %',
      NEW.effective_on, period.code USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  SELECT count(*), max(posting.line),
         string_agg(posting.line || '|' || debit.code || '|' || credit.code || '|'
                    || posting.currency || '|' || posting.amount_minor, E'\n'
                    ORDER BY posting.line),
         min(CASE WHEN debit.closed_at IS NOT NULL THEN debit.code
                  WHEN credit.closed_at IS NOT NULL THEN credit.code END)
  INTO n, last_line, lines, culprit
  FROM ledger_posting AS posting
  JOIN ledger_account AS debit ON debit.id = posting.debit_account_id
  JOIN ledger_account AS credit ON credit.id = posting.credit_account_id
  WHERE posting.entry_id = NEW.id;
  IF NEW.posting_count < 1 OR n <> NEW.posting_count OR last_line <> NEW.posting_count THEN
    RAISE EXCEPTION 'journal_entry_counts_its_postings: % says %, it has %',
      NEW.id, NEW.posting_count, n USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF culprit IS NOT NULL THEN
    RAISE EXCEPTION 'posting_account_is_open: account % is closed', culprit
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.reverses_id IS NOT NULL AND (
    n <> (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.reverses_id)
    OR EXISTS (
      SELECT 1 FROM ledger_posting AS was
      LEFT JOIN ledger_posting AS swapped
        ON swapped.entry_id = NEW.id AND swapped.line = was.line
       AND swapped.debit_account_id = was.credit_account_id
       AND swapped.credit_account_id = was.debit_account_id
       AND swapped.amount_minor = was.amount_minor
      WHERE was.entry_id = NEW.reverses_id AND swapped.id IS NULL
    )
  ) THEN
    RAISE EXCEPTION 'journal_entry_reversal_swaps_every_posting: % does not reverse %',
      NEW.id, NEW.reverses_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  SELECT entry.seq, entry.hash INTO head_seq, head_hash
  FROM ledger_journal_entry AS entry ORDER BY entry.seq DESC LIMIT 1;
  NEW.seq := coalesce(head_seq, 0) + 1;
  NEW.prev_hash := coalesce(head_hash, repeat('0', 64));
  NEW.hash := encode(sha256(convert_to(concat_ws(E'\n',
    NEW.prev_hash, NEW.seq, replace(NEW.id::text, '-', ''), NEW.event,
    replace(NEW.period_id::text, '-', ''), to_char(NEW.effective_on, 'YYYY-MM-DD'),
    to_char(NEW.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    NEW.idempotency_key, NEW.request_hash, NEW.source_type, NEW.source_id,
    replace(coalesce(NEW.actor_id::text, ''), '-', ''),
    replace(coalesce(NEW.approval_id::text, ''), '-', ''),
    replace(coalesce(NEW.reverses_id::text, ''), '-', ''),
    replace(coalesce(NEW.adjusts_id::text, ''), '-', ''),
    NEW.posting_count, lines), 'UTF8')), 'hex');
  RETURN NEW;
END $$;

-- After the row is there: an INSERT ... ON CONFLICT DO NOTHING that wrote no row moved no balance.
CREATE OR REPLACE FUNCTION ledger_entry_seal() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE culprit text;
BEGIN
  WITH moved AS (
    INSERT INTO ledger_balance AS balance (account_id, debit_minor, credit_minor, posting_count)
    SELECT legs.account_id, sum(legs.debit_minor), sum(legs.credit_minor), count(*)
    FROM (
      SELECT debit_account_id AS account_id, amount_minor AS debit_minor, 0 AS credit_minor
      FROM ledger_posting WHERE entry_id = NEW.id
      UNION ALL
      SELECT credit_account_id, 0, amount_minor FROM ledger_posting WHERE entry_id = NEW.id
    ) AS legs
    GROUP BY legs.account_id
    ORDER BY legs.account_id
    ON CONFLICT (account_id) DO UPDATE SET
      debit_minor = balance.debit_minor + excluded.debit_minor,
      credit_minor = balance.credit_minor + excluded.credit_minor,
      posting_count = balance.posting_count + excluded.posting_count
    RETURNING balance.account_id, balance.debit_minor, balance.credit_minor
  )
  SELECT account.code INTO culprit FROM moved
  JOIN ledger_account AS account ON account.id = moved.account_id
  WHERE account.no_overdraft
    AND CASE WHEN account.kind IN ('asset', 'expense')
      THEN moved.debit_minor < moved.credit_minor
      ELSE moved.credit_minor < moved.debit_minor END
  LIMIT 1;
  IF culprit IS NOT NULL THEN
    RAISE EXCEPTION 'balance_is_not_overdrawn: account % would pass zero', culprit
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_balance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Depth 1 is a statement from outside, depth 2 comes from the seal.
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'balance_is_written_by_the_seal: balances are not written by hand'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.code, NEW.kind, NEW.currency, NEW.purpose, NEW.party, NEW.no_overdraft,
      NEW.opened_at)
     IS DISTINCT FROM
     (OLD.id, OLD.code, OLD.kind, OLD.currency, OLD.purpose, OLD.party, OLD.no_overdraft,
      OLD.opened_at)
     OR OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'account_is_never_changed: account % can only be closed', OLD.code
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.closed_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM ledger_balance WHERE account_id = NEW.id AND debit_minor <> credit_minor
  ) THEN
    RAISE EXCEPTION 'account_is_closed_empty: account % holds a balance', OLD.code
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_period_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'open' THEN
    RAISE EXCEPTION 'period_starts_open: period % starts open', NEW.code
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (
    SELECT 1 FROM ledger_period AS other
    WHERE other.starts_on <= NEW.ends_on AND NEW.starts_on <= other.ends_on
       OR other.status = 'closed' AND NEW.starts_on <= other.ends_on
  ) THEN
    RAISE EXCEPTION 'period_does_not_overlap: days of % belong to another or a closed period',
      NEW.code USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_period_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE head ledger_journal_entry;
BEGIN
  IF OLD.status = 'closed' THEN
    RAISE EXCEPTION 'period_is_closed_for_ever: period % never changes', OLD.code
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.id, NEW.code, NEW.starts_on, NEW.ends_on)
     IS DISTINCT FROM (OLD.id, OLD.code, OLD.starts_on, OLD.ends_on) THEN
    RAISE EXCEPTION 'period_keeps_its_days: the id, code and days of % never change', OLD.code
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT (OLD.status = NEW.status
          OR OLD.status = 'open' AND NEW.status = 'frozen'
          OR OLD.status = 'frozen' AND NEW.status = 'closed') THEN
    RAISE EXCEPTION 'period_goes_open_frozen_closed: % is %', OLD.code, OLD.status
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.status = 'closed' THEN
    IF EXISTS (SELECT 1 FROM ledger_period AS other
               WHERE other.ends_on < NEW.starts_on AND other.status <> 'closed') THEN
      RAISE EXCEPTION 'period_is_closed_in_order: a period before % is not closed', OLD.code
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT * INTO head FROM ledger_journal_entry ORDER BY seq DESC LIMIT 1;
    IF NEW.chain_seq IS DISTINCT FROM coalesce(head.seq, 0)
       OR NEW.chain_head IS DISTINCT FROM coalesce(head.hash, repeat('0', 64)) THEN
      RAISE EXCEPTION 'period_publishes_the_chain_head: not the head of the chain'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_posting_lock BEFORE INSERT ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_lock();
CREATE TRIGGER ledger_posting_sealed AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_sealed();
CREATE TRIGGER ledger_posting_change BEFORE UPDATE OR DELETE ON ledger_posting
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('posting_is_append_only');
CREATE TRIGGER ledger_posting_truncate BEFORE TRUNCATE ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('posting_is_append_only');

CREATE TRIGGER ledger_journal_entry_lock BEFORE INSERT ON ledger_journal_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_lock();
CREATE TRIGGER ledger_journal_entry_check BEFORE INSERT ON ledger_journal_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_check();
CREATE TRIGGER ledger_journal_entry_seal AFTER INSERT ON ledger_journal_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_seal();
CREATE TRIGGER ledger_journal_entry_change BEFORE UPDATE OR DELETE ON ledger_journal_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('journal_entry_is_append_only');
CREATE TRIGGER ledger_journal_entry_truncate BEFORE TRUNCATE ON ledger_journal_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('journal_entry_is_append_only');

CREATE TRIGGER ledger_balance_write BEFORE INSERT OR UPDATE OR DELETE ON ledger_balance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_balance_guard();
CREATE TRIGGER ledger_balance_truncate BEFORE TRUNCATE ON ledger_balance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('balance_is_written_by_the_seal');

CREATE TRIGGER ledger_account_lock BEFORE UPDATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_lock();
CREATE TRIGGER ledger_account_change BEFORE UPDATE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();
CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('account_is_never_deleted');
CREATE TRIGGER ledger_account_truncate BEFORE TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('account_is_never_deleted');

CREATE TRIGGER ledger_period_lock BEFORE INSERT OR UPDATE ON ledger_period
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_lock();
CREATE TRIGGER ledger_period_open BEFORE INSERT ON ledger_period
  FOR EACH ROW EXECUTE FUNCTION ledger_period_open();
CREATE TRIGGER ledger_period_change BEFORE UPDATE ON ledger_period
  FOR EACH ROW EXECUTE FUNCTION ledger_period_guard();
CREATE TRIGGER ledger_period_delete BEFORE DELETE ON ledger_period
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse('period_is_never_deleted');
CREATE TRIGGER ledger_period_truncate BEFORE TRUNCATE ON ledger_period
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('period_is_never_deleted');
