from django.urls import path

from .problems import nothing_here
from .site import addresses

urlpatterns = [
    path("", addresses()),
    path("<path:rest>", nothing_here, name="api_nothing_here"),
]
