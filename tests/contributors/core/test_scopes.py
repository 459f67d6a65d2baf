import pytest

from contributors.core.scopes import NOUNS, allows


def test_read_alone_never_writes():
    every = [noun for nouns in NOUNS.values() for noun in nouns]
    assert not any(allows(["read"], method="POST", noun=noun) for noun in every)
    assert all(allows(["read"], method="GET", noun=noun) for noun in every)


@pytest.mark.parametrize("scope", [name for name in NOUNS if name != "tokens"])
def test_a_narrow_scope_reaches_its_nouns_alone(scope):
    reached = {
        noun
        for nouns in NOUNS.values()
        for noun in nouns
        if allows([scope], method="POST", noun=noun)
    }
    assert reached == NOUNS[scope]


def test_only_the_scope_tokens_makes_tokens():
    assert not allows(["read", "write"], method="POST", noun="tokens")
    assert allows(["tokens"], method="POST", noun="tokens")
