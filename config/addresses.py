"""Addresses that nothing can answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class RefuseNul:
    """400 for a NUL in path or query: Postgres cannot look it up, so every search, filter or name would be a 500.

    Middleware; bodies are judged by forms and parsers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("The address has a NUL character; remove it.", content_type="text/plain")
        return self.get_response(request)
