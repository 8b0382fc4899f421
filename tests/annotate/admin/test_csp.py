"""The policy `default-src 'self'` holds on the admin's pages: nothing in them is inline."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.annotate.admin.scene import make_side
from tests.factories import make_user

pytestmark = pytest.mark.django_db

INLINE = re.compile(
    r"""<script(?![^>]*\bsrc=)[^>]*>|<style|<[^>]+\s(?:style|on[a-z]+)=["']|href=["']javascript:""", re.IGNORECASE
)
DATA_BLOCK = re.compile(r"""<script[^>]*type=["']application/json["']""")


def test_no_page_of_the_admin_has_inline_scripts_styles_or_handlers(client: Client) -> None:
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    side = make_side("own", make_user("mia", is_staff=True))
    pages = [
        reverse("admin:index"),
        reverse("admin:annotate_project_changelist"),
        reverse("admin:annotate_project_add"),
        reverse("admin:annotate_project_change", args=[side.project.pk]),
        reverse("admin:annotate_project_close", args=[side.project.pk]),
        reverse("admin:annotate_task_changelist"),
        reverse("admin:annotate_task_change", args=[side.task.pk]),
        reverse("admin:annotate_codebook_changelist"),
        reverse("admin:annotate_codebook_add"),
        reverse("admin:annotate_projectarticle_changelist"),
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_user_add"),
        reverse("admin:corpus_article_changelist"),
        reverse("admin:corpus_article_change", args=[side.article.pk]),
        reverse("admin:corpus_importbatch_changelist"),
        reverse("admin:corpus_importbatch_add"),
        reverse("admin:corpus_importbatch_change", args=[side.batch.pk]),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        inline = [tag for tag in INLINE.findall(answer.content.decode()) if not DATA_BLOCK.match(tag)]
        assert inline == [], page
