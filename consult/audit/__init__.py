"""The journal: a hash-chained record of what staff and the system did. What participants do is never in it."""

from consult.audit.operations import record

__all__ = ["record"]
