"""What a run shows where nobody watches a terminal: lines, also where colours are asked for."""

from flows.progress import stage


def test_in_a_notebook_a_stage_is_one_line(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with stage("reading", "entries", total=3) as advance:
        advance(1)
        advance(2)
    assert capsys.readouterr().err == "reading: 3 entries\n"
