"""What a terminal would obey never reaches it from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.printable import printable


@pytest.mark.property
@given(st.text())
def test_anything_becomes_printable_and_printable_text_stays(text):
    assert printable(text).isprintable()
    assert not text.isprintable() or printable(text) == text


@pytest.mark.unit
def test_escapes_say_what_was_there():
    assert printable("a\x1b[31m\n\u202eb\x9b\t°", kept="\t") == "a\\x1b[31m\\n\\u202eb\\x9b\t°"
    assert printable("x" * 9, 8) == "xxxxxxxx..."
