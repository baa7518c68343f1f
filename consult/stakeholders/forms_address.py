"""An address typed into a form: what is wrong with it stands at its field, where it is mended."""

from typing import Any

from wtforms.validators import ValidationError

from consult.stakeholders.rules import AddressWrong, checked_address


class OneAddress:
    """The field holds an e-mail address, or nothing. What was typed is kept as it is: operations bring it into its normal form."""

    def __call__(self, form: Any, field: Any) -> None:
        if not field.data:
            return
        try:
            checked_address(field.data)
        except AddressWrong as problem:
            raise ValidationError(str(problem)) from None
