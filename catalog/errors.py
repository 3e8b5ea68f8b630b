"""The errors of the catalog; the class name of a `ReadError` is the `error_type` of a failed entry."""

from __future__ import annotations


class CatalogError(Exception):
    """Something outside of the program (a path, a table, a disk) is not as it must be.

    `may_pass` says whether the same run may succeed later with nothing set right by hand.
    """

    may_pass = False


class SourceError(CatalogError):
    """A source cannot be opened or read to its end: unknown kind, missing path, a service that fails."""


class SourceUnreachableError(SourceError):
    """A service does not answer, or keeps answering with errors; it may later."""

    may_pass = True


class SourceRefusedError(SourceError):
    """A service does not let the user in: the key is missing or wrong."""


class SourceChangedError(SourceError):
    """A database changed while it was being read: what came belongs to two versions of it."""

    may_pass = True


class HomeError(CatalogError):
    """The home directory cannot be written."""

    may_pass = True


class LakeError(CatalogError):
    """A Delta table refuses a batch, or was written by a program that knows more than this one."""

    may_pass = True


class DamagedTableError(LakeError):
    """A file of a table is missing, or does not hold what was written."""

    may_pass = False


class PublishError(CatalogError):
    """A run cannot be published as it stands; the catalog published before stays in place."""

    may_pass = True


class RunError(CatalogError):
    """There is no such run, or its record cannot be written."""


class DamagedRunError(RunError):
    """A file of a published run is missing, or does not hold what was published."""


class UnknownIdError(CatalogError):
    """No entry of this id is known."""


class ReadError(Exception):
    """One entry cannot be read. The message is one sentence; the class name is the `error_type`.

    `elements` and `formula` hold what was known of the composition when reading stopped.
    """

    def __init__(self, message: str, elements: tuple[str, ...] = (), formula: str = "") -> None:
        """Keeps the message, and the composition where it is known."""
        super().__init__(message)
        self.elements = elements
        self.formula = formula


class EmptyFileError(ReadError):
    """The file or text holds nothing."""


class NotAStructureError(ReadError):
    """The file is in no format that any reader knows."""


class FileAccessError(ReadError):
    """The file vanished, is not a regular file, or may not be read."""


class TooLargeError(ReadError):
    """The text, once decompressed, is larger than the limit."""


class TooManySitesError(ReadError):
    """The structure has more sites than the limit, or would have after its symmetry is applied."""


class TooManyStructuresError(ReadError):
    """The file holds more structures than the limit."""


class BadCellError(ReadError):
    """The cell is not finite, has no volume, or is flat."""


class BadCoordinatesError(ReadError):
    """A fractional coordinate or an occupancy is not a finite number in its range."""


class UnknownElementError(ReadError):
    """A site holds something that is no chemical element."""


class MissingAtomsError(ReadError):
    """The sites lack atoms that the declared formula names."""


class NoStructureError(ReadError):
    """The text is readable but holds no atoms."""


class ParseError(ReadError):
    """The reader of this format gave up; its own words follow."""


class DuplicateIdError(ReadError):
    """The source gives one id to two entries."""


class MissingValueError(ReadError):
    """A row of the source lacks its id or its structure."""


class NotGivenError(ReadError):
    """The service refuses to give the rest of its entries."""


class NotPeriodicError(ReadError):
    """A molecule or a chain: readable, but with fewer than the two periods that a net has.

    This is a reason for rejection, not a failure: flows turns it into one.
    """


class TimeLimitError(ReadError):
    """Reading took longer than the wall limit."""


class MemoryLimitError(ReadError):
    """Reading needed more memory than the limit."""
