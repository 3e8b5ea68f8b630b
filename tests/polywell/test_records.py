from dataclasses import replace

from polywell.records import Outcome, Reason, Screening, with_values


def test_other_values_make_another_record_and_leave_the_first() -> None:
    record = Screening("s", "a", "MgO", ("Mg", "O"), Outcome.REJECTED, 1, "d", Reason.NO_NET_METAL)
    other = with_values(record, rank=3, nearest_known=("b",))
    assert other == replace(record, rank=3, nearest_known=("b",))
    assert record.rank is None and record.nearest_known == ()
