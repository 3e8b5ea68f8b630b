"""`polywell calibrate`: the table is replaced durably, what moved is said, and only a checkout is written."""

from dataclasses import replace

import pytest

from catalog.home import checkout as own_checkout
from flows.studies import calibrate as module
from flows.studies import checkout as checkouts
from flows.studies.calibrate import TABLE, calibrate
from flows.studies.checkout import NotACheckoutError
from polywell.evidence.calibration_table import built_in_calibration, from_text, to_text
from tests.flows import crystals

BEFORE = built_in_calibration()


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / TABLE.parent).mkdir(parents=True)
    (tmp_path / TABLE).write_text(to_text(BEFORE), "utf-8")
    return tmp_path


def moved():
    """One cuprate row gone, another tree; a new digest of the training data."""
    first, *others = BEFORE.models
    digests = tuple((name, "f" * 64 if name == "training" else digest) for name, digest in BEFORE.digests)
    tc = replace(first.tc, baseline=first.tc.baseline + 1.0)
    return replace(BEFORE, models=(replace(first, rows=first.rows - 1, tc=tc), *others), digests=digests)


def test_it_is_the_table_of_the_checkout() -> None:
    assert crystals.CHECKOUT == own_checkout()
    assert (crystals.CHECKOUT / TABLE).is_file()


def test_an_installed_package_is_no_checkout(monkeypatch) -> None:
    monkeypatch.setattr(checkouts, "own_checkout", lambda: None)
    with pytest.raises(NotACheckoutError, match=r"an installed package is no checkout .* --editable"):
        calibrate(fit=lambda families: pytest.fail("fitted for nothing"))


def test_the_same_calibration_moves_nothing(checkout) -> None:
    stamp = (checkout / TABLE).stat().st_mtime_ns
    done = calibrate(checkout, lambda families: BEFORE)
    assert (done.changed, done.moved) == (False, ("nothing moved",))
    assert (checkout / TABLE).stat().st_mtime_ns == stamp


def test_what_moved_is_said_with_both_digests(checkout) -> None:
    done = calibrate(checkout, lambda families: moved())
    assert done.changed and done.path == checkout / TABLE
    old, family = dict(BEFORE.digests)["training"][:12], BEFORE.models[0].family
    assert done.moved[0] == f"training: {old} to ffffffffffff"
    count, hot = BEFORE.models[0].rows, BEFORE.models[0].superconducting
    assert done.moved[1] == f"{family}: {count} rows to {count - 1}, superconducting {hot} to {hot}"
    assert done.moved[2] == f"{family}: other trees"
    assert len(done.moved) == 3
    assert from_text((checkout / TABLE).read_text("utf-8")) == moved()
    assert [file.name for file in (checkout / TABLE).parent.iterdir()] == [TABLE.name]


def test_families_come_and_go(checkout) -> None:
    fewer = replace(BEFORE, models=BEFORE.models[1:])
    assert calibrate(checkout, lambda families: fewer).moved == (f"{BEFORE.models[0].family}: gone",)
    assert calibrate(checkout, lambda families: BEFORE).moved == (f"{BEFORE.models[0].family}: new",)


def test_another_layout_of_the_same_numbers_is_said(checkout) -> None:
    (checkout / TABLE).write_text(to_text(BEFORE) + "\n", "utf-8")
    assert calibrate(checkout, lambda families: BEFORE).moved == ("only the layout of the table moved",)


@pytest.mark.parametrize("content", [b"schema = = 1", b"\xff\xfe", None])
def test_a_table_that_is_broken_or_missing_is_made_anew(checkout, content) -> None:
    (checkout / TABLE).unlink()
    if content is not None:
        (checkout / TABLE).write_bytes(content)
    done = calibrate(checkout, lambda families: BEFORE)
    assert done.changed
    assert ("no table" if content is None else "could not be read") in done.moved[0]
    assert (checkout / TABLE).read_text("utf-8") == to_text(BEFORE)


def test_elsewhere_than_in_a_checkout_it_refuses(tmp_path) -> None:
    with pytest.raises(NotACheckoutError, match="is no checkout of polywell"):
        calibrate(tmp_path, lambda families: pytest.fail("fitted for nothing"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_permission_is_refused_before_the_fit(checkout, monkeypatch) -> None:
    monkeypatch.setattr(checkouts.os, "access", lambda path, mode: False)
    with pytest.raises(NotACheckoutError, match="cannot be written"):
        calibrate(checkout, lambda families: pytest.fail("fitted for nothing"))


def test_a_full_disk_leaves_the_table_that_was_there(checkout, monkeypatch) -> None:
    def full(files):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_files", full)
    with pytest.raises(NotACheckoutError, match="No space left"):
        calibrate(checkout, lambda families: moved())
    assert (checkout / TABLE).read_text("utf-8") == to_text(BEFORE)
