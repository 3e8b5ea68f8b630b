"""The shortlist with its dossiers as one page without scripts, to be mailed."""
