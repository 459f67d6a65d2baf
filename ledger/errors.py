"""What the ledger refuses: one class per refusal."""

from contributors.errors import Conflict, NotFound, Refusal

__all__ = ["Conflict", "NotFound", "Refusal"]


class NoPositiveWeight(Refusal):
    """Every weight is zero, so there is nothing to split the amount by.

    Look at the values: the run stops in needs_decision until a reviewer decides.
    """


class ValueUnreadable(Refusal):
    """A stored value is not a finite decimal number.

    Run the valuation again; money is computed from finite decimal text alone.
    """


class PolicyUnsuitable(Refusal):
    """The policy contains a number or a rule that cannot govern a royalty run.

    Correct what the sentence names and save the policy as a new version.
    """


# --- the journal -----------------------------------------------------------------------


class UnknownCurrency(Refusal):
    """The currency is not a currency of ISO 4217 with a number of decimals.

    Use a code such as EUR, USD or JPY.
    """


class AmountHasFraction(Refusal):
    """The amount is not a plain decimal of whole minor units.

    Write it with no more decimals than the currency has.
    """


class AmountOutOfRange(Refusal):
    """An amount is not a whole number between 1 and 10**15 minor units.

    Leave out amounts of zero; split larger ones.
    """


class UnknownAccount(Refusal):
    """The chart of accounts has no such account.

    Look the code up in docs/bookkeeping.md.
    """


class EmptyEntry(Refusal):
    """An entry without a posting says nothing.

    Post nothing where there is nothing to post.
    """


class AccountClosed(Conflict):
    """The account is closed and takes no posting.

    Post to another account.
    """


class AccountNotEmpty(Conflict):
    """An account is closed only at a balance of zero.

    Move its balance first.
    """


class Overdraft(Conflict):
    """The account does not hold this much, and may not be overdrawn.

    Look at its balance; take no more than it holds.
    """


class PeriodClosed(Conflict):
    """The period is closed: its books take no entry and no change.

    Post in an open period, with a link to the entry it adjusts.
    """


class DateOutsidePeriod(Refusal):
    """The entry is dated outside its period.

    Date it within the period, or choose the period of its date.
    """


class PeriodsOverlap(Refusal):
    """The period overlaps another, or starts before the last closed one ends.

    Choose days that no period has.
    """


class PeriodOrder(Conflict):
    """A period goes from open to frozen to closed, after all earlier ones, and never back.

    Freeze it first, and close the earlier periods.
    """


class KeyReused(Conflict):
    """The idempotency key was used for another entry.

    Use a new key for new content; repeat the same content to replay it.
    """


class NotBookedByHand(Conflict):
    """A run, a payout or a decision posted this entry, so its own steps take it back.

    Reject or cancel what posted it, or book an adjustment.
    """


class AlreadyReversed(Conflict):
    """The entry was reversed before; an entry is reversed at most once.

    Look at its reversal; reverse that to undo it.
    """


class AppendOnly(Conflict):
    """Entries, postings and balances are written once and never changed.

    Reverse the entry, or adjust it in an open period.
    """


class JournalRefused(Conflict):
    """The database refused the entry.

    Read the constraint's name: docs/bookkeeping.md lists them all.
    """


class RunNotInState(Conflict):
    """The royalty run is not in a state that allows this.

    Reload it and look at its state.
    """


class PoolHasRun(Conflict):
    """The pool already has a royalty run that was not rejected.

    Go on with that run, or have it rejected first.
    """


class DuplicatesUnresolved(Conflict):
    """Contributors who may be one hold more than 1 % of the pool, and the values pay them apart.

    Decide their pairs on the integrity board; if they are one, send the run back and value again.
    """


class PoolNotRoyalty(Refusal):
    """The pool is a reserve for adjustments and is not divided.

    Choose a pool of royalties.
    """


