"""The corpus' upload page adds to the projects that a manager has, and to no others."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone

from annotate.models import ProjectArticle
from corpus.models import Article, ImportBatch
from corpus.operations.uploads import run_import
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "imports": settings.STORAGES["imports"] | {"OPTIONS": {"location": tmp_path / "imports"}}
    }


def _upload(client, project):
    file = io.BytesIO(b"Rain falls on the old town\n\nIt rained for three days.\n")
    file.name = "a.txt"
    return client.post(reverse("admin:corpus_importbatch_add"), {"pages": [file], "project": project.slug})


def test_a_manager_uploads_into_a_project_and_finds_the_article(client):
    project, manager = make_project(), make_user("rosa", is_staff=True)
    make_member(project, manager, "manager")
    client.force_login(manager)

    answer = _upload(client, project)
    assert answer.status_code == 302
    assert run_import(batch_id=ImportBatch.objects.get().pk, now=timezone.now())

    article = Article.objects.get()
    assert ProjectArticle.objects.filter(project=project, article=article).exists()
    assert client.get(reverse("admin:corpus_article_change", args=[article.pk])).status_code == 200
    assert client.get(answer.url).status_code == 200


def test_the_project_of_somebody_else_is_not_offered_and_refused(client):
    project, other, manager = make_project(), make_project(), make_user("rosa", is_staff=True)
    make_member(project, manager, "manager")
    client.force_login(manager)

    page = client.get(reverse("admin:corpus_importbatch_add")).content.decode()
    answer = _upload(client, other)

    assert f'value="{project.slug}"' in page
    assert f'value="{other.slug}"' not in page
    assert answer.status_code == 422
    assert not ImportBatch.objects.exists()
