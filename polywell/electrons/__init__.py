"""Electrons: what charge neutrality, distances and bond lengths say of the metals of a net."""
