"""Two projects side by side: one that Mia manages, one that is nothing to her."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils import timezone

from annotate.models import Codebook, Project, Task, Webhook, WebhookDelivery
from corpus.models import Article, DuplicateGroup, ImportBatch, ImportIssue, StoryProposal, StoryProposalArticle
from tests.factories import (
    TEXT,
    make_article,
    make_codebook,
    make_mark,
    make_outlet,
    make_project,
    make_story,
    make_task,
    make_user,
)


@dataclass
class Side:
    """Everything that belongs to one project; every name bears the side's own word."""

    project: Project
    codebook: Codebook
    article: Article
    batch: ImportBatch
    issue: ImportIssue
    group: DuplicateGroup
    proposal: StoryProposal
    annotator: User
    task: Task
    delivery: WebhookDelivery


def make_side(word: str, manager: User) -> Side:
    batch = ImportBatch.objects.create(source=f"{word}.jsonl", format="jsonl", state="done")
    issue = ImportIssue.objects.create(batch=batch, source=f"{word}.jsonl", line=3, code=f"{word}_code", message="No.")
    outlet = make_outlet(f"{word} Gazette", slug=f"{word}-gazette")
    story = make_story(f"{word}-story", title=f"{word} story")
    article = make_article(
        f"{word} headline\n\n{word} {TEXT}", outlet, story, import_batch=batch, byline=f"{word} Byline"
    )
    group = DuplicateGroup.objects.create()
    Article.objects.filter(pk=article.pk).update(near_duplicate_group=group.pk)
    proposal = StoryProposal.objects.create(story=story, score=0.5, made_at=timezone.now())
    StoryProposalArticle.objects.create(proposal=proposal, article=article, score=0.5)
    codebook = make_codebook(title=f"{word} codebook")
    annotator = make_user(f"{word}-annotator")
    project = make_project(
        codebook,
        [article],
        {manager: "manager", annotator: "annotator"},
        slug=f"{word}-project",
        title=f"{word} project",
    )
    task = make_task(project, article, annotator, state="submitted")
    make_mark(task, "FRAME", 0, 4, dimension="economic")
    webhook = Webhook.objects.create(project=project, url=f"https://{word}.example/hook", events=["task.submitted"])
    delivery = WebhookDelivery.objects.create(
        webhook=webhook, event="task.submitted", payload={"word": word}, created_at=timezone.now()
    )
    return Side(project, codebook, article, batch, issue, group, proposal, annotator, task, delivery)