class ValuesNotLocked(Conflict):
    """The values of the valuation run are not locked, so they could still be superseded.

    Have the valuation run reviewed and locked first.
    """


class ProgrammeDiffers(Refusal):
    """The valuation run belongs to another programme than the pool.

    Choose a run of the pool's programme.
    """


class PeriodNotFrozen(Conflict):
    """The intake of the period is still open, so more data could arrive.

    Freeze the period first.
    """


class OwnWork(Conflict):
    """Nobody approves what they prepared, or decides on money of their own.

    Ask somebody else.
    """


class ApprovalVoid(Conflict):
    """Something under the approval's hash has changed since it was prepared.

    Look at what changed, and have it prepared and approved again.
    """


class RejectionUnexplained(Refusal):
    """Sending something back needs a sentence that says why.

    Write what has to change.
    """


class HoldbackReleased(Conflict):
    """Nothing of this reserve is held any more.

    Look at its releases.
    """


class StatementNotInState(Conflict):
    """The statement is not in a state that allows this.

    Reload it and look at its state and at its dispute window.
    """


class FormNotOffered(NotFound):
    """There is no such file format.

    Ask for pdf, csv, xlsx or json.
    """


class FileDamaged(Conflict):
    """The bytes kept of this file are not those that were issued.

    Tell an administrator; manage.py verify names the file, and the record can make it again.
    """


class BankDetailsUnusable(Refusal):
    """The account number or the bank's identifier is not valid.

    Check the IBAN and the BIC with your bank.
    """


class NotYours(NotFound):
    """There is no such object, or it is not yours.

    Check the id.
    """


class BatchNotInState(Conflict):
    """The payout batch is not in a state that allows this.

    Reload it and look at its state.
    """


class BatchCodeTaken(Conflict):
    """The code is of a payout batch of another currency, rail, bank account or day.

    Choose another code, or ask for that batch as it is.
    """


class RailUnsuitable(Refusal):
    """The rail does not carry this currency: SEPA carries EUR alone.

    Name another rail, for example transfer.
    """


class PayoutNotInState(Conflict):
    """The payout is not in a state that allows this.

    Reload it and look at its state.
    """


class NothingToPay(Refusal):
    """Nothing is payable in this currency, or every payout is held.

    Look at the reasons of the held payouts.
    """


class PaymentUnderWay(Conflict):
    """Money is on its way to the account that would be erased.

    Wait until the payment is settled or returned, then erase.
    """


class UnclaimedTooEarly(Conflict):
    """The balance can be paid, or the term of its policy has not passed.

    Pay it, or wait until the term that its last statement names is over.
    """


class BooksDisagree(Conflict):
    """A balance is not the sum of its postings, so no money moves.

    Run manage.py verify; it names the account.
    """


class BankFileInvalid(Refusal):
    """The bank file would not be valid by its schema.

    Look at the payer's account and at the payees' names.
    """


class BankMessageUnreadable(Refusal):
    """The file is not a bank message that can be read.

    Send a pain.002, camt.053, camt.054 or pacs.004 in XML, as the bank made it.
    """


class DisputeWindowClosed(Conflict):
    """The statement can no longer be disputed.

    Write to us; an adjustment may still be possible.
    """


class DisputeNotInState(Conflict):
    """The dispute is not open.

    Reload it and read its decision.
    """


class DisputeAmountUnsuitable(Refusal):
    """The disputed amount must be positive, and no more than the pool that was shared.

    Name the part of the statement that you disagree with.
    """


class DisputeOpen(Conflict):
    """Another dispute of this statement is open.

    Write in its thread, or withdraw it first.
    """


class AdjustmentTooLarge(Refusal):
    """The decision would take back more than the statement gave.

    Take back its gross share at most, less what was taken back before.
    """


class ReserveMissing(Refusal):
    """More is owed by the decision, but no reserve for adjustments was named to pay it from.

    Name an adjustment reserve with enough money in this currency.
    """
