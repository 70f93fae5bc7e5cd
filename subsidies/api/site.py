"""The API for insurers' systems, /api/v1/. It answers; what changes anything is still done on the pages."""

from ninja import NinjaAPI

from .problems import PROBLEM_JSON, handle_on


class InsurersApi(NinjaAPI):
    def get_openapi_schema(self, **where):
        """As ninja writes it, but for the media type of problems."""
        schema = super().get_openapi_schema(**where)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400:
                        response["content"] = {PROBLEM_JSON: response["content"]["application/json"]}
        return schema


api = InsurersApi(
    title="知识产权海外纠纷法律费用保险试点 · 保险公司接口",
    version="1",
    description="查询。每次请求带 Authorization: Bearer 密钥；出错时答 application/problem+json，code 不变，detail 给人读。",
    urls_namespace="api",
    docs_url=None,
    openapi_url="openapi.json",
)
handle_on(api)
api.add_router("", "subsidies.api.reading.router")


def addresses() -> tuple:
    """Its addresses, outside the login: a system brings its key."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        pattern.callback.login_required = False
    return patterns, app, namespace
