"""Designs under pressure and as strained films, with what is not known of them."""
