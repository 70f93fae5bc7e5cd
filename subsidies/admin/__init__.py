"""The workbench's pages on cases, windows and batches: lists, screens, buttons. All of them call services."""

from . import applications, appropriations, batches, letters, match_lists, objections, recoveries, windows

__all__ = ["applications", "appropriations", "batches", "letters", "match_lists", "objections", "recoveries", "windows"]
