"""The frozen spec of a game, and the memo of its coalitions."""

from django.db import models

from contributors.identifiers import uuid7


class Game(models.Model):
    """Everything that decides v(S) besides the rows of S; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.ForeignKey("contributors.Programme", on_delete=models.PROTECT)
    spec = models.JSONField(help_text="Canonical: model, utility, data digests, versions.")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"game {self.digest[:12]}"


class CoalitionUtility(models.Model):
    """v(S) of one coalition of one game, found by the digests of the players' rows."""

    game = models.ForeignKey(Game, on_delete=models.PROTECT)
    digest = models.BinaryField(max_length=32)
    utility = models.FloatField()
    untrainable = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["game", "digest"], name="coalition_utility_is_stored_once"
            )
        ]

    def __str__(self) -> str:
        return f"v({bytes(self.digest).hex()[:12]}) = {self.utility}"
