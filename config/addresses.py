"""Addresses that nothing can answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse

from annotate.problems import PROBLEM_JSON, problem_body


class RefuseNul:
    """400 for a NUL in path or query: Postgres cannot look it up, so every search, filter or name would be a 500.

    Middleware; bodies are judged by forms and parsers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            message = "The address has a NUL character; remove it."
            if request.path_info.startswith("/api/"):
                body = problem_body(400, "nul_character", message)
                return JsonResponse(body, status=400, content_type=PROBLEM_JSON)
            return HttpResponseBadRequest(message, content_type="text/plain")
        return self.get_response(request)
