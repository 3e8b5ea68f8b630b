"""Adding a source takes its own module and one row: it is then opened, listed and screened by its name."""

import pytest

from catalog.home import Home
from catalog.sources import Asked, SourceError, registry
from catalog.sources.rows import FileRow, RowsSource
from flows.cli.main import sources
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
from tests.flows.crystals import cacuo2
from tests.flows.dated import ranked


class LatticesSource(RowsSource):
    """Lines of a name and the lattice parameters a and c of an infinite-layer compound, in Å."""

    kind = "pymatgen"
    what = "a list of lattices"
    id_column = "name"

    def _rows(self, asked):
        for line in self._file.read_text().splitlines():
            name, a, c = line.split()
            structure = cacuo2()
            strains = [float(a) / structure.lattice.a - 1] * 2 + [float(c) / structure.lattice.c - 1]
            structure.apply_strain(strains)
            yield FileRow(name, structure.as_dict(), "CaCuO2", ("Ca", "Cu", "O"))

    def _stamps(self):
        for line in self._file.read_text().splitlines():
            yield line.split()[0], line


def opened(asked: Asked):
    return LatticesSource(asked.path, asked.name, asked.chemistry)


ROW = registry.SourceKind("lattices:FILE", "lattices:a.txt", "Lattices of infinite layers.", opened)


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(registry, "SOURCES", (*registry.SOURCES, ROW))


def test_it_is_listed_and_named_where_another_is_unknown(registered, capsys):
    sources()
    assert "polywell screen lattices:a.txt" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SourceError, match=r"unknown source 'lattice:x'; expected one of .*, lattices:FILE$"):
        registry.open_source("lattice:x")
    with pytest.raises(SourceError, match="there is no file 'nowhere'; give the path of a list of lattices"):
        registry.open_source("lattices:nowhere")


@pytest.mark.usefixtures("own_hands", "registered")
def test_it_is_screened_by_its_name(tmp_path):
    (tmp_path / "a.txt").write_text("near 3.85 3.18\nfar 3.85 3.30\n")
    spec = f"lattices:{tmp_path / 'a.txt'}"
    finished = run(make_plan(ScreenOptions(source=spec, home=tmp_path / "home", workers=1)))
    assert (finished.source, finished.counts.candidates) == (spec, 2)
    rows = ranked(Home.at(tmp_path / "home"))
    assert rows["near"]["tc_ceiling_k"] > rows["far"]["tc_ceiling_k"]
    again = run(make_plan(ScreenOptions(source=spec, home=tmp_path / "home", workers=1)))
    assert again.is_unchanged
