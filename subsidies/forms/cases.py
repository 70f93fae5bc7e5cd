"""Forms for what an applicant does with a case after its filing, or with what its insurer has prepared."""

from django import forms

from pilot_portal.files.forms import PaperField, PaperForm

from .drafts import PledgeForm


class VersionForm(forms.Form):
    """The state of a case that a person had before the eyes when deciding."""

    version = forms.IntegerField(widget=forms.HiddenInput)


def reason_field(label: str, help_text: str) -> forms.CharField:
    missing = {"required": f"请写明{label}。"}
    return forms.CharField(
        label=label, max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text, error_messages=missing
    )


class WithdrawForm(VersionForm):
    reason = reason_field("撤回的原因", "会记入本件的办理记录。")


class AbandonForm(VersionForm):
    reason = reason_field("放弃的原因", "会记入本件的办理记录。")
    understood = forms.BooleanField(
        label="我已知晓：放弃后不能恢复，本件不再补贴", error_messages={"required": "请先阅读并勾选，再确认放弃。"}
    )


class DeclineForm(VersionForm):
    reason = reason_field("退回的意见", "写明哪里不对、应怎样改。保险公司会原样看到。")


class ConfirmProposalForm(VersionForm, PledgeForm):
    """The enterprise's own pledge, and what it had before the eyes when making it."""


class AnswerForm(PaperForm):
    """What an applicant says or adds to one item of a correction; the text replaces the one before, a paper is added."""

    text = forms.CharField(
        label="说明",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明怎样补正的；没有要说明的可以不填。",
    )
    upload = PaperField(label="上传材料", required=False)

    def __init__(self, *args, item, **kwargs):
        self.item = item
        super().__init__(*args, prefix=f"item-{item.pk}", initial={"text": item.answer}, **kwargs)

    def clean(self):
        if not self.errors and not (self.cleaned_data["text"] or self.cleaned_data["upload"]):
            raise forms.ValidationError("请写明说明，或选择要上传的文件。")


class ReplyForm(PaperForm):
    """陈述申辩, with up to three papers at once; whoever has more sends another one."""

    PAPERS = ("first", "second", "third")

    text = forms.CharField(
        label="陈述申辩",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="针对上面的理由，写明事实和依据。",
        error_messages={"required": "请写明陈述申辩的内容。"},
    )
    first = PaperField(label="证明材料一（选填）", required=False)
    second = PaperField(label="证明材料二（选填）", required=False)
    third = PaperField(label="证明材料三（选填）", required=False, help_text="还有更多材料的，提交后可以再次陈述申辩。")
    version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def papers(self) -> list:
        return [self.cleaned_data[name] for name in self.PAPERS if self.cleaned_data[name]]


class RepaymentForm(PaperForm):
    paper = PaperField(label="退款凭证", help_text="银行转账回单。PDF、JPG 或 PNG，不超过 20 MB。")
    version = forms.IntegerField(widget=forms.HiddenInput)
