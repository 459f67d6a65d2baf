"""The root of every refusal, and what the intake refuses.

A refusal is anticipated: it has a `code` that programs may rely on, one
sentence, and what to do about it. Its docstring is the default text: the
sentence, a blank line, what to do.
"""

import inspect
import re
from typing import Any, ClassVar


class Refusal(Exception):
    """The request was refused.

    Read the code and the sentence; nothing was changed.
    """

    code: ClassVar[str] = "refusal"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, sentence: str | None = None, /, **context: Any) -> None:
        default, _, remedy = (inspect.getdoc(type(self)) or "").partition("\n\n")
        self.sentence = sentence or " ".join(default.split())
        self.remedy = " ".join(remedy.split())
        self.context = context
        super().__init__(self.sentence)


class Conflict(Refusal):
    """The object is not in a state that allows this.

    Reload it and look at its state.
    """


class NotFound(Refusal):
    """There is no such object, or it is not yours.

    Check the id.
    """


# What a file may be refused for, before or while its rows are read --------------------------


class FileRefused(Refusal):
    """The file cannot be read as a batch.

    Correct the file and send it again; nothing was stored.
    """


class EmptyFile(FileRefused):
    """The file holds no rows.

    Send a file with a header line and at least one row.
    """


class FileTooLarge(FileRefused):
    """The file is larger than a batch may be.

    Split it into several batches.
    """


class DecompressesTooFar(FileRefused):
    """The file unpacks to far more than its size.

    Send it uncompressed, or split it into several batches.
    """


class MalformedGzip(FileRefused):
    """The gzip file is damaged or cut short.

    Compress it again, or send it uncompressed.
    """


class UnknownFormat(FileRefused):
    """The file is none of CSV, JSON Lines, Parquet, plain text, nor gzip of one of them.

    Save it as CSV with a header line, in UTF-8.
    """


class UnknownDialect(FileRefused):
    """The delimiter, quote, decimal mark or encoding named is not one that is offered.

    Leave it out to have it detected, or choose one that docs/intake.md lists.
    """


class NotInEncoding(FileRefused):
    """The file is not in the encoding it should be in.

    Save it as UTF-8, or say its encoding when you send it.
    """


class NulByte(FileRefused):
    """The file holds a NUL byte, which no text has.

    Save it as text again; a NUL often means another encoding or a damaged file.
    """


class LineTooLong(FileRefused):
    """A line is longer than any line may be.

    Check the quotes and the line ends near the line named.
    """


class CellTooLong(FileRefused):
    """A text in the file is longer than 1,000 characters, the most that a cell may have.

    Shorten it, or leave the column out if the programme does not ask for it.
    """


class TooManyRows(FileRefused):
    """The file holds more rows than a batch may have.

    Split it into several batches.
    """


class TooManyColumns(FileRefused):
    """The file holds more columns than a batch may have.

    Send only the columns that the programme declares.
    """


class EmptyColumnName(FileRefused):
    """A column has no name.

    Name every column in the header line, or remove the column.
    """


class DuplicateColumn(FileRefused):
    """Two columns have the same name.

    Rename or remove one of them.
    """


class MissingColumns(FileRefused):
    """Columns that the programme declares are missing.

    Add them; names are compared letter by letter.
    """


class UnknownColumns(FileRefused):
    """The file holds columns that the programme does not declare.

    Remove them: what nobody asked for is not taken.
    """


class MalformedCsv(FileRefused):
    """The file cannot be read as CSV.

    Check quotes and delimiters near the line named.
    """


class MalformedParquet(FileRefused):
    """The file cannot be read as Parquet.

    Write it again, with plain columns of numbers, text or booleans.
    """


class NestedColumn(FileRefused):
    """A column holds lists, records or bytes instead of plain values.

    Flatten it to numbers, text or booleans.
    """


class InvalidRows(FileRefused):
    """Some rows are not as the programme needs them; nothing was stored.

    Correct the rows listed and send the file again, or ask for them to be left out.
    """


class NoAcceptedRows(FileRefused):
    """Not one row of the file is as the programme needs it.

    Correct the rows listed and send the file again.
    """


class InfectedFile(FileRefused):
    """The virus scan refused the file.

    Clean it and send it again.
    """


class OverlapsValidation(FileRefused):
    """The file holds rows of the programme's validation set, which nobody may submit.

    Only the number of rows is told. Make sure that you send data of your own.
    """


# What the state of things refuses ------------------------------------------------------------


class OwnRole(Refusal):
    """Nobody changes their own role.

    Ask another administrator.
    """


class NotPermitted(Refusal):
    """Your role may not do this.

    Ask somebody who has the role, or an administrator for it.
    """


class ScopeMissing(NotPermitted):
    """The token's scopes do not allow this.

    Make a token with a scope that does: in the browser, under your profile, Tokens.
    """


class InvalidField(Refusal):
    """A field is not as it must be.

    Correct the fields named in errors.
    """


class ProgrammeNotDraft(Conflict):
    """The programme was opened, so its specification is frozen.

    Create a new programme.
    """


class ProgrammeNotOpen(Conflict):
    """The programme takes no batches now.

    Choose an open programme.
    """


class ProgrammeIncomplete(Refusal):
    """The programme cannot open yet.

    Supply what is missing.
    """


class ValidationSetExists(Conflict):
    """The programme has a set for this purpose already.

    Remove the first one while the programme is a draft.
    """


class TooFewInGroup(Refusal):
    """A group of the sensitive column has fewer than five validation rows.

    Merge small groups or draw a larger set, so that nobody can be singled out.
    """


class ConsentMissing(Refusal):
    """There is no consent in force to the programme's licence.

    Read the licence and give your consent first.
    """


class ConsentIrrevocable(Conflict):
    """This consent was given as irrevocable.

    Withdraw single batches instead, or ask for erasure.
    """


class LicenceChanged(Conflict):
    """The licence text is not the one you read.

    Read the licence again and consent to its present text.
    """


class BatchNotWithdrawable(Conflict):
    """The batch is not one that can be withdrawn now.

    Look at its state.
    """


class BatchErased(Conflict):
    """The data of a batch was erased, so this cannot be computed any more.

    Use a new run over the batches that are left.
    """


class ErasedBefore(Conflict):
    """This data was erased before; a reviewer must look at it first.

    Ask a reviewer to admit it.
    """


class PairDecided(Conflict):
    """The pair was decided before.

    Look at the decision.
    """


class IntakeStopped(Conflict):
    """Three of your files held rows that judge this programme, so it takes no more of yours.

    Write to a reviewer, who can open the intake again.
    """


class PreviewsUsedUp(Conflict):
    """All previews of this batch, or yours in this programme, of the last 91 days are used.

    Wait until the first of them is 91 days old, or for the run itself.
    """


class TooManyUploads(Conflict):
    """Twenty uploads that you began in the last day are not complete.

    Complete one of them, or wait a day.
    """


class UploadIncomplete(Conflict):
    """Parts of the upload are missing or of the wrong size.

    Send the parts listed.
    """


class ScopeBeyondToken(Refusal):
    """A token makes no token that may do more than itself.

    Make the token with your password, or in the browser.
    """


class UnknownScope(Refusal):
    """A token scope is unknown or beyond your role.

    Choose among the scopes that docs/api.md lists.
    """
