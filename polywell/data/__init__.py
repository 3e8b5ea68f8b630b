"""The tables that come with polywell, read, checked and typed: elements, reference library, measurements."""
