"""The workbench's pages on policies, entrustments and the market of insurers."""

from . import entrustments, market, policies

__all__ = ["entrustments", "market", "policies"]
