"""What people declare of themselves, in words."""

from typing import Any

from consult.consultations.models_declared import Declared, Gender, HasDisability, OwnDeclaration
from consult.core.i18n import _l
from consult.vocabularies import tables

GENDERS = [
    (Gender.WOMAN.value, _l("A woman")),
    (Gender.MAN.value, _l("A man")),
    (Gender.ANOTHER.value, _l("I describe myself in another way")),
]
DISABILITIES = [(HasDisability.YES.value, _l("Yes")), (HasDisability.NO.value, _l("No"))]
COUNTED = {
    Gender.WOMAN.value: _l("Women"),
    Gender.MAN.value: _l("Men"),
    Gender.ANOTHER.value: _l("In another way"),
    HasDisability.YES.value: _l("Persons with a disability"),
    HasDisability.NO.value: _l("Persons without a disability"),
}


def answers() -> dict[str, Any]:
    """The words of every number that is shown, by code."""
    return {**COUNTED, **{code: one.names.shown().text for code, one in tables.groups().items()}}


def in_words(one: OwnDeclaration) -> Any:
    """A declaration, as the page of one's own entry lists it."""
    if one.what is Declared.GROUP:
        group = tables.groups().get(one.code)
        return group.names.shown().text if group else one.code
    if one.what is Declared.GENDER:
        return dict(GENDERS)[one.code]
    if one.what is Declared.DISABILITY:
        return _l("A disability: yes") if one.code == HasDisability.YES else _l("A disability: no")
    return _l("A parallel report, and the organisation may be named") if one.named else _l("A parallel report")
