"""The still picture for documents."""

from io import BytesIO

from matplotlib.image import imread

from reports.run.payload import run_payload
from reports.run.picture import HEIGHT_PX, WIDTH_PX, picture
from tests.reports.made import changed


def test_picture_has_its_size_and_is_not_blank(small_run) -> None:
    image = imread(BytesIO(picture(run_payload(**small_run.arguments()))))
    assert image.shape[:2] == (HEIGHT_PX, WIDTH_PX)
    assert image[..., :3].std() > 0.05


def test_equal_payloads_give_equal_bytes_without_a_trace_of_the_software(small_run) -> None:
    payload = run_payload(**small_run.arguments())
    first = picture(payload)
    assert picture(payload) == first
    assert b"atplotlib" not in first
    assert b"tEXt" not in first


def test_an_empty_run_and_a_name_like_a_formula_can_be_drawn(make, known) -> None:
    arguments = make(measured=[changed(known("x", 3.3, 50.0), family="$\\frac{")]).arguments()
    assert len(picture(run_payload(**arguments))) > 10_000
