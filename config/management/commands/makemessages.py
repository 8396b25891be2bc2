from django.core.management.commands import makemessages


class Command(makemessages.Command):
    help = "Collect sentences to translate; a new one comes empty, never with the translation of another."

    # A guess can lack what the sentence names, and then the catalogue does not compile and nothing can be set up.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
