"""Who gave what.

A **contributor** gives **consent** to a **licence** and registers **batches** of rows in a
**programme** (one task, one target, one utility, one currency). A programme holds
**validation sets** apart that nobody sees. Evidence that two contributors are one (an
**owner link**, a **suspected pair**) makes them one player once a reviewer confirms it.
A **user** logs in; an **API token** lets a program do so; an **audit event** says who did what.
"""

from contributors.models.api_token import ApiToken
from contributors.models.audit_event import AuditEvent
from contributors.models.batch import Batch, RowIssue
from contributors.models.consent import Consent
from contributors.models.contributor import Contributor, ContributorProfile
from contributors.models.copied_rows import CopiedRows
from contributors.models.idempotent_request import IdempotentRequest
from contributors.models.licence import Licence
from contributors.models.owner_link import OwnerLink
from contributors.models.preview import Preview
from contributors.models.programme import Programme
from contributors.models.suspected_pair import SuspectedPair
from contributors.models.tombstone import Tombstone
from contributors.models.upload import Upload, UploadPart
from contributors.models.user import User
from contributors.models.validation_set import ValidationSet

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Batch",
    "Consent",
    "Contributor",
    "ContributorProfile",
    "CopiedRows",
    "IdempotentRequest",
    "Licence",
    "OwnerLink",
    "Preview",
    "Programme",
    "RowIssue",
    "SuspectedPair",
    "Tombstone",
    "Upload",
    "UploadPart",
    "User",
    "ValidationSet",
]
