"""What all pages share: templates, inlined scripts, files replaced in one step."""
