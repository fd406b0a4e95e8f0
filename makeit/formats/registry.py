"""Formats and suffixes by name: found through entry points, imported when one is used, not before."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable

from makeit.distributions import FORMATS, KERNEL, SUFFIXES, Announced, Distribution, announcing
from makeit.errors import PluginError, SpecError
from makeit.formats.persister import Persister
from makeit.formats.spec import Spec
from makeit.scan import Scan

API_VERSION = 1
# The project's own formats: the only ones for which it may name a package to install.
_OWN = {
    "npy": "makeit-numpy",
    "npz": "makeit-numpy",
    ".npy": "makeit-numpy",
    ".npz": "makeit-numpy",
    "nifti": "makeit-nifti",
    "nifti-mmap": "makeit-nifti",
    ".nii": "makeit-nifti",
    ".nii.gz": "makeit-nifti",
    ".nii.zst": "makeit-nifti",
    "gifti": "makeit-nifti",
    ".gii": "makeit-nifti",
    "cifti": "makeit-nifti",
    "mgh": "makeit-nifti",
    ".mgh": "makeit-nifti",
    ".mgz": "makeit-nifti",
    "parquet": "makeit-pandas",
    "csv": "makeit-pandas",
    "feather": "makeit-pandas",
    ".parquet": "makeit-pandas",
    ".csv": "makeit-pandas",
    ".tsv": "makeit-pandas",
    ".feather": "makeit-pandas",
    ".arrow": "makeit-pandas",
    "zarr": "makeit-zarr",
    ".zarr": "makeit-zarr",
}


class Candidate:
    """A format as a distribution announces it, not imported yet."""

    __slots__ = ("announced",)

    def __init__(self, announced: Announced) -> None:
        self.announced = announced

    @property
    def format(self) -> str:
        """The name before the colon of a spec."""
        return self.announced.name

    @property
    def value(self) -> str:
        """Where the class is: `module:Class`."""
        return self.announced.value

    @property
    def distribution(self) -> str:
        """The name of the distribution."""
        return self.announced.distribution.name

    @property
    def origin(self) -> str:
        """The distribution and its version, for messages and records."""
        return self.announced.distribution.origin

    def load(self) -> type[Persister]:
        """Import the persister class; PluginError names the format, the distribution and the cause."""
        kind = self.announced.load()
        fault = _fault(kind)
        if fault:
            raise PluginError(f"the format {self.format!r} of {self.origin} is {fault}", name=self.format)
        return kind  # type: ignore[no-any-return]

    def stands_for(self, kind: type[Persister]) -> bool:
        """Tell whether this is the format of a persister class."""
        # The kernel names its own where they are defined; of another distribution's it takes an import to know.
        if self.distribution == KERNEL and self.value.partition(":")[0] != kind.__module__:
            return False
        try:
            return self.announced.load() is kind
        except PluginError:  # a broken sister of the format that is being used
            return False


def _fault(kind: object) -> str | None:
    if not (isinstance(kind, type) and issubclass(kind, Persister)):
        return f"{kind!r}, which is no subclass of makeit.Persister"
    if kind.api_version != API_VERSION:
        return f"written for persister API {kind.api_version}; this makeit has {API_VERSION}"
    return None


class Registry:
    """What the installed distributions offer, less the switched-off ones.

    `renew` looks at what is installed and fills the registry; by default the registry does so itself.
    """

    def __init__(self, disabled: Iterable[str] = (), renew: Callable[[], None] | None = None) -> None:
        self._disabled = frozenset(disabled)
        self._renew = renew or (lambda: self.fill(announcing(Scan().announced(), self._disabled)))
        self._distributions: tuple[Distribution, ...] | None = None
        self._formats: dict[str, list[Candidate]] | None = None
        self._suffixes: dict[str, list[Candidate]] = {}
        self._named: dict[tuple[type[Persister], str], str] = {}
        self._kinds: dict[str, type[Persister]] = {}

    def fill(self, distributions: tuple[Distribution, ...]) -> None:
        """Offer what these distributions announce, and nothing else."""
        self._distributions, self._formats, self._named, self._kinds = distributions, None, {}, {}

    def kind(self, spec: Spec) -> type[Persister]:
        """Return the class that a spec asks for, imported; PluginError where there is none, or it cannot be used."""
        known = self._kinds.get(spec.format or "")
        if known is not None and not spec.location:
            return known
        found = self.find(spec).load()
        if spec.format:
            self._kinds[spec.format] = found
        return found

    def find(self, spec: Spec) -> Candidate:
        """Return the one candidate for a spec; PluginError where there is none, or more than one."""
        if spec.location:
            raise SpecError(
                f"the spec '{spec}' names a location of kind {spec.location!r}, and no installed plugin "
                "handles those; write a path on this machine",
                spec=spec,
            )
        found = self._lookup(spec)
        if not found:
            # Installed since the last look, from a running notebook perhaps.
            importlib.invalidate_caches()
            self._renew()
            found = self._lookup(spec)
        if not found:
            raise self._unknown(spec)
        return self._only(found, spec)

    def name_of(self, kind: type[Persister], path: str) -> str:
        """Return the format that a persister class is installed as, or its full name where it is not.

        One class may serve several formats; the suffix of `path` decides between them.
        """
        key = (kind, path.rpartition("/")[2])
        if key not in self._named:
            top = kind.__module__.partition(".")[0]
            every = [candidate for group in self._scan().values() for candidate in group]
            near = [c for c in every if c.value.partition(":")[0].partition(".")[0] == top]
            fitting = sorted(c.format for c in near if c.stands_for(kind))
            by_suffix = [c.format for c in self._lookup(Spec(path)) if c.format in fitting]
            self._named[key] = (by_suffix or fitting or [f"{kind.__module__}.{kind.__qualname__}"])[0]
        return self._named[key]

    def names(self) -> list[str]:
        """Return the names of all formats, sorted."""
        return sorted(self._scan())

    def suffixes(self) -> list[str]:
        """Return all suffixes that choose a format, sorted."""
        self._scan()
        return sorted(self._suffixes)

    def _lookup(self, spec: Spec) -> list[Candidate]:
        formats = self._scan()
        if spec.format:
            return formats.get(spec.format, [])
        name = spec.path.rpartition("/")[2].lower()
        dots = [at for at, character in enumerate(name) if character == "."]
        return next((self._suffixes[name[at:]] for at in dots if name[at:] in self._suffixes), [])

    def _scan(self) -> dict[str, list[Candidate]]:
        if self._formats is None:
            if self._distributions is None:
                self._renew()
            formats, suffixes = _candidates(self._distributions or ())
            self._suffixes, self._formats = suffixes, formats
            return formats
        return self._formats

    def _only(self, found: list[Candidate], spec: Spec) -> Candidate:
        different = {(candidate.distribution, candidate.value): candidate for candidate in found}
        if len(different) > 1:
            origins = " and ".join(sorted(candidate.origin for candidate in different.values()))
            what = f"format {spec.format!r}" if spec.format else f"suffix of {spec.path!r}"
            raise PluginError(
                f"the {what} is claimed by {origins}; uninstall one, or switch one off with "
                "MAKEIT_DISABLE_PLUGINS=<distribution>",
                name=spec.format or spec.path,
            )
        return found[0]

    def _unknown(self, spec: Spec) -> PluginError:
        formats = self.names()
        if spec.format is None:
            own = next((_OWN[s] for s in sorted(_OWN, key=len, reverse=True) if spec.path.endswith(s)), None)
            return PluginError(
                f"no installed format has the suffix of {spec.path!r}; "
                + (f"pip install {own}, or " if own else "")
                + f"name one, as in 'pickle:{spec.path}'; installed formats: {', '.join(formats)}; "
                f"known suffixes: {', '.join(self.suffixes())}",
                name=spec.path,
            )
        import difflib  # for those who misspelled something

        close = difflib.get_close_matches(spec.format, [*formats, *_OWN], 1)
        hints = [f"did you mean {close[0]!r}?"] if close and close[0] != spec.format else []
        hints += [f"pip install {_OWN[spec.format]}"] if spec.format in _OWN else []
        return PluginError(
            f"no format {spec.format!r} is installed (in the spec '{spec}'); "
            + "".join(f"{hint}; " for hint in hints)
            + f"installed formats: {', '.join(formats) or 'none'}; a file name with a colon is written "
            f"'./{spec}'",
            name=spec.format,
        )


def _candidates(
    distributions: Iterable[Distribution],
) -> tuple[dict[str, list[Candidate]], dict[str, list[Candidate]]]:
    """Return the candidates for each format and for each suffix."""
    formats: dict[str, list[Candidate]] = {}
    suffixes: dict[str, list[Candidate]] = {}
    for distribution in distributions:
        own = [Candidate(point) for point in distribution.announced if point.group == FORMATS]
        for candidate in own:
            formats.setdefault(candidate.format, []).append(candidate)
        for point in distribution.announced:
            if point.group == SUFFIXES:
                suffixes.setdefault(point.name.lower(), []).append(_named_by(point, own))
    return formats, suffixes


def _named_by(suffix: Announced, formats: list[Candidate]) -> Candidate:
    """Return the format that a suffix stands for; its entry point names the format, or the class of one."""
    match = [c for c in formats if c.format == suffix.value] or [c for c in formats if c.value == suffix.value]
    return match[0] if match else Candidate(suffix)
