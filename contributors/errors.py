"""The root of every refusal, and what the intake refuses.

A refusal is anticipated: it has a `code` that programs may rely on, one
sentence, and what to do about it. Its docstring is the default text: the
sentence, a blank line, what to do.
"""

import inspect
import re
from typing import Any, ClassVar


class Refusal(Exception):
    """The request was refused.

    Read the code and the sentence; nothing was changed.
    """

    code: ClassVar[str] = "refusal"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, sentence: str | None = None, /, **context: Any) -> None:
        default, _, remedy = (inspect.getdoc(type(self)) or "").partition("\n\n")
        self.sentence = sentence or " ".join(default.split())
        self.remedy = " ".join(remedy.split())
        self.context = context
        super().__init__(self.sentence)


class Conflict(Refusal):
    """The object is not in a state that allows this.

    Reload it and look at its state.
    """


class NotFound(Refusal):
    """There is no such object, or it is not yours.

    Check the id.
    """
