"""Whose a reading is: accounts by their username, made and made members where that is asked for."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from annotate.doors.remedies import MAKE_ACCOUNT, MAKE_MEMBER, MAP_PERSON, NAME_PERSON, Remedy
from annotate.errors import Refusal
from annotate.models import Membership, Project, Role
from annotate.operations.doors.refusals import DoorRefusal
from annotate.operations.doors.results import DoorResult
from annotate.operations.projects import add_member
from annotate.values import is_storable, shown


class People:
    """The annotators of one project by username."""

    def __init__(self, project: Project, result: DoorResult, *, create: bool) -> None:
        self._project = project
        self._result = result
        self._create = create
        self._known: dict[str, User | Refusal] = {}

    def find(self, username: str) -> User:
        """The account of an annotator of the project. Raises Refusal."""
        if username not in self._known:
            try:
                self._known[username] = self._looked_up(username)
            except Refusal as refusal:
                self._known[username] = refusal
        found = self._known[username]
        if isinstance(found, Refusal):
            if username:
                counts = self._result.unknown_annotators
                counts[username] = counts.get(username, 0) + 1
            raise found
        return found

    def _looked_up(self, username: str) -> User:
        if not username:
            raise DoorRefusal("missing_annotator", "The file does not say whose work this is.", Remedy(NAME_PERSON))
        users = get_user_model()
        user = users.objects.filter(username=username).first() if is_storable(username) else None
        if user is None:
            if not self._create:
                raise DoorRefusal(
                    "unknown_annotator",
                    f"There is no account {shown(username)}.",
                    Remedy(MAKE_ACCOUNT, {"name": username}),
                )
            user = self._made(username)
        if not Membership.objects.filter(project=self._project, user=user, role=Role.ANNOTATOR).exists():
            if not self._create:
                raise DoorRefusal(
                    "not_an_annotator",
                    f"{shown(username)} is no annotator of {self._project.slug}.",
                    Remedy(MAKE_MEMBER),
                )
            add_member(project=self._project, user=user, role=Role.ANNOTATOR)
            self._result.members.append(username)
        return user

    def _made(self, username: str) -> User:
        """An account that nobody can sign in to until it is given a password."""
        user = get_user_model()(username=username)
        user.set_unusable_password()
        try:
            user.full_clean(exclude=["password"])
        except ValidationError as error:
            message = "; ".join(error.messages)
            raise DoorRefusal(
                "bad_username",
                f"{shown(username)} cannot be a username: {message}",
                Remedy(MAP_PERSON, {"name": username}),
            ) from None
        user.save()
        self._result.annotators.append(username)
        return user
