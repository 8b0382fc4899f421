"""Addresses with a NUL, wherever somebody puts it: 400, never a failure of the database."""

import pytest
from django.test import Client

from tests.factories import make_project, make_user

ADDRESSES = [
    "/projects/{slug}/releases/%00/download/",
    "/?page=%00",
    "/admin/annotate/task/?state=%00",
    "/admin/annotate/project/?q=a%00b",
    "/admin/autocomplete/?app_label=annotate&model_name=project&field_name=codebook&term=%00",
    "/api/v1/projects/{slug}/articles/?cursor=%00",
]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_a_nul_is_refused(client: Client, address: str) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    answer = client.get(address.format(slug=make_project().slug))
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()


@pytest.mark.django_db
def test_an_escaped_escape_is_no_nul(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/?page=%2500").status_code == 200
