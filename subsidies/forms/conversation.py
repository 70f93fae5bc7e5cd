from django import forms

from pilot_portal.files.forms import PaperField, PaperForm


class ConversationForm(PaperForm):
    """Words for the other side of a case, with one paper."""

    text = forms.CharField(
        label="留言",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "请写明留言内容。"},
    )
    paper = PaperField(label="附件（选填）", required=False)
