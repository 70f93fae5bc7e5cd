"""The workbench's pages on policies, entrustments, requests for insurance and the market of insurers."""

from . import entrustments, market, policies, underwriting

__all__ = ["entrustments", "market", "policies", "underwriting"]
