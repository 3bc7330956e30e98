"""Singular and plural."""


def counted(number: int, noun: str, *, many: str = "") -> str:
    """`1 line`, `2 lines`; `many` is an irregular plural."""
    return f"{number} {noun if number == 1 else many or f'{noun}s'}"
