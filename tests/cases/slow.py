"""Channels for tests: one that writes down what it sends and dawdles, one that always fails. Settings name them."""

import os
import time
from pathlib import Path

from cases.channels import Channel, Recipient, Undelivered


class Slow(Channel):
    """Writes the key to the file SLOW_FILE, and then takes SLOW_SECONDS to come back."""

    name = "slow"

    def address(self, recipient: Recipient) -> str:
        return recipient.email

    def send(self, to: str, text: str, key: str) -> None:
        with Path(os.environ["SLOW_FILE"]).open("a") as file:
            file.write(f"{key}\n")
        time.sleep(float(os.environ.get("SLOW_SECONDS", "0")))


class Failing(Channel):
    name = "failing"

    def address(self, recipient: Recipient) -> str:
        return recipient.email

    def send(self, to: str, text: str, key: str) -> None:
        raise Undelivered("the line is busy")


class Broken(Failing):
    name = "broken"

    def send(self, to: str, text: str, key: str) -> None:
        raise ZeroDivisionError
