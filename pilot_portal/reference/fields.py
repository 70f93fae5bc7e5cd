from django.db import models


def money(verbose_name: str, **options) -> models.DecimalField:
    """A column for an amount in CNY, to the fen."""
    return models.DecimalField(verbose_name, max_digits=14, decimal_places=2, **options)
