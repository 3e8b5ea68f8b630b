"""Data and code inside `<script>` elements can neither end nor start one."""

import json

import pytest

from reports.html.inline import inline_json, inline_script, script_source


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--", "]]>", "&amp;", "\u2028\u2029", "\udc80", "\0"]
)
def test_json_says_the_same_without_markup(text: str) -> None:
    written = inline_json({"id": text})
    assert not set("<>&") & set(written)
    assert written.isascii()
    assert json.loads(written) == {"id": text}


def test_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError):
        inline_json([float("nan")])


@pytest.mark.parametrize("code", ["a = '</SCRIPT>'", "a = '<!-- '", "a\r\nb"])
def test_code_that_html_would_misread_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="expected none"):
        inline_script(code)


def test_digest_of_a_script_is_the_one_that_browsers_compute() -> None:
    # sha256 of the empty string, in base64.
    assert script_source("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
