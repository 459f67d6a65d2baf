"""A data game as the peers' users write it: refit and score per coalition. NumPy, scikit-learn.

Runs in every environment, ours included, so it imports nothing of ours.
"""

import numpy as np
from sklearn.naive_bayes import GaussianNB

PROBABILITY_MIN = 1e-3


class RefitGame:
    """Log-loss of Gaussian naive Bayes on the coalition's rows; v(∅) is the class frequencies'."""

    def __init__(self, arrays):
        self.x, self.y, self.owners = arrays["x"], arrays["y"], arrays["owners"]
        self.x_validation, self.y_validation = arrays["x_validation"], arrays["y_validation"]
        self.n_players = int(self.owners.max()) + 1
        frequencies = np.bincount(self.y_validation) / len(self.y_validation)
        self.empty = float(frequencies @ np.log(np.maximum(frequencies, PROBABILITY_MIN)))
        self.fits = 0

    def __call__(self, members):
        rows = np.asarray(members, dtype=bool)[self.owners]
        y = self.y[rows]
        if len(y) < 2 or len(np.unique(y)) < 2:
            return self.empty
        self.fits += 1
        model = GaussianNB().fit(self.x[rows], y)
        columns = np.searchsorted(model.classes_, self.y_validation)
        chances = model.predict_proba(self.x_validation)[np.arange(len(columns)), columns]
        return float(np.log(np.maximum(chances, PROBABILITY_MIN)).mean())
