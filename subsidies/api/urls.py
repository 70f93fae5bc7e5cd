from django.urls import path, re_path

from .problems import nothing_here
from .site import addresses

urlpatterns = [
    path("", addresses()),
    re_path(r"^(?P<rest>[\s\S]+)$", nothing_here, name="api_nothing_here"),  # also what holds a line break
]
