"""The API's documentation opens under the strict policy, without another host."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_documentation_shows_the_operations_and_breaks_no_policy(person):
    ann = person()
    ann.visit("/api/docs/")
    # Swagger UI draws what is in view; more follows as one scrolls.
    expect(ann.page.locator(".opblock").nth(4)).to_be_visible()
    assert ann.complaints == []
