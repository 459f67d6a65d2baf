import gzip
import io

import pytest

from contributors import errors, services
from contributors.models import Batch, Consent, RowIssue
from contributors.selectors import batch_receipt
from tests.contributors.conftest import NOW, table

pytestmark = pytest.mark.django_db
BAD = ("r1,1,2,no", "r2,abc,2,maybe", "r3,1,,no", "r4,1")


def test_a_receipt_says_what_was_taken(join, give):
    receipt = give(join("ann"), "r1,1,2,no", "r2,3,4,yes", file_label="../my/file.csv")
    assert (receipt.state, receipt.row_count, receipt.accepted_count) == ("accepted", 2, 2)
    assert (receipt.duplicate_count, receipt.invalid_count, receipt.issues) == (0, 0, ())
    assert receipt.file_label == "file.csv"
    assert receipt.licence_identifier == "CC0-1.0"
    assert len(receipt.file_sha256) == len(receipt.content_sha256) == 64


def test_the_same_bytes_twice_give_the_first_receipt(join, give):
    ann = join("ann")
    first, second = give(ann, "r1,1,2,no"), give(ann, "r1,1,2,no")
    assert (second.id, second.replayed, first.replayed) == (first.id, True, False)
    assert Batch.objects.count() == 1


def test_the_same_rows_in_another_format_have_the_same_content_digest(join, give):
    ann = join("ann")
    csv = give(ann, "r1,1,2,no", "r2,3,4,yes")
    lines = (
        b'{"record": "r1", "size": 1, "weight": 2, "late": "no"}\n'
        b'{"late": "yes", "record": "r2", "size": 3.0, "weight": 4}\n'
    )
    jsonl = give(ann, file=io.BytesIO(lines))
    packed = give(ann, file=io.BytesIO(gzip.compress(lines)))
    assert csv.content_sha256 == jsonl.content_sha256 == packed.content_sha256
    assert (jsonl.file_format, packed.file_format) == ("jsonl", "jsonl.gz")


def test_all_errors_come_at_once_with_line_and_column(join, give):
    with pytest.raises(errors.InvalidRows) as refused:
        give(join("ann"), *BAD)
    found = [(e.line, e.column, e.code) for e in refused.value.context["errors"]]
    assert found == [
        (3, "late", "unknown_label"),
        (3, "size", "not_a_number"),
        (4, "weight", "missing"),
        (5, "", "ragged_row"),
    ]
    assert refused.value.sentence.startswith("Line 3, column “late”")
    assert not Batch.objects.exists()


def test_invalid_rows_are_left_out_when_asked(join, give):
    receipt = give(join("ann"), *BAD, invalid_rows="leave_out")
    assert (receipt.accepted_count, receipt.invalid_count) == (1, 3)
    assert {issue.line for issue in receipt.issues} == {3, 4, 5}


def test_a_file_without_one_good_row_is_refused_even_then(join, give):
    with pytest.raises(errors.NoAcceptedRows):
        give(join("ann"), "r1,x,2,no", invalid_rows="leave_out")


def test_duplicates_are_counted_and_those_of_others_apart(join, give):
    ann, bob = join("ann"), join("bob")
    give(ann, "r1,1,2,no", "r2,1,2,no")
    receipt = give(bob, "r2,9,9,yes", "r3,1,2,no", "r3,1,2,no", "r4,1,2,no")
    assert receipt.row_count == 4
    assert (receipt.accepted_count, receipt.duplicate_count) == (2, 2)
    assert receipt.duplicate_other_count == 1


def test_rows_of_the_validation_set_are_refused_with_a_count_only(join, give):
    with pytest.raises(errors.OverlapsValidation) as refused:
        give(join("ann"), "v2,7,7,no", "r1,1,2,no")
    assert "1 of the rows" in refused.value.sentence
    assert refused.value.context == {}
    assert not Batch.objects.exists()


def test_without_consent_nothing_is_taken(programme, give, join):
    ann = join("ann")
    services.consent_revoke(consent_id=Consent.objects.get().id, actor=None, now=NOW)
    with pytest.raises(errors.ConsentMissing):
        give(ann, "r1,1,2,no")


def test_a_closed_programme_takes_nothing(programme, give, join):
    ann = join("ann")
    services.programme_close(programme_id=programme.id, actor=None, now=NOW)
    with pytest.raises(errors.ProgrammeNotOpen):
        give(ann, "r1,1,2,no")


def test_nobody_gives_in_the_name_of_another(join, give, make_user):
    join("ann", user=make_user("ann"))
    bob = make_user("bob")
    with pytest.raises(errors.NotFound):
        give(join("cleo"), "r1,1,2,no", actor=bob)


def test_a_large_file_is_checked_by_the_worker(join, give):
    receipt = give(join("ann"), "r1,1,2,no", checked_at_once_bytes_max=0)
    assert receipt.state == "registered"
    assert services.batch_check(batch_id=receipt.id, now=NOW) == "accepted"
    assert services.batch_check(batch_id=receipt.id, now=NOW) == "accepted"
    checked = batch_receipt(receipt.id)
    assert (checked.accepted_count, Batch.objects.get().upload_name) == (1, "")


