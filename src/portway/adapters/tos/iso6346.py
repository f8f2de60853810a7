"""Box numbers: the check digit of ISO 6346 (annex A)."""

import re

_SHAPE = re.compile(r"[A-Z]{3}[UJZ]\d{7}")


def check_digit(number: str) -> int:
    """Check digit for the first ten characters: letters count 10, 12, 13 .. 38 (multiples of 11 are skipped),
    position i weighs 2**i, the sum is taken modulo 11 and then modulo 10."""
    total = 0
    for i, char in enumerate(number[:10]):
        value = int(char) if char.isdigit() else 10 + (ord(char) - 65) + (ord(char) - 65 + 9) // 10
        total += value << i
    return total % 11 % 10


def check_digit_wrong(number: str) -> bool:
    """Whether a number has the shape of ISO 6346 and a wrong last digit; other shapes are not judged."""
    return bool(_SHAPE.fullmatch(number)) and check_digit(number) != int(number[10])
