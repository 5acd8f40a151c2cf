"""The page of what Keras does by version says what the table says."""

from __future__ import annotations

from tests import make_semantics_page


def test_the_page_is_up_to_date() -> None:
    assert make_semantics_page.PAGE.read_text(encoding="utf-8") == make_semantics_page.page()
