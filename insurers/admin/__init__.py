"""The workbench's pages on policies, entrustments, requests for insurance, underwriting lists and the market of insurers."""

from . import entrustments, market, policies, underwriting, underwriting_lists

__all__ = ["entrustments", "market", "policies", "underwriting", "underwriting_lists"]
