"""The API's documentation opens under the strict policy, without another host."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_documentation_shows_the_operations_and_breaks_no_policy(person):
    ann = person()
    ann.visit("/api/docs/")
    expect(ann.page.locator(".opblock").nth(50)).to_be_attached()
    assert ann.complaints == []
