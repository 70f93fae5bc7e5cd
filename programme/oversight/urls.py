from django.urls import path

from . import recovery_views, views

urlpatterns = [
    path("", views.desk, name="oversight"),
    path("lists/<int:pk>/", views.allocated_list, name="determination"),
    path("lists/<int:pk>/list.csv", views.list_csv, name="determination_csv"),
    path("lists/<int:pk>/minutes/", views.list_minutes, name="list_minutes"),
    path("lists/<int:pk>/determine/", views.determine, name="determine"),
    path("lists/<int:pk>/return/", views.return_list, name="return_list"),
    path("determinations/<int:pk>/", views.determined, name="determined"),
    path("determinations/<int:pk>/list.csv", views.determined_csv, name="determined_csv"),
    path("cases/<int:pk>/", views.case, name="oversight_case"),
    path("cases/<int:pk>/papers/<int:file>/", views.paper, name="oversight_paper"),
    path("recoveries/", recovery_views.overview, name="recoveries"),
    path("recoveries/<int:pk>/", recovery_views.recovery, name="recovery"),
    path("recoveries/<int:pk>/order/", recovery_views.order, name="order_recovery"),
    path("recoveries/<int:pk>/drop/", recovery_views.drop, name="drop_recovery"),
    path("recoveries/<int:pk>/papers/<int:file>/", recovery_views.paper, name="recovery_paper"),
]
