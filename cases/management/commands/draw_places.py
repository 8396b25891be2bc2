from django.core.management.base import BaseCommand

from cases import places


class Command(BaseCommand):
    help = "Draw the places that public figures about cases may name; after new communities were imported."

    def handle(self, *args, **options):
        self.stdout.write(f"{places.draw()} places may be named in public.")
