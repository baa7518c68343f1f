"""Cells of tables that people open in a spreadsheet: never calculated, in whatever width a formula is written."""

# A cell that begins so would be calculated. Source: OWASP, CSV injection. The second half: East Asian full width.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫")
MARK = "'"


def harmless_cell(words: str) -> str:
    """A text for a cell, marked where it would be calculated, blanks before it or not; or where it looks as if it were marked."""
    bare = words.lstrip(MARK)
    return f"{MARK}{words}" if bare.startswith(FORMULA) or bare.lstrip().startswith(FORMULA) else words


def plain_cell(words: str) -> str:
    """A text from a cell, without the mark that `harmless_cell` gave it."""
    bare = words.removeprefix(MARK)
    return bare if bare != words and harmless_cell(bare) == words else words
