"""What the browser is told, who is locked out, and whose role needs a second factor."""

import pytest
from django.test import Client
from django.urls import path
from knox.models import get_token_model
from rest_framework.decorators import api_view
from rest_framework.response import Response

from ledger.project.second_factor import client_address, second_factor_missing

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def log_in(client: Client, password: str = PASSWORD):
    return client.post(
        "/accounts/login/", {"login": "ann@example.org", "password": password}, follow=False
    )


def test_pages_may_load_from_this_host_alone(client: Client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_only_the_admin_may_evaluate_expressions(client: Client):
    assert "'unsafe-eval'" in client.get("/admin/login/")["Content-Security-Policy"]


def test_a_person_logs_in_by_e_mail(client: Client, make_user):
    make_user("ann")
    assert log_in(client).status_code == 302
    assert client.session["_auth_user_id"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.9"),
        (0, "198.51.100.1", "192.0.2.9"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "forged, 198.51.100.1", "198.51.100.1"),
        (2, "forged, 198.51.100.1, 203.0.113.5", "198.51.100.1"),
        (2, "198.51.100.1", "192.0.2.9"),
    ],
)
def test_nobody_chooses_the_address_he_is_counted_under(settings, rf, proxies, forwarded, address):
    settings.PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(rf.get("/", headers=headers, REMOTE_ADDR="192.0.2.9")) == address


def test_an_address_is_locked_after_ten_wrong_passwords(client: Client, make_user):
    make_user("ann")
    for _ in range(10):
        log_in(client, "wrong")
    assert log_in(client).status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_now_and_then_locks_nobody(client: Client, make_user):
    make_user("ann")
    for _ in range(3):
        log_in(client, "wrong")
    assert log_in(client).status_code == 302


def test_a_person_who_signs_up_confirms_the_address_first(client: Client, mailoutbox):
    fields = {"email": "ann@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", fields)
    assert len(mailoutbox) == 1
    assert log_in(client)["Location"].endswith("/accounts/confirm-email/")
    mail = mailoutbox[0]
    assert mail.subject == "Confirm your address for the Compensation Ledger"
    assert mail.body.startswith("Hello,") and "Hello from" not in mail.body


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        ("contributor", False),
        ("auditor", False),
        ("reviewer", True),
        ("approver", True),
        ("administrator", True),
    ],
)
def test_those_who_move_money_or_rights_need_a_second_factor(settings, make_user, role, missing):
    settings.MFA_REQUIRED = True
    assert second_factor_missing(make_user("ann", role=role)) is missing


def test_a_reviewer_without_one_is_sent_to_set_it_up(settings, client: Client, reviewer):
    settings.MFA_REQUIRED = True
    client.force_login(reviewer)
    assert client.get("/")["Location"].startswith("/accounts/2fa/totp/activate")
    assert client.get("/accounts/2fa/totp/activate/").status_code in (200, 302)


@api_view(["GET"])
def own_address(request):
    return Response(request.user.email)


urlpatterns = [path("api/v1/own/", own_address)]


@pytest.mark.urls(__name__)
def test_a_reviewer_without_one_cannot_get_round_it_with_a_token(settings, api, reviewer):
    _, token = get_token_model().objects.create(user=reviewer, scopes=["read"])
    headers = {"Authorization": f"Token {token}"}
    assert api().get("/api/v1/own/", headers=headers).json() == reviewer.email
    settings.MFA_REQUIRED = True
    assert api().get("/api/v1/own/", headers=headers).status_code == 401
