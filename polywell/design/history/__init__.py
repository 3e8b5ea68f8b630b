"""History as the judge: what designs of the measured crystals of a year know of later compounds."""
