import io

import pytest

from contributors import errors, services
from contributors.models import AuditEvent, Programme, ValidationSet
from contributors.selectors import programme_get, programme_list_for, text_data
from contributors.selectors.players import players_at
from contributors.services.file_previews import file_preview
from contributors.services.validation_sets import validation_set_register
from tests.contributors.conftest import NOW, table

pytestmark = pytest.mark.django_db


def register(programme, *rows, purpose="sealed", **fields):
    return validation_set_register(
        programme_id=programme.id,
        purpose=purpose,
        file=fields.pop("file", None) or table(*rows),
        actor=None,
        now=NOW,
        **fields,
    )


def test_opening_freezes_everything_a_value_depends_on(draft):
    programme = draft(transform={"kind": "standardise"})
    opened = services.programme_open(programme_id=programme.id, actor=None, now=NOW)
    record = programme_get(programme.id)
    assert record.spec == opened.spec and len(record.spec_digest) == 64
    assert record.target_labels == ("no", "yes")
    assert record.transform["mean"] == [2.0, 20.0]
    held = ValidationSet.objects.get(purpose="validation")
    assert record.spec["validation_sha256"] == held.content_sha256
    with pytest.raises(errors.ProgrammeNotDraft):
        services.programme_open(programme_id=programme.id, actor=None, now=NOW)
    with pytest.raises(errors.ProgrammeNotDraft):
        register(programme, "s1,1,2,no")


def test_the_same_programme_has_the_same_digest_and_another_model_another(draft):
    digests = {}
    for slug, model in (("one", "ridge"), ("two", "ridge"), ("three", "decision-tree")):
        programme = draft(slug=slug, model=model)
        opened = services.programme_open(programme_id=programme.id, actor=None, now=NOW)
        digests[slug] = opened.spec_digest
    assert digests["one"] == digests["two"] != digests["three"]


@pytest.mark.parametrize(
    "fields",
    [
        {"currency": "euro"},
        {"slug": "Not A Slug"},
        {"feature_columns": []},
        {"feature_columns": ["size", "size"]},
        {"target_column": "size"},
        {"target_labels": ["no"]},
        {"column_rules": {"colour": {"minimum": 1}}},
        {"column_rules": {"size": {"shape": 1}}},
        {"transform": {"kind": "magic"}},
        {"kind": "text"},
    ],
)
def test_a_programme_that_makes_no_sense_is_refused(draft, fields):
    with pytest.raises(errors.InvalidField) as refused:
        draft(**fields)
    assert refused.value.context["errors"][0]["pointer"].startswith("/")
    assert not Programme.objects.exists()


def test_only_a_reviewer_makes_programmes(draft, licence, make_user):
    with pytest.raises(errors.NotPermitted):
        services.programme_open(programme_id=draft().id, actor=make_user("ann"), now=NOW)


def test_contributors_do_not_see_drafts(draft, make_user, reviewer):
    draft()
    assert programme_list_for(make_user("ann")) == ()
    assert [p.slug for p in programme_list_for(reviewer)] == ["parcels"]


def test_a_sealed_set_that_shares_rows_with_the_validation_set_is_refused(draft):
    with pytest.raises(errors.OverlapsValidation, match="1 rows"):
        register(draft(), "v1,9,9,no", "s1,1,2,no")


def test_one_set_per_purpose(draft):
    with pytest.raises(errors.ValidationSetExists):
        register(draft(), "s1,1,2,no", purpose="validation")


def test_a_refused_set_quotes_no_value(draft):
    with pytest.raises(errors.InvalidRows) as refused:
        register(draft(), "s1,secret,2,no")
    told = refused.value.sentence + repr(refused.value.context)
    assert "secret" not in told and "size" in told


def test_a_sensitive_group_below_five_rows_is_refused(draft):
    programme = draft(slug="people", kind="tabular")
    Programme.objects.filter(pk=programme.pk).update(sensitive_column="sex")
    header = "record,size,weight,late,sex\n"
    rows = [f"s{i},{i},1,no,{'f' if i < 4 else 'm'}\n" for i in range(12)]
    with pytest.raises(errors.TooFewInGroup):
        register(programme, file=io.BytesIO((header + "".join(rows)).encode()))
    rows.append("s99,1,1,no,f\n")
    assert register(programme, file=io.BytesIO((header + "".join(rows)).encode())).row_count == 13


def test_what_was_done_is_in_the_audit_log_without_a_value(programme):
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"programme_created", "validation_set_registered", "programme_opened"} <= actions
    with pytest.raises(TypeError):
        AuditEvent.objects.all().delete()


def test_a_language_programme_hands_out_texts_works_and_background(draft, join, give):
    texts = draft(
        slug="texts",
        kind="text",
        task="attribution",
        feature_columns=[],
        target_column="",
        target_labels=[],
        identity_columns=[],
    )
    works = (
        b'{"author": "ann", "text": "to be or not"}\n{"author": "bob", "text": "all the world"}\n'
    )
    assert register(texts, purpose="validation", file=io.BytesIO(works)).row_count == 2
    register(texts, purpose="background", file=io.BytesIO(b"once upon a time\nthe end\n"))
    services.programme_open(programme_id=texts.id, actor=None, now=NOW)
    receipt = give(join("ann", to=texts), file=io.BytesIO(b"A rose is a rose\n"), to=texts)
    assert (receipt.file_format, receipt.accepted_count) == ("text", 5)
    copy = give(join("bob", to=texts), file=io.BytesIO(b"a  rose is a ROSE"), to=texts)
    assert (copy.accepted_count, copy.duplicate_other_count) == (0, 5)
    with pytest.raises(errors.OverlapsValidation):
        give(join("cleo", to=texts), file=io.BytesIO(b"To be, or not"[:5] + b" or not"), to=texts)
    players = players_at(programme_id=texts.id, cutoff_at=NOW)
    data = text_data(programme_id=texts.id, players=players)
    assert (data.texts, data.owners.tolist()) == (("A rose is a rose\n",), [0])
    assert (data.works, data.work_authors) == (("to be or not", "all the world"), ("ann", "bob"))
    assert data.background == ("once upon a time", "the end")


def test_a_file_is_shown_as_it_would_be_read_and_nothing_is_stored(programme, make_user):
    file = io.BytesIO(b"late;record;weight;size\nno;r1;2,5;1\nmaybe;r2;x;1\n")
    found = file_preview(programme_id=programme.id, file=file, user=make_user("ann"))
    assert (found.file_format, found.dialect.delimiter, found.dialect.decimal) == ("csv", ";", ",")
    assert [(c.name, c.role, c.examples) for c in found.columns] == [
        ("record", "identity", ("r1",)),
        ("size", "feature", ("1.0",)),
        ("weight", "feature", ("2.5",)),
        ("late", "target", ("no",)),
    ]
    assert (found.rows_seen, found.error_count) == (2, 2)
