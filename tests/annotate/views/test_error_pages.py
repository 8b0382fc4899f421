"""What people see instead of a page: what happened, what of theirs it touched, and where to go."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views import defaults

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_an_address_that_does_not_exist_leads_back_to_work(client):
    client.force_login(make_user("ana"))

    answer = client.get("/no/such/page/")

    assert answer.status_code == 404
    assert "Nothing of yours was changed" in answer.text
    assert reverse("annotate:work") in answer.text
    assert "Sign out" in answer.text


def test_a_form_without_its_token_says_to_send_it_again():
    make_user("ana")

    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "ana", "password": PASSWORD})

    assert answer.status_code == 403
    assert "reload the page and send it again" in answer.text


def test_too_many_files_say_how_many_are_taken(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    client.force_login(make_user("admin", is_superuser=True, is_staff=True))

    answer = client.post(
        reverse("admin:corpus_importbatch_add"), {"files": [SimpleUploadedFile(f"{n}.txt", b"a") for n in range(3)]}
    )

    assert answer.status_code == 400
    assert "pack them as a zip" in answer.text


def test_a_fault_of_ours_is_told_without_asking_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = defaults.server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "the server’s fault" in answer.text
