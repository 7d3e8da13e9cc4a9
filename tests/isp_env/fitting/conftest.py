"""A small synthetic raw whose pictures are fitted."""

import pytest
from fixtures.fitted import frame_of

from isp_env.raw import RawFrame


@pytest.fixture(scope="session")
def frame() -> RawFrame:
    return frame_of()
