from pilot_portal.workflow.refusals import Reason, catalogue

catalogue(
    file_empty=Reason("文件“%(name)s”是空的。请重新选择文件。", status=422),
    file_too_large=Reason("文件“%(name)s”超过 %(limit)s MB。请压缩或分成几份后再上传。", status=413),
    image_too_large=Reason("图片“%(name)s”超过 %(limit)s 万像素。请降低分辨率后再上传。", status=413),
    file_type=Reason("文件“%(name)s”不是 %(allowed)s。请另存为其中一种格式后再上传。", status=422),
    file_broken=Reason("文件“%(name)s”打不开，可能已损坏。请在电脑上打开确认后重新上传。", status=422),
    file_encrypted=Reason("文件“%(name)s”设有密码。请去掉密码后再上传。", status=422),
    file_active=Reason("文件“%(name)s”含有脚本或内嵌程序。请用“打印为 PDF”另存一份后再上传。", status=422),
)
