"""Which app answers where. Every page is under login unless its view says login_not_required."""

from django.contrib import admin
from django.urls import include, path

from pilot_portal.accounts.views import enter_admin

urlpatterns = [
    path("admin/login/", enter_admin),
    path("admin/", admin.site.urls),
    path("account/", include("pilot_portal.accounts.urls")),
    path("", include("pilot_portal.notifications.urls")),
    path("", include("enterprises.urls")),
    path("", include("insurers.urls")),
    path("", include("subsidies.urls")),
    path("api/v1/", include("subsidies.api.urls")),
    path("", include("programme.urls")),
]