def test_the_worker_rejects_with_all_reasons(join, give):
    receipt = give(join("ann"), *BAD, checked_at_once_bytes_max=0)
    assert services.batch_check(batch_id=receipt.id, now=NOW) == "rejected"
    rejected = batch_receipt(receipt.id)
    assert (rejected.refusal_code, rejected.invalid_count) == ("invalid_rows", 3)
    assert RowIssue.objects.count() == 4


def test_a_worker_killed_while_checking_leaves_a_batch_that_is_checked_again(join, give):
    receipt = give(join("ann"), "r1,1,2,no", checked_at_once_bytes_max=0)
    Batch.objects.update(state="checking")
    assert services.batch_check(batch_id=receipt.id, now=NOW) == "accepted"


def test_a_batch_still_being_checked_leaves_with_its_consent(programme, join, give):
    ann, large = join("ann"), {"checked_at_once_bytes_max": 0}
    first = give(ann, "r1,1,2,no", **large)
    services.consent_revoke(consent_id=Consent.objects.get().id, actor=None, now=NOW)
    assert services.batch_check(batch_id=first.id, now=NOW) == "withdrawn"
    services.consent_give(contributor_id=ann.id, programme_id=programme.id, actor=None, now=NOW)
    again = give(ann, "r1,1,2,no", **large)
    assert again.id != first.id
    assert services.batch_check(batch_id=again.id, now=NOW) == "accepted"
    assert [batch.id for batch in Batch.objects.live()] == [again.id]


def test_staff_alone_are_told_that_a_batch_is_near_the_validation_set(
    join, give, make_user, client
):
    ann, reviewer = make_user("ann"), make_user("rev", role="reviewer")
    receipt = give(join("ann", user=ann), "r1,1,2,no")
    Batch.objects.update(flags=["near_validation", "suspected_copy"])
    told = {ann: ["suspected_copy"], reviewer: ["near_validation", "suspected_copy"]}
    for user, flags in told.items():
        client.force_login(user)
        assert client.get(f"/api/v1/batches/{receipt.id}/").json()["flags"] == flags
        assert client.get("/api/v1/batches/").json()["results"][0]["flags"] == flags
        page = client.get(f"/batches/{receipt.id}/").content.decode()
        assert ("close to the rows that judge" in page) == (user == reviewer)


def test_a_withdrawn_batch_can_be_sent_again(join, give):
    ann = join("ann")
    first = give(ann, "r1,1,2,no")
    for _ in range(2):
        withdrawn = services.batch_withdraw(batch_id=first.id, actor=None, now=NOW)
    assert withdrawn.state == "withdrawn"
    assert give(ann, "r1,1,2,no").id != first.id


def test_a_declared_constant_fills_missing_values(draft, join, give, licence):
    other = draft(slug="filled", column_rules={"weight": {"impute": 7, "minimum": 0}})
    services.programme_open(programme_id=other.id, actor=None, now=NOW)
    ann = join("ann", to=other)
    assert give(ann, "r1,1,,no", to=other).accepted_count == 1
    with pytest.raises(errors.InvalidRows) as refused:
        give(ann, "r1,1,-1,no", to=other)
    assert refused.value.context["errors"][0].code == "out_of_range"


def test_a_dialect_that_is_not_offered_is_refused(join, give):
    with pytest.raises(errors.UnknownDialect):
        give(join("ann"), "r1,1,2,no", dialect={"encoding": "rot13"})


def test_an_encoding_can_be_said(join, give):
    file = io.BytesIO(table("é,1,2,no").getvalue().decode().encode("windows-1252"))
    ann = join("ann")
    with pytest.raises(errors.NotInEncoding, match="Line 2"):
        give(ann, file=file)
    assert give(ann, file=file, dialect={"encoding": "windows-1252"}).accepted_count == 1


@pytest.mark.parametrize(
    ("name", "guess"), [("Zo\xeb", " It may be windows-1252."), ("\x81\x8d\x8f\x90", "")]
)
def test_only_an_encoding_that_can_be_chosen_is_guessed(join, give, name, guess):
    file = io.BytesIO(f"record,size,weight,late\n{name},1,2,no\n".encode("latin-1"))
    with pytest.raises(errors.NotInEncoding) as refusal:
        give(join("ann"), file=file)
    assert str(refusal.value).endswith(guess) and ("may be" in str(refusal.value)) == bool(guess)


def test_the_virus_scanner_of_the_settings_is_asked(join, give, settings):
    settings.VIRUS_SCANNER = "tests.contributors.services.test_batches.eicar"
    with pytest.raises(errors.InfectedFile):
        give(join("ann"), "EICAR,1,2,no")
    assert give(join("bob"), "r1,1,2,no").state == "accepted"


def eicar(file):
    return "EICAR" if b"EICAR" in file.read() else None
