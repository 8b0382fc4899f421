"""Codebooks, projects, tasks, marks and agreement counts; tokens and webhooks of programs."""

from annotate.models.access import ApiToken, KeptAnswer
from annotate.models.agreement import (
    AgreementChange,
    AgreementSlice,
    AgreementStat,
    AgreementTotal,
    ArticleAgreement,
    GammaRun,
    KeptFigures,
    ProjectAgreement,
)
from annotate.models.codebooks import Codebook, Label
from annotate.models.doors import AnnotationFile, AnnotationImport, AnnotationIssue
from annotate.models.marks import ArticleAnnotation, Operation, RelationAnnotation, SpanAnnotation
from annotate.models.people import ProjectMemory, UserSettings
from annotate.models.projects import Membership, Project, ProjectArticle, Role, StaleStage
from annotate.models.tasks import Task
from annotate.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "AgreementChange",
    "AgreementSlice",
    "AgreementStat",
    "AgreementTotal",
    "AnnotationFile",
    "AnnotationImport",
    "AnnotationIssue",
    "ApiToken",
    "ArticleAgreement",
    "ArticleAnnotation",
    "Codebook",
    "GammaRun",
    "KeptAnswer",
    "KeptFigures",
    "Label",
    "Membership",
    "Operation",
    "Project",
    "ProjectAgreement",
    "ProjectArticle",
    "ProjectMemory",
    "RelationAnnotation",
    "Role",
    "SpanAnnotation",
    "StaleStage",
    "Task",
    "UserSettings",
    "Webhook",
    "WebhookDelivery",
]
