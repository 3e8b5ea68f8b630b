"""The vendored files are the published ones, and their licences stand beside them."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parents[3] / "reports" / "vendor"
LINE = re.compile(
    r"\| `(?P<file>[^`]+)` \| .* \| .* \| .*`(?P<licence>[^`]+)` \| `(?P<digest>[0-9a-f]{64})` \|"
)


def test_every_vendored_file_is_listed_with_its_digest_and_licence() -> None:
    listed = {
        match["file"]: match for match in LINE.finditer((VENDOR / "VENDORED.md").read_text(encoding="utf-8"))
    }
    assert set(listed) == {path.name for path in VENDOR.glob("*.js")}
    for name, match in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == match["digest"]
        assert "Permission is hereby granted" in (VENDOR / match["licence"]).read_text(encoding="utf-8")
