"""The API's documentation opens under the strict policy, without another host."""

import pytest

pytestmark = pytest.mark.browser


def test_the_documentation_shows_the_operations_and_breaks_no_policy(person):
    ann = person()
    ann.visit("/api/docs/")
    ann.page.wait_for_selector(".opblock")
    assert ann.page.locator(".opblock").count() > 50
    assert ann.complaints == []
