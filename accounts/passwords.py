"""How passwords are kept: Argon2id as OWASP's Password Storage Cheat Sheet has it (19 MiB, two passes, one lane)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """About 20 ms of one core a check: a program that sends its password with each call does not wait for it."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
