"""Categories, industries, districts and agency names, as the pilot of 2022 knew them."""

from datetime import date

from django.db import migrations

SCHEME = "试点方案 四（一）"
CATEGORIES = [
    ("champion", "单项冠军企业"),
    ("leading", "领军企业"),
    ("specialised", "北京市专精特新企业"),
    ("little_giant", "国家级专精特新小巨人企业"),
    ("high_precision", "十大高精尖产业企业"),
    ("other_exporter", "其他出口型企业"),
]
INDUSTRIES = [
    ("it", "新一代信息技术"),
    ("chips", "集成电路"),
    ("health", "医药健康"),
    ("equipment", "智能装备"),
    ("environment", "节能环保"),
    ("vehicles", "新能源智能汽车"),
    ("materials", "新材料"),
    ("ai", "人工智能"),
    ("software", "软件和信息服务"),
    ("science", "科技服务业"),
]
DISTRICTS = [
    ("110101", "东城区"),
    ("110102", "西城区"),
    ("110105", "朝阳区"),
    ("110106", "丰台区"),
    ("110107", "石景山区"),
    ("110108", "海淀区"),
    ("110109", "门头沟区"),
    ("110111", "房山区"),
    ("110112", "通州区"),
    ("110113", "顺义区"),
    ("110114", "昌平区"),
    ("110115", "大兴区"),
    ("110116", "怀柔区"),
    ("110117", "平谷区"),
    ("110118", "密云区"),
    ("110119", "延庆区"),
    ("110302", "北京经济技术开发区"),
    ("elsewhere", "外省市"),
]
REFORM = date(2023, 5, 18)
AGENCIES = [
    ("ip_office", "北京市知识产权局", None, None),
    ("centre", "中关村知识产权促进中心", None, None),
    ("finance", "北京市财政局", None, None),
    ("regulator", "北京银保监局", None, date(2023, 5, 17)),
    ("regulator", "国家金融监督管理总局北京监管局", REFORM, None),
    ("local_finance", "北京市地方金融监督管理局", None, None),
]


def rows():
    for kind, entries, basis in (("category", CATEGORIES, SCHEME), ("industry", INDUSTRIES, SCHEME), ("district", DISTRICTS, "GB/T 2260")):
        for position, (code, name) in enumerate(entries):
            yield {"kind": kind, "code": code, "name": name, "basis": basis, "position": position}
    for position, (code, name, first, last) in enumerate(AGENCIES):
        yield {"kind": "agency", "code": code, "name": name, "valid_from": first, "valid_until": last, "position": position}


def add_entries(apps, schema_editor):
    entry = apps.get_model("reference", "Entry")
    entry.objects.using(schema_editor.connection.alias).bulk_create(entry(**row) for row in rows())


def remove_entries(apps, schema_editor):
    apps.get_model("reference", "Entry").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("reference", "0002_official_calendar")]

    operations = [migrations.RunPython(add_entries, remove_entries)]
