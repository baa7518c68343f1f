"""Codes of the operator's lists in words, also those that have gone from their list since."""

from collections.abc import Iterable

from consult.core.i18n import _, language
from consult.core.texts import Texts
from consult.vocabularies import tables


class Names(dict[str, Texts]):
    """Names by code; of a code that is in the list no more, the code and that it is not."""

    def __missing__(self, code: str) -> Texts:
        return Texts({language().code: gone_word(code)})


def group_names() -> Names:
    """The names of all groups."""
    return Names({code: one.names for code, one in tables.groups().items()})


def named_groups(*, kept: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The groups that can be chosen with their names, and those that an entry keeps though they are in the list no more."""
    names = group_names()
    return [(code, str(names[code])) for code in dict.fromkeys((*names, *kept))]


def gone_word(code: str) -> str:
    """What stands for a code that has gone from its list."""
    return _("%(code)s (no longer in the list)", code=code)
