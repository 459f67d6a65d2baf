"""Roles: given by an administrator to others, recorded, and in no other way."""

import pytest
from django.contrib import admin
from django.utils import timezone

from contributors.errors import NotPermitted, OwnRole
from contributors.models import AuditEvent, User
from contributors.services.users import user_role_set

pytestmark = pytest.mark.django_db
REVIEWER = User.Role.REVIEWER


@pytest.fixture
def eve(make_user):
    return make_user("eve", role="administrator")


def test_an_administrator_gives_a_role_and_the_audit_log_says_so(eve, make_user):
    ann = make_user("ann")
    for _ in range(2):
        user_role_set(user_id=ann.id, role=REVIEWER, actor=eve, now=timezone.now())
    ann.refresh_from_db()
    assert ann.role == "reviewer"
    [event] = AuditEvent.objects.filter(action="role_changed")
    assert (event.actor, event.detail) == (eve, {"was": "contributor", "role": "reviewer"})


def test_nobody_changes_their_own_role(eve):
    with pytest.raises(OwnRole):
        user_role_set(user_id=eve.id, role=REVIEWER, actor=eve, now=timezone.now())


@pytest.mark.parametrize("role", ["contributor", "reviewer", "approver", "auditor"])
def test_nobody_but_an_administrator_gives_roles(role, make_user):
    actor, ann = make_user("bob", role=role), make_user("ann")
    with pytest.raises(NotPermitted):
        user_role_set(user_id=ann.id, role=REVIEWER, actor=actor, now=timezone.now())


def test_the_page_finds_a_person_and_gives_the_role_that_was_chosen(eve, make_user, api):
    ann, client = make_user("ann"), api(eve)
    assert b"ann@example.org" in client.get("/people/?q=ann@").content
    assert b"Nobody by that address" in client.get("/people/?q=cleo").content

    def give(person, role):
        address = f"/people/{person.id}/role/"
        return client.post(address, {"role": role}, format="multipart").status_code

    assert give(ann, "approver") == 302
    ann.refresh_from_db()
    assert ann.role == "approver"
    assert give(ann, "king") == give(eve, "approver") == 422


def test_the_administration_cannot_take_over_an_account():
    labels = {model._meta.label for model in admin.site._registry}
    assert not labels & {"account.EmailAddress", "mfa.Authenticator", "auth.Group"}
