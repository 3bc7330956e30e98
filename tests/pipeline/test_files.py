"""A file of the command line is checked before any work and written whole or not at all."""

import os
from pathlib import Path

import pytest

from pipeline import files
from pipeline.report.report import Report


def test_a_failed_write_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    Report(stack="staging").write(file)
    before = file.read_text()

    def full(_self: Path, _target: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        Report(stack="production").write(file)
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    files.write(pipe, "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_file_that_can_be_written_is_not_refused(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.touch()
    assert files.refusal([None, there, tmp_path / "new"]) == ""
    assert "There is no directory" in files.refusal([tmp_path / "gone" / "new"])
