"""The table of printed values, and how a computed value is judged."""

import pytest

from polywell.proposal.reproduction.printed import Printed, Verdict, compare, printed_values

# Transcribed once more, apart from the table: what the proposal prints beside Tables 1 and 2.
PRINTED = {
    "lambda": {"cuprate": 1300, "iron-based": 400},
    "stripes": {
        "x.2": "1/4", "x.3": "1/6", "x.4": "1/8", "x.5": "1/10", "x.6": "1/12", "x.7": "1/14", "x.8": "1/16",
        "anomaly": 4, "ca.bi2201": 4.13, "ca.ca2cuo2cl2": 3.89,
    },
    "stm": {
        "ca2cuo2cl2.h_alpha": 2.742, "ca2cuo2cl2.h_beta": 10.263, "ca2cuo2cl2.k": 0.267,
        "bi2201.h_alpha": 4.662, "bi2201.h_beta": 17.175, "bi2201.k": 0.271,
        "side_bars": 1.5, "side_bar_1": 1.2, "side_bar_2": 1.3,
    },
    "trilayers": {
        "r_ca": 0.99, "r_sr": 1.13, "order": "alpha < beta < gamma", "binding": "alpha > beta > gamma",
        "gaps": "alpha > beta > gamma", "sheets": "1, 2, 3", "flat_from": 0.16, "flat_to": 0.32,
    },
    "landscape": {"gamma": "well", "pockets": 4},
    "resonance": {
        "c": 12.63, "iron_distance": 5.855, "xi_alpha": 2.504, "xi_beta": 2.928, "xi_gamma": 3.387,
        "e_beta": 13, "e_alpha": 17.9, "e_gamma": 9.7, "e_alpha_measured": 18.3, "e_gamma_measured": 9.5,
        "eta_alpha": 7.22, "eta_beta": 3.13, "eta_gamma": 4.37, "intensity": 3,
        "parity.alpha": "even", "parity.beta": "odd", "parity.gamma": "odd", "delay": 0.25,
    },
    "domes": {
        "xi_1": 3.534, "tc_1": 32.0, "tc_1_measured": 32, "xi_2": 2.836, "tc_2": 49.7, "tc_2_quoted": 49,
        "tc_2_measured": 48.7, "jump": 1.4, "end_1": 9.2, "begin_2": 10.5, "end_2": 13.2,
    },
    "chemical": {
        "r_la": 1.03, "r_pr": 0.99, "tc": 80, "shift": 3.1, "shift_measured": 2.5, "tc_measured": 82.5,
    },
    "nickelates": {
        "z_la": 0.316, "c": 19.734, "xi": 3.631, "tc": 98.6, "limit": 100, "xi_alpha": 3.698,
        "xi_beta": 3.767, "tc_alpha": 95.1, "tc_beta": 91.6, "xi_cuprates": 3.211,
    },
}  # fmt: skip


def value(**more) -> Printed:
    return Printed.model_validate(
        {
            "key": "s.k",
            "section": "s",
            "what": "w",
            "value": 10.0,
            "unit": "K",
            "decimals": 0,
            "role": "result",
        }
        | more
    )


def test_the_table_holds_every_value_and_no_other() -> None:
    expected = {f"{section}.{key}": one for section, rows in PRINTED.items() for key, one in rows.items()}
    assert {key: one.value for key, one in printed_values().items()} == expected


def test_numbers_say_how_precisely_they_are_printed() -> None:
    for one in printed_values().values():
        assert isinstance(one.value, str) == (one.decimals is None)
        if one.decimals is not None:
            assert round(one.number, one.decimals) == one.number
            assert one.half_unit == pytest.approx(0.5 * 10**-one.decimals)


@pytest.mark.parametrize(
    ("computed", "more", "verdict"),
    [
        (10.4, {}, Verdict.EQUAL),
        (10.5, {}, Verdict.EQUAL),
        (10.9, {"slack": 0.5}, Verdict.ROUNDING),
        (10.9, {}, Verdict.DIFFERS),
        (10.9, {"built": True}, Verdict.NO_TEST),
        (10.1, {"circular": True}, Verdict.NO_TEST),
    ],
)
def test_verdicts_on_numbers(computed, more, verdict) -> None:
    pair = compare(value(), computed, "arithmetic", "by hand", **more)
    assert pair.verdict is verdict
    assert pair.difference == pytest.approx(computed - 10)
    assert pair.difference_percent == pytest.approx(10 * (computed - 10))


def test_a_length_may_be_one_percent_off_a_temperature_two() -> None:
    length = value(value=3.0, unit="Å", decimals=4)
    assert compare(length, 3.029, "structure", "x").verdict is Verdict.CLOSE
    assert compare(length, 3.031, "structure", "x").verdict is Verdict.DIFFERS
    temperature = value(value=90.0, decimals=1)
    assert compare(temperature, 91.7, "structure", "x").verdict is Verdict.CLOSE
    assert compare(temperature, 91.9, "structure", "x").verdict is Verdict.DIFFERS


def test_texts_are_the_same_or_not() -> None:
    text = value(value="odd", decimals=None, unit="")
    assert compare(text, "odd", "structure", "x").verdict is Verdict.EQUAL
    assert compare(text, "even", "structure", "x").verdict is Verdict.DIFFERS
    with pytest.raises(ValueError, match="text 'odd'"):
        _ = text.number
