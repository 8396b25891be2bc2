"""What is written to the log."""

import logging


class OneLine(logging.Filter):
    """A request that was refused is one line: no traceback says more about it. Faults of ours keep theirs."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            record.exc_info = None
        return True
