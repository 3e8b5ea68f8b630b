"""`polywell measured build`: from a raw file to the table of a checkout, whole or not at all."""

import pytest
from typer.testing import CliRunner

from catalog.errors import SourceError
from flows.cli.main import app
from flows.studies.measured import TABLE, build
from polywell.data.supercon.table import from_text
from polywell.evidence.calibration_table import built_in_calibration

HEAD = "supercon_number,formula,common_formula,structure_type,family,tc_k,a_ang,b_ang,c_ang,year,reference\n"
LINE = '12,La1.85Sr0.15Cu1O4-Y,"(La,Sr)2CuO4",T,cuprate,36.0,,,,1987.0,"Jpn.J.Appl.Phys., 26(1987)L223"\n'


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / TABLE.parent).mkdir(parents=True)
    return tmp_path


def test_the_same_file_gives_the_same_bytes(checkout, tmp_path) -> None:
    raw = tmp_path / "raw.csv"
    raw.write_text(HEAD + LINE, "utf-8")
    first = build(raw, checkout)
    content = first.path.read_bytes()
    assert first.changed and first.counts["oxygen not determined"] == 1
    assert [one.formula for one in from_text(content.decode())] == ["Sr0.15La1.85CuO4"]
    assert not build(raw, checkout).changed
    assert first.path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "expected the columns supercon_number"),
        (b"\xff\xfe", "not text in UTF-8"),
        ((HEAD + LINE).replace("Sr0.15", "Qq0.15").encode(), "supercon_number 12: .*'Qq' is no element"),
        (None, "No such file"),
    ],
)
def test_another_file_is_refused_and_nothing_written(checkout, tmp_path, content, said) -> None:
    raw = tmp_path / "raw.csv"
    if content is not None:
        raw.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        build(raw, checkout)
    assert not (checkout / TABLE).exists()


def test_what_is_measured_is_printed_with_its_calibration() -> None:
    forecast, dressing = (CliRunner().invoke(app, ["measured", word]) for word in ("forecast", "dressing"))
    assert (forecast.exit_code, dressing.exit_code) == (0, 0)
    assert "hgba2ca2cu3o8-quenched" in forecast.stdout and "151.0" in forecast.stdout
    assert built_in_calibration().training_digest in forecast.stderr
    assert len([line for line in dressing.stdout.splitlines() if "cuprate" in line]) == 5
