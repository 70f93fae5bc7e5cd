from django.contrib.auth.views import LogoutView
from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("landing/", views.landing, name="landing"),
    path("register/", views.register, name="register"),
    path("password/", views.ChangePassword.as_view(), name="password_change"),
    path("password/forgotten/", views.ForgottenPassword.as_view(), name="password_reset"),
    path("password/forgotten/sent/", views.ResetSent.as_view(), name="password_reset_sent"),
    path("password/new/<uidb64>/<token>/", views.NewPassword.as_view(), name="password_reset_confirm"),
]
