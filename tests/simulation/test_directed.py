"""Stories told on purpose, each with its end."""

from __future__ import annotations

import pytest

from tests.simulation.directed import STORIES, Story, told


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_story_ends_as_it_should(story: Story) -> None:
    """What each of them is about stands with it."""
    told(story)
