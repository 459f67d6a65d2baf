from django.apps import AppConfig


class ContributorsConfig(AppConfig):
    """Who gave what."""

    name = "contributors"
    default_auto_field = "django.db.models.BigAutoField"
