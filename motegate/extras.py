"""What an optional part of Motegate (an extra) still lacks, by the installed package's own metadata."""

import importlib.metadata
from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def missing(extras: Iterable[str], module: str) -> tuple[list[str], list[str]]:
    """The packages of ``extras`` that are not installed, and the extras that bring them.

    ``module``: one that could not be imported; its own extra counts as well.
    """
    required = [Requirement(line) for line in importlib.metadata.requires("motegate") or ()]
    named = importlib.metadata.metadata("motegate").get_all("Provides-Extra") or []
    wanted = set(extras)
    if not any(_is_of(requirement, extra, module) for extra in wanted for requirement in required):
        wanted |= {extra for extra in named for requirement in required if _is_of(requirement, extra, module)}
    packages, bringing = [], []
    for extra in (extra for extra in named if extra in wanted):
        lacking = [r.name for r in required if _asked(r, extra) and not _installed(r.name)]
        packages += [name for name in lacking if name not in packages]
        bringing += [extra] if lacking else []
    return packages, bringing


def _is_of(requirement: Requirement, extra: str, module: str) -> bool:
    return _asked(requirement, extra) and canonicalize_name(requirement.name) == canonicalize_name(module)


def _asked(requirement: Requirement, extra: str) -> bool:
    """Whether this machine needs it for the extra, and not without."""
    marker = requirement.marker
    return marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
