"""After a run: save the result, publish it, write the record, and give back what a reuse would give."""

from __future__ import annotations

import errno
import os
import platform
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from makeit import notices
from makeit.binding import Binding
from makeit.errors import ForeignFileError, MakeitError, PersistError, PluginError
from makeit.formats import tree
from makeit.formats.persister import Persister
from makeit.formats.tree import Output
from makeit.guarding import Guarding
from makeit.hooks import noted
from makeit.identity.copies import copied
from makeit.identity.saving import Saving
from makeit.identity.trees import digest_path
from makeit.identity.values import is_plain
from makeit.model import Call, CodePrint, CodeRecord, FileRecord, OutputRecord, Record, Run
from makeit.process import present
from makeit.recording import argument_records, code_records, describe_staged, keep_sources
from makeit.store import commit, pruning
from makeit.store.atomic import note_interrupt
from makeit.store.history import History
from makeit.store.ledger import Damaged, Entry
from makeit.store.outputs import Claim
from makeit.store.staging import Staged, stage
from makeit.targets import Targets
from makeit.version import __version__

if TYPE_CHECKING:
    from makeit.options import Options
    from makeit.workbench import Workbench


class Keeping:
    """Keep the results of one made function."""

    def __init__(
        self, bench: Workbench, targets: Targets, options: Options, guarding: Guarding, binding: Binding
    ) -> None:
        self._bench = bench
        self._targets = targets
        self._options = options
        self._guarding = guarding
        self._binding = binding
        self._described: tuple[CodePrint, dict[str, CodeRecord]] | None = None
        self._history = History(bench.outputs)

    def keep(self, call: Call, value: Any, claims: Sequence[Claim], run: Run) -> tuple[Any, Record | None]:
        """Store a result and give back what a later reuse would give; trouble around it is a warning."""
        parts = tree.split(self._targets.root, value)
        try:
            return self._keep(call, parts, claims, run)
        except (PersistError, PluginError) as error:
            error.value = value
            raise
        except (OSError, commit.Overtaken) as error:
            message = f"the result of {call.label} is right but was not kept: {error}"
            if notices.is_strict(self._options.strict):
                raise _strict_error(error, message, claims, value) from error
            notices.warn(message)
            return self._guarding.hand_out(call, parts, [None] * len(parts)), None
        except Exception as error:  # a plugin that is asked after a run can fail in any way
            failure = PluginError(
                f"the result of {call.label} was not kept: {noted(error)}; the value is in the exception's .value"
            )
            failure.value = value
            raise failure from error
        except BaseException:
            note_interrupt()
            raise

    def _keep(self, call: Call, parts: Sequence[Any], claims: Sequence[Claim], run: Run) -> tuple[Any, Record]:
        bench = self._bench
        bench.project.prepare()
        previous: Entry | Damaged | None = None
        with ExitStack() as folders:
            outputs = [self._chosen(call, output, part) for output, part in zip(call.outputs, parts, strict=True)]
            # A small result by itself is verified at each load instead of being synced; beside a named one,
            # to lose it would make both run again.
            small_ok = all(output.kept for output in call.outputs)
            with Saving():
                staged = [
                    stage(output, persister, part, folders, self._near(output), small_ok=small_ok)
                    for (output, persister), part in zip(outputs, parts, strict=True)
                ]
                returned = [self._returned(item, part) for item, part in zip(staged, parts, strict=True)]
                fingerprints = [bench.fingerprint(item.value) for item in returned]

            def make_record(files: tuple[FileRecord, ...]) -> Record:
                # All is in its place: where there is a record, a kill leaves no private folder.
                folders.close()
                # Somebody may have published while this was saved: what is replaced is what is there now.
                nonlocal previous
                previous = bench.ledger.read(call.anchor)
                stored = describe_staged(bench, staged, files, fingerprints)
                return self.record(call, stored, run)

            def reload() -> None:
                for place, item in enumerate(staged):
                    if not item.private.portable and not returned[place].final:
                        item.persister.notes = item.notes or {}
                        returned[place] = Brought(_loaded(item.persister, item, returned[place].value), True)

            record = commit.publish(
                bench.outputs, call.anchor, staged, claims, make_record, lambda: self._archive(call), reload
            )
        self._tidy(call, previous, record)
        return self._guarding.hand_out(call, [item.value for item in returned], fingerprints), record

    def _near(self, output: Output) -> str:
        """Return where an output is staged: beside its file, or where all kept results of the function lie."""
        return self._targets.folder if output.kept else os.path.dirname(output.path)

    def _chosen(self, call: Call, output: Output, value: Any) -> tuple[Output, Persister]:
        """Return the persister of an output; for one that was left to makeit, one that fits the value."""
        if output.persister is not None:
            return output, output.persister
        chosen = self._bench.informed(self._bench.plugins.choose_persister(value=value), call)
        persister = chosen.at(output.path + _ending(chosen.filename))
        name = self._bench.plugins.registry.name_of(type(persister), os.fspath(chosen.filename))
        return Output(output.where, output.path, None, name, output.options), persister

    def _returned(self, staged: Staged, value: Any) -> Brought:
        """Return what a later load gives; spare the reading where the value at hand is that already."""
        if staged.plain:
            return Brought(copied(value), True)
        if staged.private.faithful:
            if is_plain(value):
                return Brought(value, True)
            frozen = self._guarding.protect(value)
            if frozen is not None:
                return Brought(frozen.value, True)
        return Brought(_loaded(staged.private, staged, value), staged.private.portable)

    @property
    def strict(self) -> bool:
        """Whether trouble in the environment is to be raised."""
        return self._options.strict

    @property
    def keeps_history(self) -> bool:
        """Whether earlier results of named outputs are kept, too."""
        return self._options.keep != 1

    def _archive(self, call: Call) -> None:
        if self.keeps_history:
            # An earlier result is a convenience: trouble with it does not stand in the way of the new one.
            with suppress(OSError):
                self._history.archive(call.anchor, self._options.keep)

    def _tidy(self, call: Call, previous: Entry | Damaged | None, record: Record) -> None:
        """Remove what the new result replaces inside the cachedir."""
        bench = self._bench
        if isinstance(previous, Entry):
            pruning.discard(bench.outputs, previous.record, record)
        if self._options.keep is not None and bench.project.is_kept(call.anchor):
            place = bench.ledger.place(call.anchor)
            pruning.prune(bench.outputs, os.path.dirname(place), self._options.keep, place)
            pruning.collect(bench.outputs, self._targets.folder)

    def _code(self, code: CodePrint) -> dict[str, CodeRecord]:
        """Describe code for a record, and keep its sources; once for as long as it is the same."""
        if self._described is None or self._described[0] is not code:
            keep_sources(self._bench, code)
            self._described = code, code_records(self._bench, code)
        return self._described[1]

    def record(self, call: Call, outputs: tuple[OutputRecord, ...], run: Run) -> Record:
        """Describe a run for the ledger, and keep the sources it was run with."""
        return Record(
            call=call.id,
            function=call.name,
            code=self._code(call.code),
            arguments=argument_records(self._bench, call, self._binding),
            outputs=outputs,
            started=run.started,
            seconds=run.seconds,
            versions={"python": platform.python_version(), "makeit": __version__},
            key_parts=dict(call.key_parts),
            untracked=call.code.untracked,
            parent=call.parent,
            defined=self._bench.project.relative(call.defined),
            label=call.label,
            reason=run.reason,
            process=str(present()),
        )


