"""How pages of policies find what they show: a stranger's policy is not found."""

from django.shortcuts import get_object_or_404

from insurers.models import Policy

PAGE = 30


def find(request, pk: int) -> Policy:
    mine = Policy.objects.visible_to(request.user).select_related("insurer", "product", "legal_entity", "paper", "proven_by")
    return get_object_or_404(mine, pk=pk)
