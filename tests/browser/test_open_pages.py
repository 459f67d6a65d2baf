"""What anybody may see, signed in or not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

pytestmark = pytest.mark.browser


def test_a_stranger_reads_what_it_is_and_how_it_works(person: Callable[..., Any]) -> None:
    ann = person()
    ann.visit("/")
    ann.sees("Your data trained it")
    ann.inspect("landing")
    ann.follow("How it works")
    ann.sees("How an amount is found")
    ann.inspect("about")


def test_somebody_signs_up_confirms_the_address_and_is_in(person: Callable[..., Any]) -> None:
    ann = person()
    ann.visit("/accounts/signup/")
    ann.inspect("signup")
    ann.page.get_by_label("Email").fill("ann@example.org")
    ann.page.get_by_label("Password", exact=True).fill("correct horse battery")
    ann.page.get_by_label("Password (again)").fill("correct horse battery")
    ann.press("Create the account")
    ann.sees("Look into your mail")
    ann.inspect("verification-sent")
    link = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[0].body)
    assert link is not None
    ann.visit(link[1])
    ann.inspect("confirm-email")
    ann.press(re.compile("confirm", re.I))
    ann.visit("/accounts/login/")
    ann.inspect("login")


def test_a_page_that_is_not_there_says_so_calmly(person: Callable[..., Any]) -> None:
    ann = person()
    ann.visit("/nowhere/")
    ann.sees("There is no such page, or it is not yours.")
    ann.inspect("not-found")


def test_a_keyboard_reaches_the_content_first(person: Callable[..., Any]) -> None:
    ann = person()
    ann.visit("/")
    ann.page.keyboard.press("Tab")
    ann.page.keyboard.press("Enter")
    assert ann.page.evaluate("document.activeElement.id") == "main"