def _ending(filename: Path) -> str:
    """Return the whole suffix of a file name: `.nii.gz` of `value.nii.gz`."""
    _, dot, suffix = os.path.basename(filename).partition(".")
    return dot + suffix


class Brought(NamedTuple):
    """A value as a later load gives it; `final` where it need not be loaded again from its final place."""

    value: Any
    final: bool


def _loaded(persister: Persister, staged: Staged, value: Any) -> Any:
    """Load what was just saved; PersistError where the persister cannot, OSError where the file cannot be read."""
    with suppress(Exception):  # readers hide trouble with a disk in errors of their own, so it is tried again
        return persister.load()
    for file, path in zip(staged.files, persister.files(), strict=True):
        if digest_path(os.fspath(path)) != file.digest:
            raise OSError(errno.EIO, "what was saved cannot be read again", os.fspath(path))
    try:
        return persister.load()
    except OSError:
        raise
    except Exception as error:  # a persister that cannot read what it just wrote
        raise PersistError(
            f"{type(persister).__name__} saved this {type(value).__name__} but cannot load it "
            f"again: {type(error).__name__}: {error}; the value is in the exception's .value",
            value=value,
        ) from error


def _strict_error(cause: Exception, message: str, claims: Sequence[Claim], value: Any) -> MakeitError:
    if isinstance(cause, commit.Overtaken):
        return ForeignFileError(message, path=Path(claims[0].path), value=value)
    found = MakeitError(message)
    found.value = value
    return found
