import unittest

from roman import from_roman, to_roman


class RomanTest(unittest.TestCase):
    def test_known_values(self):
        for number, text in [(1, "I"), (4, "IV"), (1994, "MCMXCIV"), (3999, "MMMCMXCIX")]:
            with self.subTest(number=number):
                self.assertEqual(to_roman(number), text)
                self.assertEqual(from_roman(text), number)

    def test_every_number_comes_back(self):
        for number in range(1, 4000):
            self.assertEqual(from_roman(to_roman(number)), number)

    def test_what_is_not_a_number(self):
        for text in ("IIII", "VX", "hello"):
            with self.assertRaises(ValueError):
                from_roman(text)
        with self.assertRaises(ValueError):
            to_roman(0)
