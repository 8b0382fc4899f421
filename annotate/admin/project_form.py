"""The form of a project: codebook, blindness and switches as checkboxes, articles by story, batch or one by one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from annotate.codebook import switch_names
from annotate.models import Membership, Project, Role, Task
from corpus import visibility
from corpus.models import Article

BLIND_FIELDS = [
    ("outlet", "Outlet"),
    ("byline", "Byline"),
    ("date", "Date of publication"),
    ("url", "Web address"),
]


class ProjectForm(forms.ModelForm):
    """``request`` is set by the admin: it limits what may be chosen."""

    request: HttpRequest

    blind_fields = forms.MultipleChoiceField(
        label="Hide from annotators",
        choices=BLIND_FIELDS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="People who label see none of these, on no page and in no file.",
    )
    story = forms.ModelChoiceField(
        Article.objects.none(), required=False, label="All articles of a story", help_text="Whoever covers it."
    )
    batch = forms.ModelChoiceField(Article.objects.none(), required=False, label="All articles of an import")
    picked = forms.ModelMultipleChoiceField(Article.objects.none(), required=False, label="Single articles")
    switched_on = forms.MultipleChoiceField(
        label="",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What is not ticked is neither offered to annotators nor asked of them.",
    )

    class Meta:
        model = Project
        fields = [
            "title",
            "slug",
            "codebook",
            "guidelines",
            "annotators_per_article",
            "ordering",
            "lease_minutes",
            "blind_fields",
        ]
        labels = {"lease_minutes": "Minutes a task is kept for its annotator"}
        help_texts = {
            "slug": "In the project's addresses, e.g. caravan.",
            "lease_minutes": "Counted from the last action; after that the task is offered to others.",
            "ordering": "In which order people are given the articles.",
        }
        widgets = {"guidelines": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user, site = self.request.user, admin.site
        story, batch = Article._meta.get_field("story"), Article._meta.get_field("import_batch")
        picked = Project._meta.get_field("articles")
        for name, rows, widget in (
            ("story", visibility.stories_for(user), AutocompleteSelect(story, site)),
            ("batch", visibility.batches_for(user), AutocompleteSelect(batch, site)),
            ("picked", visibility.articles_for(user), AutocompleteSelectMultiple(picked, site)),
        ):
            if name in self.fields:
                self._offer(name, rows, widget)
        if self.instance.pk:
            self._offer_switches()
        else:
            # Which labels there are is known once the codebook is chosen.
            del self.fields["switched_on"]

    def _offer(self, name: str, rows: QuerySet[Any], widget: forms.Select) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.widget = widget
        field.queryset = rows

    def _offer_switches(self) -> None:
        content = self.instance.codebook.content
        field = self.fields["switched_on"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = switch_choices(content)
        field.initial = [name for name, on in (switch_names(content) | self.instance.switches).items() if on]

    def clean_annotators_per_article(self) -> int:
        wanted: int = self.cleaned_data["annotators_per_article"]
        if self.instance.pk:
            slots = Task.objects.filter(project=self.instance).exclude(state=Task.State.OPEN)
            begun = slots.live().order_by("-slot").values_list("slot", flat=True).first() or 0
            if wanted < begun and wanted < self.initial["annotators_per_article"]:
                raise ValidationError(f"Some articles have {begun} annotators already; no fewer than that.")
        return wanted

    def switches(self) -> dict[str, bool]:
        """The ticked boxes as differences from what the codebook says itself."""
        ticked = set(self.cleaned_data["switched_on"])
        defaults = switch_names(self.instance.codebook.content)
        return {name: name in ticked for name, on in defaults.items() if on != (name in ticked)}

    def chosen_articles(self) -> QuerySet[Article]:
        """Articles of the story, of the import and the picked ones, without order or doubles, texts left out."""
        data = self.cleaned_data
        seen = visibility.articles_for(self.request.user)
        keys = {article.pk for article in data.get("picked") or ()}
        # A story or an import stands for the newest version of its articles.
        current = Article.objects.filter(pk__in=seen.order_by().values("pk")).current()
        if data.get("story") is not None:
            keys.update(current.filter(story=data["story"]).values_list("pk", flat=True))
        if data.get("batch") is not None:
            keys.update(current.of_import(data["batch"]).values_list("pk", flat=True))
        return Article.objects.filter(pk__in=keys).for_list()


def switch_choices(content: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Check boxes in groups: every label under its layer with its attributes after it, then relations and questions."""
    groups = []
    for layer in content["layers"]:
        boxes = []
        for label in layer["labels"]:
            boxes.append((label["code"], label["name"]))
            boxes += [(f"{label['code']}.{a['name']}", f"{label['name']}: {a['title']}") for a in label["attributes"]]
        groups.append((layer["name"], boxes))
    relations = {relation["type"]: relation["title"] for relation in content["relations"]}
    questions = [(question["code"], question["title"]) for question in content["questions"]]
    groups += [("Relations", list(relations.items())), ("Questions about the article", questions)]
    return [(name, boxes) for name, boxes in groups if boxes]


class MembershipForm(forms.ModelForm):
    """One role of one person; who has worked stays, so that releases keep their random annotator id."""

    class Meta:
        model = Membership
        fields = ["user", "role", "group"]
        help_texts = {"group": ""}


class MembershipFormSet(forms.BaseInlineFormSet):
    """Refuses to take away a person who has tasks, or the last manager (a project nobody manages is lost to staff).

    Another person or another role in the row of somebody is that somebody taken away.
    """

    def clean(self) -> None:
        super().clean()
        gone = Membership.objects.select_related("user").filter(
            pk__in=[
                form.instance.pk
                for form in self.initial_forms
                if form in self.deleted_forms or {"user", "role"} & set(form.changed_data)
            ]
        )
        for member in gone:
            if member.role == Role.ANNOTATOR and member.user.tasks.filter(project=member.project_id).exists():
                raise ValidationError(f"{member.user} has tasks in this project and stays an annotator of it.")
        if any(member.role == Role.MANAGER for member in gone) and not self._has_manager():
            raise ValidationError("A project needs a manager: name another one before this one goes.")

    def _has_manager(self) -> bool:
        return any(
            form.cleaned_data.get("role") == Role.MANAGER
            for form in self.forms
            if form not in self.deleted_forms and form.cleaned_data.get("user")
        )
