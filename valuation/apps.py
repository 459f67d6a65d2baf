from django.apps import AppConfig


class ValuationConfig(AppConfig):
    """What the data was worth."""

    name = "valuation"
    verbose_name = "Valuation"
