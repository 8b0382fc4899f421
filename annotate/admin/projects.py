"""Projects: made in one form, opened and closed with a button."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from annotate.admin.annotation_imports import (
    cancel,
    files_view,
    progress_fragment,
    rejected_download,
    upload_view,
)
from annotate.admin.confirmation import ask
from annotate.admin.project_form import MembershipForm, MembershipFormSet, ProjectForm
from annotate.admin.rows import count_of, take_fields
from annotate.models import Membership, Project, ProjectArticle, Role, Task
from annotate.operations.project_settings import CodebookInUseError, change_project
from annotate.operations.projects import (
    ProjectRefusedError,
    add_articles,
    add_member,
    close_project,
    create_project,
    open_project,
)
from annotate.visibility import projects_for
from corpus.scoped_admin import ScopedAdmin, ScopedInline
from corpus.visibility import is_superuser

TONES = {"open": "good", "closed": "bad"}


class MembershipInline(ScopedInline, admin.TabularInline):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    autocomplete_fields = ["user"]
    extra = 0
    verbose_name = "member"
    verbose_name_plural = "people"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """An account is chosen or added here, not edited."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "user" and field is not None:
            field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:  # noqa: ARG002
        return 3 if obj is None else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")


@admin.register(Project)
class ProjectAdmin(ScopedAdmin):
    rows_for = staticmethod(projects_for)
    managers_may = frozenset({"add", "change"})
    form = ProjectForm
    inlines = [MembershipInline]
    actions = None
    autocomplete_fields = ["codebook"]
    prepopulated_fields = {"slug": ["title"]}
    list_display = ["title", "state_badge", "codebook", "article_count", "progress", "per_article", "links"]
    list_filter = ["state"]
    list_select_related = ["codebook"]
    search_fields = ["title", "slug"]
    change_form_template = "admin/annotate/project/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        live = Task.objects.live()
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_articles=count_of(ProjectArticle.objects.filter(excluded=False), "project"),
                n_wanted=count_of(live, "project"),
                n_submitted=count_of(live.submitted(), "project"),
            )
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A codebook is chosen or added here; it is edited and deleted on its own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "codebook" and field is not None:
            field.widget.can_change_related = field.widget.can_delete_related = False
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Project | None = None) -> Any:  # noqa: ARG002
        people = ["annotators_per_article", "ordering", "lease_minutes"]
        fieldsets: list[Any] = [
            (None, {"fields": ["title", "slug", "codebook"]}),
            ("Work", {"fields": people}),
            ("Blindness", {"fields": ["blind_fields"]}),
            (
                "Articles" if obj is None else "Add articles",
                {
                    "fields": ["story", "batch", "picked"],
                    "description": "Choose one way or several; an article already there is not added again.",
                },
            ),
            ("Guidelines", {"fields": ["guidelines"]}),
        ]
        if obj is not None:
            fieldsets.append(("Labels and attributes", {"fields": ["switched_on"], "classes": ["switches"]}))
        return fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change, **kwargs)
        return type("ProjectForm", (form,), {"request": request})

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> list[str]:  # noqa: ARG002
        """Once tasks exist the codebook stands, and the address is in people's links."""
        if obj is not None and obj.tasks.exists():
            return ["slug", "codebook"]
        return []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Project | None = None) -> Any:  # noqa: ARG002
        return self.prepopulated_fields if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        """A project in which nobody was offered work may go; afterwards it is closed instead."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.tasks.exists())

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:  # noqa: FBT001
        data = form.cleaned_data
        if not change:
            mine = (
                []
                if is_superuser(request.user)
                else [(User.objects.get(pk=cast("int", request.user.pk)), Role.MANAGER)]
            )
            stored = create_project(
                slug=obj.slug,
                title=obj.title,
                codebook=obj.codebook,
                annotators_per_article=obj.annotators_per_article,
                blind_fields=data["blind_fields"],
                articles=form.chosen_articles(),
                members=mine,
                guidelines=obj.guidelines,
                lease_minutes=obj.lease_minutes,
                ordering=obj.ordering,
                draft=True,
            )
        else:
            # Another codebook has other labels: what was switched for the old one means nothing.
            switches = {} if "codebook" in form.changed_data else form.switches()
            stored = change_project(
                project=obj,
                title=obj.title,
                slug=obj.slug,
                codebook=obj.codebook,
                guidelines=obj.guidelines,
                annotators_per_article=obj.annotators_per_article,
                ordering=obj.ordering,
                lease_minutes=obj.lease_minutes,
                blind_fields=data["blind_fields"],
                switches=switches,
            )
            added = add_articles(project=stored, articles=form.chosen_articles())
            if added:
                self.message_user(request, f"{articles_in_words(added)} added.", messages.SUCCESS)
        take_fields(obj, stored)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (ProjectRefusedError, CodebookInUseError) as error:
            # Between the form's check and the operation somebody took the slug or began a task.
            self.message_user(request, str(error), messages.ERROR)
            return redirect(request.path)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """New members come in through the operation; a change of role or group is one row."""
        rows = formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        for row in rows:
            if row.pk:
                row.save()
            else:
                add_member(project=form.instance, user=row.user, role=row.role, group=row.group)

    def response_add(self, request: HttpRequest, obj: Project, post_url_continue: str | None = None) -> HttpResponse:
        """The page of the new project follows: switches and the button that opens it are there."""
        if "_popup" in request.POST or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        articles = articles_in_words(ProjectArticle.objects.filter(project=obj).count())
        self.message_user(
            request, f"“{obj}” is a draft with {articles}. Look through it, then open it for work.", messages.SUCCESS
        )
        return redirect("admin:annotate_project_change", obj.pk)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/open/", self.admin_site.admin_view(self.open_view), name="annotate_project_open"),
            path(
                "<int:pk>/annotations/",
                self.admin_site.admin_view(self.annotations_view),
                name="annotate_project_annotations",
            ),
            path(
                "<int:pk>/annotations/<int:upload_id>/",
                self.admin_site.admin_view(self.annotations_view),
                name="annotate_project_annotations_page",
            ),
            path(
                "<int:pk>/annotations/<int:upload_id>/progress/",
                self.admin_site.admin_view(self.annotations_progress_view),
                name="annotate_project_annotations_progress",
            ),
            path(
                "<int:pk>/annotations/<int:upload_id>/cancel/",
                self.admin_site.admin_view(require_POST(self.annotations_cancel_view)),
                name="annotate_project_annotations_cancel",
            ),
            path(
                "<int:pk>/annotations/<int:upload_id>/not-taken.jsonl",
                self.admin_site.admin_view(self.annotations_rejected_view),
                {"kind": "jsonl"},
                name="annotate_project_annotations_rejected",
            ),
            path(
                "<int:pk>/annotations/<int:upload_id>/not-taken.csv",
                self.admin_site.admin_view(self.annotations_rejected_view),
                {"kind": "csv"},
                name="annotate_project_annotations_rejected_csv",
            ),
            path("<int:pk>/close/", self.admin_site.admin_view(self.close_view), name="annotate_project_close"),
        ]
        return [*own, *super().get_urls()]

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        project = self._project(request, pk)
        if request.method == "POST":
            open_project(project=project)
            self.log_change(request, project, "Opened.")
            self.message_user(request, f"“{project}” is open: annotators find it under My work.", messages.SUCCESS)
            return redirect("admin:annotate_project_change", pk)
        annotators = project.memberships.filter(role=Role.ANNOTATOR).count()
        lead = (
            f"{articles_in_words(project.n_articles)}, {project.annotators_per_article} annotators each, "
            f"{annotators} invited. The codebook is fixed as soon as the first task is begun."
        )
        if annotators < project.annotators_per_article:
            lead += " With so few people no article can be completed; you can add more at any time."
        return ask(self, request, title=f"Open “{project}”", lead=lead, button="Open for work", back=self._page(pk))

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        project = self._project(request, pk)
        if project.state == Project.State.DRAFT:
            self.message_user(request, f"“{project}” was never opened, so there is nothing to close.", messages.ERROR)
            return redirect("admin:annotate_project_change", pk)
        if request.method == "POST":
            close_project(project=project)
            self.log_change(request, project, "Closed.")
            self.message_user(request, f"“{project}” is closed.", messages.SUCCESS)
            return redirect("admin:annotate_project_change", pk)
        in_hand = project.tasks.filter(state__in=Task.WORKABLE).count()
        lead = (
            f"{project.n_submitted} of {project.n_wanted} readings are submitted; still in people's hands: {in_hand}. "
            "Nobody can go on working in a closed project; what was saved is kept, and it can be opened again."
        )
        return ask(
            self,
            request,
            title=f"Close “{project}”",
            lead=lead,
            button="Close the project",
            danger=True,
            back=self._page(pk),
        )

    def annotations_view(self, request: HttpRequest, pk: int, upload_id: int | None = None) -> HttpResponse:
        project = self._project(request, pk)
        if upload_id is None:
            return files_view(self, request, project)
        return upload_view(self, request, project, upload_id)

    def annotations_progress_view(self, request: HttpRequest, pk: int, upload_id: int) -> HttpResponse:
        return progress_fragment(request, self._project(request, pk), upload_id)

    def annotations_cancel_view(self, request: HttpRequest, pk: int, upload_id: int) -> HttpResponse:
        return cancel(self, request, self._project(request, pk), upload_id)

    def annotations_rejected_view(
        self, request: HttpRequest, pk: int, upload_id: int, kind: str
    ) -> StreamingHttpResponse:
        return rejected_download(self._project(request, pk), upload_id, kind)

    def _page(self, pk: int) -> str:
        return reverse("admin:annotate_project_change", args=[pk])

    def _project(self, request: HttpRequest, pk: int) -> Any:
        project = self.get_queryset(request).filter(pk=pk).first()
        if project is None or not self.has_change_permission(request, project):
            raise Http404
        return project

    @admin.display(description="state", ordering="state")
    def state_badge(self, project: Project) -> SafeString:
        return format_html(
            '<span class="badge" data-tone="{}">{}</span>', TONES.get(project.state, ""), project.get_state_display()
        )

    @admin.display(description="annotators", ordering="annotators_per_article")
    def per_article(self, project: Project) -> int:
        return project.annotators_per_article

    @admin.display(description="articles", ordering="n_articles")
    def article_count(self, project: Any) -> int:
        return project.n_articles

    @admin.display(description="submitted", ordering="n_submitted")
    def progress(self, project: Any) -> SafeString:
        return format_html(
            '<span class="meter"><progress value="{}" max="{}" aria-label="submitted"></progress> {} of {}</span>',
            project.n_submitted,
            project.n_wanted or 1,
            project.n_submitted,
            project.n_wanted,
        )

    @admin.display(description="")
    def links(self, project: Project) -> SafeString:
        return render_to_string("admin/annotate/project/links.html", {"project": project})


def articles_in_words(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"
