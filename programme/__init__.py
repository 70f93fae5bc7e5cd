"""The pilot as a whole: public site and oversight desks."""
