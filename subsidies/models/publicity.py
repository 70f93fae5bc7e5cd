from django.conf import settings
from django.db import models

from pilot_portal.reference.fields import money

from .windows import Window

USER = settings.AUTH_USER_MODEL


class PublicNotice(models.Model):
    """公示: from the day after publication over the window's working days; `ends_at` is 24:00 of the last one."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="public_notices", verbose_name="申报周期")
    number = models.CharField("公示编号", max_length=40, unique=True)
    starts_on = models.DateField("公示起")
    ends_on = models.DateField("公示止")
    ends_at = models.DateTimeField("公示届满时间")
    count = models.PositiveIntegerField("件数")
    total = money("合计（元）")
    published_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间")

    class Meta:
        verbose_name = verbose_name_plural = "公示"
        ordering = ["-pk"]

    def __str__(self):
        return self.number

    def is_running(self, now) -> bool:
        return self.published_at <= now < self.ends_at
