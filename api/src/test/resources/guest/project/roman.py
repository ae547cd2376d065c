"""Roman numerals: the small project whose unit tests run in a sandbox."""

_SYMBOLS = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
            (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]


def to_roman(number):
    if not 0 < number < 4000:
        raise ValueError(f"{number} has no Roman numeral")
    text = ""
    for value, symbol in _SYMBOLS:
        count, number = divmod(number, value)
        text += symbol * count
    return text


def from_roman(text):
    number = rest = 0
    for value, symbol in _SYMBOLS:
        while text.startswith(symbol, rest):
            number += value
            rest += len(symbol)
    if rest != len(text) or to_roman(number) != text:
        raise ValueError(f"{text} is not a Roman numeral")
    return number
