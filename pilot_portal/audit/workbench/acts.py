"""Something a person may do on a screen: a button, the form it asks for, the service behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django import forms


class ActForm(forms.Form):
    """What every act carries: the version its reader saw and the last event of the trail at that moment."""

    body = "admin/act_fields.html"  # the template of what stands in the form, where its reader needs more than fields
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, obj, **kwargs):
        self.obj = obj
        super().__init__(*args, **kwargs)

    @property
    def is_bare(self) -> bool:
        """Nothing to fill in: the button alone is enough."""
        return not self.visible_fields()

    def facts(self) -> dict:
        """What the service takes."""
        given = dict(self.cleaned_data)
        given.pop("seen", None)
        return given


class ReasonForm(ActForm):
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


@dataclass(frozen=True)
class Act:
    """`run(obj, by=, at=, **form.facts())` calls a service; it may return a response, else the screen is shown again."""

    name: str
    label: str
    run: Callable
    roles: frozenset = frozenset()
    form: type[ActForm] = ActForm
    done: str = "已办理。"
    tone: str = "btn-outline-primary"
    when: Callable = field(default=lambda obj: True)
    hint: str = ""
    downloads: bool = False  # the answer is a file; the screen is then shown anew
    confirm: str = ""  # what its button says inside the form, where that is not 确认 and the label
    placed: str = "panel"  # or "line": the screen puts its forms beside the lines they are about

    def offered(self, obj, user) -> bool:
        return user.role in self.roles and self.when(obj)

    def bind(self, obj, data=None, files=None, initial=None) -> ActForm:
        return self.form(data, files, obj=obj, initial=initial, auto_id=f"id_{self.name}_%s")


@dataclass(frozen=True)
class EdgeAct(Act):
    """An act along an edge of the object's LIFE: offered where the edge starts, to whom it is open."""

    def offered(self, obj, user) -> bool:
        held = getattr(obj, "held_at", None)
        edges = [edge for edge in obj.LIFE.open_to(obj.state, user.role) if edge.action == self.name]
        return any(edge.despite_hold or not held for edge in edges) and self.when(obj)


def along(action, run: Callable, **options) -> EdgeAct:
    """The act of an edge, by the edge's own name."""
    return EdgeAct(name=action.value, label=options.pop("label", action.label), run=run, **options)
