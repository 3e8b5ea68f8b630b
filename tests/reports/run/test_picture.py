"""The still picture for documents."""

import pytest
from matplotlib.image import imread

from reports.run.payload import run_payload
from reports.run.picture import HEIGHT_PX, WIDTH_PX, write_picture


def test_picture_has_its_size_and_is_not_blank(small_run, tmp_path) -> None:
    image = imread(write_picture(run_payload(**small_run.arguments()), tmp_path / "tc.png"))
    assert image.shape[:2] == (HEIGHT_PX, WIDTH_PX)
    assert image[..., :3].std() > 0.05


def test_equal_payloads_give_equal_bytes_without_a_trace_of_the_software(small_run, tmp_path) -> None:
    payload = run_payload(**small_run.arguments())
    first = write_picture(payload, tmp_path / "a.png").read_bytes()
    assert write_picture(payload, tmp_path / "b.png").read_bytes() == first
    assert b"atplotlib" not in first
    assert b"tEXt" not in first


def test_an_empty_run_and_a_name_like_a_formula_can_be_drawn(make, known, tmp_path) -> None:
    arguments = make(measured=[known("x", 3.3, 50.0) | {"family": "$\\frac{"}]).arguments()
    assert write_picture(run_payload(**arguments), tmp_path / "a.png").stat().st_size > 10_000


def test_another_suffix_is_refused(small_run, tmp_path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.png"):
        write_picture(run_payload(**small_run.arguments()), tmp_path / "tc.jpg")
