"""The values that Python and the custodian file share: Python's side. The browser's is tests/custodian/test_formats.py."""

from tests.support import vectors


def test_python_makes_what_the_vectors_say():
    kept = vectors.read()
    kept.pop("sealed")

    assert kept == vectors.made(), "python -m tests.support.vectors, if the change is meant"


def test_python_opens_the_sealed_ones():
    assert vectors.opened(vectors.read()) == [vectors.TEXT, vectors.TEXT]
