"""Words that depend on a number."""


def counted(number: int, what: str, *, many: str = "") -> str:
    """`1 line`, `2 lines`; `many` is the plural of a word that has its own."""
    return f"{number} {what if number == 1 else many or f'{what}s'}"
