from django.urls import path

from . import views

YEAR = "enterprise/preregistration/<int:year>/"

app_name = "enterprises"
urlpatterns = [
    path("enterprise/register/", views.register, name="register"),
    path("enterprise/check-code/", views.check_code, name="check_code"),
    path("enterprise/switch/", views.switch, name="switch"),
    path("enterprise/profile/", views.profile, name="profile"),
    path("enterprise/profile/edit/", views.profile_edit, name="profile_edit"),
    path("enterprise/profile/licence/", views.licence, name="licence"),
    path("enterprise/profile/category/", views.category, name="category"),
    path("enterprise/profile/category/<int:pk>/paper/", views.category_paper, name="category_paper"),
    path("enterprise/profile/account/", views.account, name="account"),
    path("enterprise/profile/account/reveal/", views.reveal_account, name="reveal_account"),
    path("enterprise/profile/account/paper/", views.account_paper, name="account_paper"),
    path(YEAR, views.preregistration, name="preregistration"),
    path(YEAR + "edit/", views.preregistration_edit, name="preregistration_edit"),
]
