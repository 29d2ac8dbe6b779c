import pytest

from course_lib.files import whole


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "folder" / "data.bin"
    with whole(path) as part:
        part.write_bytes(b"old")
        assert not path.exists()
        assert part.name == path.name  # some writers go by the ending
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "data.bin"
    path.write_bytes(b"old")

    def write_half():
        with whole(path) as part:
            part.write_bytes(b"ne")
            raise error

    with pytest.raises(type(error)):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_stays_a_folder(tmp_path):
    with pytest.raises(OSError, match=r"."), whole(tmp_path) as part:
        part.write_text("x")
    assert tmp_path.is_dir()
