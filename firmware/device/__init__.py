"""What lands on the board: MicroPython only, and importable on CPython."""
