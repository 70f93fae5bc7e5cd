app_name = "insurers"
urlpatterns = []
