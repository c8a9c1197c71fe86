"""Files are whole and durable or not there; network disks and readable secrets are refused; one writer at a time."""

import threading
from pathlib import Path

import pytest

from features.problem import Rejected
from features.whole_file import OWNER_ONLY, locked, write_whole
from privacy.ledger import folder as place
from privacy.ledger.folder import NetworkFileSystem, OwnFile

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /srv rw - {kind} server:/export rw
31 30 0:41 / /srv/local\\040disk rw - ext4 /dev/vdb rw
32 22 0:42 / /srv2 rw - nfs4 server:/other rw
"""


def mounts(tmp_path, kind):
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS.format(kind=kind), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse", "glusterfs"])
def test_a_network_file_system_is_refused_by_its_name(tmp_path, kind):
    with pytest.raises(NetworkFileSystem, match=kind):
        place.refuse_network(Path("/srv/ledger"), mounts(tmp_path, kind))


@pytest.mark.parametrize("path", ["/home/ledger", "/srv/local disk/ledger", "/srv22/x"])
def test_a_local_disk_beside_or_inside_a_network_mount_is_accepted(tmp_path, path):
    place.refuse_network(Path(path), mounts(tmp_path, "nfs"))
    assert place.file_system_of(Path(path), mounts(tmp_path, "nfs")) == "ext4"


def test_a_local_fuse_disk_is_accepted_and_so_is_a_system_that_does_not_say(tmp_path):
    place.refuse_network(Path("/srv/x"), mounts(tmp_path, "fuseblk"))
    place.refuse_network(Path("/srv/x"), tmp_path / "absent")


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "key"
    write_whole(path, b"secret", mode=OWNER_ONLY)
    assert place.read_private(path) == b"secret"
    path.chmod(0o644)
    with pytest.raises(Rejected, match="chmod 600"):
        place.read_private(path)


def test_a_folder_is_begun_for_its_owner_only_and_once(tmp_path):
    place.begin(tmp_path / "a")
    place.begin(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_only_one_at_a_time_holds_the_lock(tmp_path):
    inside, most, guard = [], [], threading.Lock()

    def work():
        for _ in range(20):
            with locked(tmp_path / "lock"):
                with guard:
                    inside.append(1)
                    most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (80, 1)


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "home" / "ledger"
    folder.mkdir(parents=True)
    (folder / "ledger.sqlite").write_bytes(b"entries")
    (tmp_path / "there").symlink_to(folder, target_is_directory=True)
    (tmp_path / "linked.sqlite").symlink_to(folder / "ledger.sqlite")
    (tmp_path / "same.sqlite").hardlink_to(folder / "ledger.sqlite")
    return folder


@pytest.mark.parametrize(
    "spelling",
    ["home/ledger/ledger.sqlite", "home/ledger/new", "home/ledger", "home/../home/ledger/new", "there/new",
     "there/ledger.sqlite", "linked.sqlite", "same.sqlite", "HOME/Ledger/new"],
)  # fmt: skip
def test_an_output_on_the_ledgers_own_files_is_refused_however_it_is_spelled(tmp_path, monkeypatch, own, spelling):
    monkeypatch.chdir(tmp_path)
    for out in (Path(spelling), tmp_path / spelling):
        with pytest.raises(OwnFile, match="outside the ledger's folder"):
            place.refuse_own_file(out, own)


@pytest.mark.parametrize("spelling", ["home/out", "ledger/out", "home/ledger-of-may", "out"])
def test_an_output_beside_the_ledger_is_accepted(tmp_path, own, spelling):
    place.refuse_own_file(tmp_path / spelling, own)


def test_an_output_into_another_ledgers_folder_is_refused(tmp_path, own):
    other = tmp_path / "other"
    other.mkdir()
    (other / "ledger.sqlite").write_bytes(b"")
    with pytest.raises(place.OwnFile):
        place.refuse_own_file(other / "ledger.key", own)
