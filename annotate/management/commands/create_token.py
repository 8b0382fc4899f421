"""``manage.py create_token USERNAME NAME --scope read``"""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from annotate.errors import Refusal
from annotate.management.arguments import ExampleCommand
from annotate.models import ApiToken
from annotate.operations.api_tokens import create_token


class Command(ExampleCommand):
    help = "Make an API token for an account, and print its key: this once."
    example = 'create_token rui "nightly download" --scope read --scope release --days 365'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("name", metavar="NAME", help="what the token is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            help="may be repeated; read unless said otherwise",
        )
        parser.add_argument("--days", type=int, default=90, help="how long it lasts, 1 to 365 (default: 90)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, username: str, name: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username}. Make one in the admin, or with createsuperuser.")
        scopes = options["scope"] or [ApiToken.Scope.READ]
        try:
            token, key = create_token(user=user, name=name, scopes=scopes, days=options["days"], now=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        if options["json"]:
            self.write_json({"key": key, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()})
        else:
            self.stdout.write(key)
