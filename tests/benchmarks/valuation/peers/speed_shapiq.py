"""CPU seconds of shapiq's exact computer on a refitted game.

Usage: python speed_shapiq.py IN.npz OUT.npz
"""

import sys
import time

import numpy as np
from refit_game import RefitGame
from shapiq.game_theory.exact import ExactComputer

game = RefitGame(np.load(sys.argv[1]))
start = time.process_time()
exact = ExactComputer(
    lambda coalitions: np.array([game(row) for row in coalitions]) - game.empty,
    n_players=game.n_players,
)
values = exact("SV").get_n_order_values(1)
np.savez(sys.argv[2], values=values, seconds=time.process_time() - start, fits=game.fits)
