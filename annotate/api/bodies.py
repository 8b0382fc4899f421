"""Bodies of requests, checked: JSON objects by a serializer, forms with files by the form of the admin's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.forms import BaseForm
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from annotate.api.errors import FieldError, Invalid, field_errors

# What forms call the files, and what the API does.
_NAMES = {"pages": "files"}


def checked_object(data: Any, schema: type[Serializer[Any]]) -> dict[str, Any]:
    """What ``schema`` makes of a JSON object of its fields, each of which may be left out. Raises Invalid."""
    if not isinstance(data, dict):
        raise Invalid([{"field": "", "code": "wrong_shape", "message": "The body must be a JSON object."}])
    if wrong := unknown_fields(data, schema):
        raise Invalid(wrong)
    checked = schema(data=data)
    try:
        checked.is_valid(raise_exception=True)
    except ValidationError as error:
        raise Invalid(field_errors(error)) from None
    return dict(checked.validated_data)


def unknown_fields(given: Iterable[str], schema: type[Serializer[Any]]) -> list[FieldError]:
    """An error for each name that is no field of ``schema``."""
    known = schema().fields
    message = f"There is no such field; known here: {', '.join(known)}."
    return [{"field": name[:60], "code": "unknown_field", "message": message} for name in given if name not in known]


def form_errors(form: BaseForm) -> list[FieldError]:
    """What is wrong with a form, by the names of the API."""
    return [
        {"field": _NAMES.get(name, name), "code": error["code"] or "invalid", "message": error["message"]}
        for name, errors in form.errors.get_json_data().items()
        for error in errors
    ]


def is_on(value: object) -> bool:
    """Whether a switch of a form is on."""
    return isinstance(value, str) and value.lower() in ("true", "1", "on")
