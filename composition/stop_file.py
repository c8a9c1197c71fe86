"""The stops of a home: `stops.yaml`, read anew by every request that finds it changed, written whole by the verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from composition import reading
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from composition.workspace import Workspace
    from serving.records.switched_off import Stop, Stops

NAME: Final = "stops.yaml"


class StopFile:
    """What is switched off in one home; called for what holds now."""

    def __init__(self, home: Workspace) -> None:
        """Nothing is read yet."""
        self._home = home
        self._path = home.path / NAME
        self._read: tuple[object, Stops] | None = None

    def __call__(self) -> Stops:
        """What is switched off now; nothing where there is no file.

        Raises:
            Rejected: the file is unreadable or wrong.
        """
        from serving.records.switched_off import Stops

        try:
            found = self._path.stat()
        except FileNotFoundError:
            return Stops()
        mark = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != mark:
            self._read = mark, Stops.parse(reading.read_yaml(self._path), (NAME,))
        return self._read[1]

    def add(self, one: Stop) -> Stops:
        """Switch something off; what is off already keeps who did it and why.

        Raises:
            Rejected: the file is wrong.
        """
        return self._changed(lambda held: held if any(one.said == other.said for other in held) else (*held, one))

    def lift(self, kind: str, name: str) -> Stops:
        """Switch something on again.

        Raises:
            Rejected: it is not off.
        """
        said = f"{kind}:{name}"
        if all(one.said != said for one in self().stops):
            raise Rejected([Problem((said,), "unknown", "is not switched off", "See `proffer stops list`")])
        return self._changed(lambda held: tuple(one for one in held if one.said != said))

    def _changed(self, change: Callable[[tuple[Stop, ...]], tuple[Stop, ...]]) -> Stops:
        import yaml

        from serving.records.switched_off import Stops

        with self._home.alone("stops", wait=True):
            made = Stops(change(self().stops))
            text = yaml.safe_dump(made.to_document(), allow_unicode=True, sort_keys=False)
            write_whole(self._path, text.encode(), mode=OWNER_ONLY)
        return made
