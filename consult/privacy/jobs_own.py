"""Background work of addresses that were typed to see what is held."""

from consult.core import clock
from consult.core.db import writing
from consult.privacy import operations_asking


def answer_ask(ask_id: int) -> None:
    """Mail the links of whoever reads an address that was typed."""
    with writing() as db:
        operations_asking.answer_ask(db, ask_id, now=clock.now())
