"""What a night publishes besides the lists, and that nothing of it holds up a night."""

from __future__ import annotations

import subprocess

import pytest

from litmine.core.sections_outward import PublishSettings
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.night import publish_night
from litmine.publish.links.probe import Prober
from tests.support.approvals import approve
from tests.support.papers import paper


@pytest.fixture
def context(store, tmp_path):
    def make(**publish) -> RunContext:
        chosen = Settings(data_dir=tmp_path / "data", publish=PublishSettings(**publish))
        return RunContext(chosen, store)

    return make


def test_without_approvals_there_is_no_site(context):
    here = context()
    published = publish_night(here)
    assert published.site == published.suggested == 0
    assert not (here.settings.outputs / "site").exists()


def test_approvals_become_lists_and_site_and_the_second_time_nothing_changes(context, store):
    approve(store, [paper("2606.00001")])
    here = context()
    first = publish_night(here)
    assert first.files
    assert first.site > 10
    assert (here.settings.outputs / "site" / "papers" / "2606.00001.html").is_file()
    assert publish_night(here).changed == 0
    assert here.warnings == []


def test_the_site_can_be_turned_off(context, store):
    approve(store, [paper("2606.00001")])
    here = context(site=False)
    assert publish_night(here).site == 0
    assert not (here.settings.outputs / "site").exists()


def test_a_suggestion_goes_to_the_repository_once(context, store, tmp_path):
    approve(store, [paper("2606.00001")])
    repository = tmp_path / "list"
    run = ["git", "-c", "user.name=Bo", "-c", "user.email=bo@example.org", "-C", str(repository)]
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    (repository / "README.md").write_text("# Papers\n", encoding="utf-8")
    subprocess.run([*run, "add", "."], check=True)
    subprocess.run([*run, "commit", "-q", "-m", "a list"], check=True)
    here = context(site=False, git=repository)
    assert publish_night(here).suggested == 1
    assert publish_night(here).suggested == 0
    assert (repository / "README.md").read_text(encoding="utf-8") == "# Papers\n"


def test_what_cannot_be_published_is_a_warning_and_the_lists_are_there(context, store, tmp_path):
    approve(store, [paper("2606.00001")])
    here = context(git=tmp_path / "nowhere")
    published = publish_night(here)
    assert published.files
    assert published.suggested == 0
    assert [warning for warning in here.warnings if warning.startswith("suggestion: ")]


def test_links_are_looked_at_only_when_asked_for(context, store, monkeypatch):
    approve(store, [paper("2606.00001", doi="10.9999/nowhere")])
    looked = []

    async def nobody(host, port):
        looked.append(host)
        raise OSError("no such name")

    def make(agent, limits):
        return Prober(agent, limits, resolve=nobody)

    monkeypatch.setattr("litmine.publish.links.probe.Prober", make)
    publish_night(context(site=False))
    assert looked == []
    here = context(site=False, check_links=True)
    assert "1 unknown" in publish_night(here).summary
    assert looked == ["doi.org"]
    assert here.warnings == []
