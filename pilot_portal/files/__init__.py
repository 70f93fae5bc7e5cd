"""Bytes people gave us or we issued: checked, hashed, private. Served only by the app that owns the object."""
