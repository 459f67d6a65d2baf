"""Values of single rows, and what values are used for.

Rows are never paid one by one: the player is a contributor's group of rows. Row values explain,
point at mistakes and choose what to keep.
"""

from valuation.core.rows.acquisition import Offer, acquisition
from valuation.core.rows.compression import CompressionPoint, compression_curve
from valuation.core.rows.influence import influence
from valuation.core.rows.neighbours import knn_shapley
from valuation.core.rows.out_of_bag import data_oob
from valuation.core.rows.suspects import SuspectRow, suspect_rows

__all__ = [
    "CompressionPoint",
    "Offer",
    "SuspectRow",
    "acquisition",
    "compression_curve",
    "data_oob",
    "influence",
    "knn_shapley",
    "suspect_rows",
]
