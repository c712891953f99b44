"""What the tests of the real project share: a copy of this checkout's, synthesized afresh."""

from __future__ import annotations

from tests.support.project_fixtures import project_fixtures
from tests.support.projects import copy_real

fresh, project = project_fixtures("project", copy_real)
