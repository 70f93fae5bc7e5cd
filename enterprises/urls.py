from django.urls import path

from . import change_views, member_views, takeover_views, views

YEAR = "enterprise/preregistration/<int:year>/"

app_name = "enterprises"
urlpatterns = [
    path("enterprise/register/", views.register, name="register"),
    path("enterprise/takeover/", takeover_views.takeover_ask, name="takeover_ask"),
    path("enterprise/takeover/<int:pk>/", takeover_views.takeover, name="takeover"),
    path("enterprise/takeover/<int:pk>/withdraw/", takeover_views.takeover_withdraw, name="takeover_withdraw"),
    path("enterprise/check-code/", views.check_code, name="check_code"),
    path("enterprise/switch/", views.switch, name="switch"),
    path("enterprise/profile/", views.profile, name="profile"),
    path("enterprise/profile/edit/", views.profile_edit, name="profile_edit"),
    path("enterprise/profile/contact/", change_views.contact, name="contact"),
    path("enterprise/profile/changes/<int:pk>/paper/", change_views.change_paper, name="change_paper"),
    path("enterprise/profile/changes/<int:pk>/withdraw/", change_views.change_withdraw, name="change_withdraw"),
    path("enterprise/profile/changes/<slug:kind>/", change_views.change_new, name="change_new"),
    path("enterprise/profile/licence/", views.licence, name="licence"),
    path("enterprise/profile/category/", views.category, name="category"),
    path("enterprise/profile/category/<int:pk>/paper/", views.category_paper, name="category_paper"),
    path("enterprise/profile/account/", views.account, name="account"),
    path("enterprise/profile/account/change/", views.account_change, name="account_change"),
    path("enterprise/profile/account/reveal/", views.reveal_account, name="reveal_account"),
    path("enterprise/profile/account/paper/", views.account_paper, name="account_paper"),
    path("enterprise/members/", member_views.members, name="members"),
    path("enterprise/members/<int:pk>/role/", member_views.member_role, name="member_role"),
    path("enterprise/members/<int:pk>/remove/", member_views.member_remove, name="member_remove"),
    path("enterprise/members/<int:pk>/handover/", member_views.handover, name="handover"),
    path("enterprise/members/<int:pk>/handover/answer/", member_views.handover_answer, name="handover_answer"),
    path("enterprise/members/<int:pk>/handover/withdraw/", member_views.handover_withdraw, name="handover_withdraw"),
    path("enterprise/invitations/<int:pk>/withdraw/", member_views.invitation_withdraw, name="invitation_withdraw"),
    path("invitation/<str:token>/", member_views.invitation, name="invitation"),
    path("invitation/<str:token>/accept/", member_views.invitation_accept, name="invitation_accept"),
    path(YEAR, views.preregistration, name="preregistration"),
    path(YEAR + "edit/", views.preregistration_edit, name="preregistration_edit"),
]
