"""What the valuation refuses: one class per refusal."""

from contributors.errors import Conflict, NotFound, Refusal

__all__ = ["Conflict", "NotFound", "Refusal"]


class NotFinite(Refusal):
    """The data contain NaN or an infinity.

    Drop or impute those rows before the batch enters a game.
    """


class ShapeMismatch(Refusal):
    """The arrays of a game do not fit each other.

    Rows, targets and owners need the same length, both feature arrays the same width.
    """


class UnknownModel(Refusal):
    """There is no model of that name.

    Choose a name from the list, or pass a scikit-learn estimator instance.
    """


class UnsuitableOption(Refusal):
    """The model has no such option.

    Use the option names of scikit-learn.
    """


class UnknownUtility(Refusal):
    """There is no utility of that name.

    Choose a name from the list, or pass a Utility of your own.
    """


class UnsuitableUtility(Refusal):
    """The utility cannot score this model on this target.

    Choose a utility for the kind of prediction that the model makes.
    """


class UtilityNotFinite(Refusal):
    """The utility of a coalition is NaN or infinite.

    Correct the utility: every coalition needs a number.
    """


class FitFailed(Refusal):
    """The model could not be fitted to a coalition.

    Look at the rows of the players named, or choose a more robust model.
    """


class NoPlayers(Refusal):
    """No accepted batch was there at the cut-off, so the run has no players.

    Wait until a contributor's batch is accepted, or choose a later cut-off.
    """


class UnknownWork(Refusal):
    """The programme has no work of this name to attribute.

    Name one of the programme's works.
    """


class RunNotFound(NotFound):
    """There is no such valuation run, or it is not yours to see.

    Check the id.
    """


class RunNotInState(Conflict):
    """The valuation run is not in a state that allows this.

    Reload it and look at its state.
    """


class RunOfAnotherGame(Conflict):
    """The run to continue is of another game, whose utilities say nothing about this one.

    Name a run of the same programme, utility, validation rows, purpose and work.
    """


class BudgetTooSmall(Refusal):
    """The budget of evaluations is too small for this method.

    Raise the budget to the number named, or choose a method that needs less.
    """


class UnknownMethod(Refusal):
    """There is no method of that name.

    Choose a name from the list.
    """


class TooManyPlayers(Refusal):
    """The game has too many players for this method.

    Choose a method that samples coalitions.
    """


class NoClosedForm(Refusal):
    """The game has no closed form of its values.

    Choose another method; `auto` takes a closed form where there is one.
    """


class DeadlinePassed(Refusal):
    """The deadline passed before the method had what it needs at least.

    Give it more time, or choose a method that needs fewer evaluations.
    """


class ShardFailedTooOften(Refusal):
    """A part of the run broke its worker again and again.

    Look at the worker's log for this run; resume the run when the cause is mended.
    """


class NoRows(Refusal):
    """The game is not made of rows, so there is no coreset of it.

    Use core-shap on a DataGame, or choose another method.
    """


class PlanningFailedTooOften(Refusal):
    """The next round of the run could not be planned, again and again.

    Look at the worker's log for this run; resume the run when the cause is mended.
    """


class BatchNotInPlay(Refusal):
    """No row of this batch takes part in a run today.

    It is withdrawn, not yet accepted, or holds only rows that others gave before.
    """


class AnalysisNotPossible(Refusal):
    """This question has no answer for this run.

    Suspect rows and compression need a finished run of a classification programme.
    """


class SuspectRowsUsedUp(Conflict):
    """You asked for suspect rows of this programme three times in the last 91 days.

    Wait until the first of them is 91 days old, or look at the answers that you have.
    """
