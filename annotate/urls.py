"""The pages of labelling and of its results."""

from django.urls import path

from annotate.views import agreement, api_tokens, articles, browse, dashboard, gamma, labelling, user_settings, work

app_name = "annotate"
urlpatterns = [
    path("", work.work, name="work"),
    path("settings/", user_settings.user_settings, name="settings"),
    path("accounts/tokens/", api_tokens.tokens, name="tokens"),
    path("accounts/tokens/<int:pk>/revoke/", api_tokens.revoke, name="revoke-token"),
    path("projects/", work.projects, name="projects"),
    path("projects/<slug:slug>/", dashboard.project, name="project"),
    path("projects/<slug:slug>/claim/", work.claim, name="claim"),
    path("projects/<slug:slug>/agreement/", agreement.agreement, name="agreement"),
    path("projects/<slug:slug>/agreement/<slug:name>.csv", agreement.table, name="agreement-table"),
    path("projects/<slug:slug>/agreement/<slug:name>.svg", agreement.plot, name="agreement-plot"),
    path("projects/<slug:slug>/agreement/freshness/", dashboard.freshness, name="freshness"),
    path("projects/<slug:slug>/agreement/refresh/", dashboard.refresh, name="refresh"),
    path("projects/<slug:slug>/agreement/gamma/", gamma.gamma, name="gamma"),
    path("projects/<slug:slug>/agreement/gamma/<int:pk>/cancel/", gamma.cancel, name="gamma-cancel"),
    path("projects/<slug:slug>/agreement/gamma/<int:pk>/retry/", gamma.retry, name="gamma-retry"),
    path("projects/<slug:slug>/codebook/", dashboard.codebook, name="codebook"),
    path("projects/<slug:slug>/articles/", browse.project_articles, name="project-articles"),
    path("projects/<slug:slug>/articles/<uuid:uuid>/", articles.article, name="article"),
    path("articles/", browse.all_articles, name="articles"),
    path("articles/<uuid:uuid>/", browse.reading, name="reading"),
    path("tasks/<uuid:uuid>/", labelling.task, name="task"),
    path("stories/<slug:slug>/", articles.story, name="story"),
]
