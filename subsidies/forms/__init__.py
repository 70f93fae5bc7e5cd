"""Forms of an applicant's pages, split as their views are."""

from .cases import AbandonForm, AnswerForm, ConfirmProposalForm, DeclineForm, RepaymentForm, ReplyForm, VersionForm, WithdrawForm
from .drafts import (
    AccountForm,
    AttachmentForm,
    CategoryForm,
    ClientPledgeForm,
    DraftForm,
    DraftPledgeForm,
    OtherSubsidiesForm,
    PledgeForm,
    PolicyForm,
    SealedPledgeForm,
)

__all__ = [
    "AbandonForm",
    "AccountForm",
    "AnswerForm",
    "AttachmentForm",
    "CategoryForm",
    "ClientPledgeForm",
    "ConfirmProposalForm",
    "DeclineForm",
    "DraftForm",
    "DraftPledgeForm",
    "OtherSubsidiesForm",
    "PledgeForm",
    "PolicyForm",
    "RepaymentForm",
    "ReplyForm",
    "SealedPledgeForm",
    "VersionForm",
    "WithdrawForm",
]
