"""Files and folders appear whole or not at all, and an error names what the user named."""

import pytest
from motegate.convert import atomic

pytestmark = pytest.mark.unit


def test_a_file_that_cannot_be_written_is_named_as_the_user_named_it(tmp_path):
    (tmp_path / "folder").mkdir()
    for path, said in ((tmp_path / "none" / "a.csv", "folder is not there"), (tmp_path / "folder", "is a folder")):
        with pytest.raises(OSError, match=said) as error:
            atomic.write(path, b"1")
        assert error.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_whose_filling_fails_leaves_the_old_one(tmp_path):
    with atomic.folder(tmp_path / "out") as out:
        (out / "a").write_text("old")
    with pytest.raises(OSError, match="No such"), atomic.folder(tmp_path / "out") as out:
        (out / "none" / "a").write_text("new")
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
