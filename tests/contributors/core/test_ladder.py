from hypothesis import given
from hypothesis import strategies as st

from contributors.core.ladder import answer, step_for

scores = st.floats(0, 1)
steps = st.floats(0.001, 0.5)


@given(scores, scores, steps)
def test_an_answer_never_falls_and_rises_by_whole_steps_alone(score, best, step):
    told = answer(score, best=best, step=step)
    assert told == best or (told <= score and told > best - step)
    if score < best + step:
        assert told == best


@given(st.lists(scores, max_size=60), steps)
def test_many_probes_move_the_answer_at_most_once_per_step(found, step):
    best, moves = 0.0, 0
    for score in found:
        told = answer(score, best=best, step=step)
        moves, best = moves + (told != best), told
    assert moves <= 1 / step + 1


def test_the_step_shrinks_with_the_root_of_the_rows():
    assert step_for(1.0, 400) == 2 * step_for(1.0, 1600)
