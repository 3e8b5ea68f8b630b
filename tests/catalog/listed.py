from catalog.sources import Source


def listed(source: Source) -> list[tuple[str, str | None]]:
    """The stamps of a source's index, in its order."""
    rows = [row for batch in source.index() for row in batch.to_pylist()]
    return [(row["id"], row["stamp"]) for row in rows]
