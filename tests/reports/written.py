"""The pages of `reports` on a disk, as a person opens them; each function gives the path of its page."""

from collections.abc import Callable, Iterable
from pathlib import Path

from catalog.store.durable import write_files
from polywell.records import Candidate
from reports.dossier.dossier import Context, dossier
from reports.dossier.page import dossier_files, dossiers_files, given_dossiers
from reports.html.study import study_files
from reports.html.writing import File
from reports.run.exports.shortlist import Shortlist, shortlist
from reports.run.page import run_files
from reports.studies.nickelate_claim.page import claim_files
from reports.studies.reproduction.page import reproduction_files
from reports.studies.validation import validation_files


def _written(give: Callable[..., Iterable[File]]) -> Callable[..., Path]:
    def write(*arguments: object, **words: object) -> Path:
        return write_files(give(*arguments, **words))[-1]

    return write


write_run = _written(run_files)
write_dossier = _written(dossier_files)
write_study = _written(study_files)
write_claim = _written(claim_files)
write_reproduction = _written(reproduction_files)
write_validation = _written(validation_files)


def write_dossiers(folder: Path, ranked: list[Candidate], structures: dict, manifest: dict, top: int) -> None:
    """Writes the dossiers of a run, or removes those of an older one where there are none."""
    context = Context.of(ranked, manifest, [])
    chosen = given_dossiers(ranked, top)
    made = [dossier(one, structures.get(one.screening.key), context) for one in chosen]
    write_files(dossiers_files(folder, made))


def write_shortlist(*arguments: object, **words: object) -> Shortlist:
    """Writes the files of a shortlist, and gives what it says of itself."""
    found = shortlist(*arguments, **words)
    write_files(found.files)
    return found
