"""From the rows of the catalog to pages and pictures; nothing is computed here for the first time."""
