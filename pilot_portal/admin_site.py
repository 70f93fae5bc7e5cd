"""Django's own admin as the centre's workbench: who may enter, and its name."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class PortalAdminSite(admin.AdminSite):
    site_header = "审核工作台"
    site_title = "审核工作台"
    index_title = "我的桌面"
    enable_nav_sidebar = False

    def has_permission(self, request):
        return request.user.is_authenticated and request.user.works_in_admin


class PortalAdminConfig(AdminConfig):
    default_site = "pilot_portal.admin_site.PortalAdminSite"
