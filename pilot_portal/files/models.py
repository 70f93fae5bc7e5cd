from django.conf import settings
from django.core.files.storage import storages
from django.db import models


def private_storage():
    return storages["default"]


def stored_path(stored, filename):
    return f"{stored.sha256[:2]}/{stored.sha256}"


class StoredFile(models.Model):
    """A file that passed the checks. Its bytes lie under their SHA-256, never under a name a person chose."""

    file = models.FileField(storage=private_storage, upload_to=stored_path)
    name = models.CharField("文件名", max_length=150)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人")
    added_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = verbose_name_plural = "文件"

    def __str__(self):
        return self.name


class ScanText(models.Model):
    """What a job recognises on a paper without text of its own: asked for when it is uploaded, there when `read_at` is."""

    paper = models.OneToOneField(StoredFile, models.PROTECT, related_name="scan_text", verbose_name="文件")
    text = models.TextField("识别出的文字", blank=True)
    asked_at = models.DateTimeField("提交识别时间")
    read_at = models.DateTimeField("识别完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "扫描件文字"

    def __str__(self):
        return str(self.paper)
