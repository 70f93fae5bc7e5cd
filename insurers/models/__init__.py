"""One module a subject; what others use stands here."""

from .api_keys import ApiAnswer, ApiKey, Scope
from .entrustments import Entrustment
from .market import Insurer, Product, Selection
from .people import InsurerStaff, StaffInvitation, StaffRole
from .policies import Endorsement, EndorsementKind, Invoice, Policy, PremiumPayment
from .underwriting import UnderwritingAnswer, UnderwritingRequest
from .underwriting_lists import UnderwritingList

__all__ = [
    "ApiAnswer",
    "ApiKey",
    "Endorsement",
    "EndorsementKind",
    "Entrustment",
    "Insurer",
    "InsurerStaff",
    "Invoice",
    "Policy",
    "PremiumPayment",
    "Product",
    "Scope",
    "Selection",
    "StaffInvitation",
    "StaffRole",
    "UnderwritingAnswer",
    "UnderwritingList",
    "UnderwritingRequest",
]
