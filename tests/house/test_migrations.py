"""The migrations make the schema that the models describe."""

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_no_change_of_a_model_lacks_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_system_check_finds_nothing():
    call_command("check", fail_level="WARNING")
