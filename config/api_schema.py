"""The API's description, and its answer where there is no route."""

from functools import cache
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from annotate.problems import PROBLEM_JSON, problem_body


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, the same for everybody and made once in each process, as YAML, with ``?format=json`` as JSON. It tells nothing that the documentation does not."""
    is_json = request.GET.get("format") == "json"
    content, tag = _rendered(as_json=is_json)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=headers)
    kind = "application/vnd.oai.openapi+json" if is_json else "application/vnd.oai.openapi"
    return HttpResponse(content, content_type=f"{kind}; charset=utf-8", headers=headers)


@csrf_exempt
def no_such_route(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001
    """404 as the API says it, for whatever no route above takes: it changes nothing, so it asks for no token."""
    missing = "" if request.path.endswith("/") else " Addresses end with a slash."
    body = problem_body(404, "not_found", f"There is no such address; /api/schema/ lists them.{missing}")
    return JsonResponse(body, status=404, content_type=PROBLEM_JSON)


@cache
def _rendered(*, as_json: bool) -> tuple[bytes, str]:
    schema = SchemaGenerator(api_version="v1").get_schema(request=None, public=True)
    renderer = OpenApiJsonRenderer() if as_json else OpenApiYamlRenderer()
    content = renderer.render(schema, renderer_context={})
    return content, f'"{sha256(content).hexdigest()[:32]}"'


def any_of(result: Any, **_: object) -> Any:
    """A step of making the schema: what may be one of two shapes may be both, as the longer has all fields of the shorter."""
    if isinstance(result, dict):
        return {"anyOf" if name == "oneOf" else name: any_of(inner) for name, inner in result.items()}
    return [any_of(inner) for inner in result] if isinstance(result, list) else result
