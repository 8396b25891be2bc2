import pytest

from planning.table import shelf


@pytest.fixture(autouse=True)
def an_empty_shelf() -> None:
    """What a process keeps of drafts is no other test's."""
    shelf.clear()
