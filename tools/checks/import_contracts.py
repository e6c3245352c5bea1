"""Contract types for import-linter: patterns of names, so that a new `*_wire.py` is bound without a new line, and circles."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class _PatternContract(Contract):
    """A contract whose breaches are chains of imports, first the importer, last what it must not reach."""

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a line for each forbidden chain."""
        for chain in check.metadata["chains"]:
            output.print_error(" -> ".join(chain))


class PureContract(_PatternContract):
    """Modules that match `modules` reach none of `forbidden`, neither themselves nor through what they import.

    `modules` are dotted names with `*`; a name also stands for what lies below it.
    """

    type_name = "pure"
    modules = fields.ListField(subfield=fields.StringField())
    forbidden = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - import-linter's signature
        """Search the shortest chain from each pure module to each forbidden one."""
        del verbose
        pure = [name for name in sorted(graph.modules) if _matches(name, _names(self.modules))]
        reachable = [name for name in _names(self.forbidden) if name in graph.modules]
        chains = [
            chain
            for importer in pure
            for imported in reachable
            if (chain := graph.find_shortest_chain(importer=importer, imported=imported)) is not None
        ]
        return ContractCheck(kept=not chains, metadata={"chains": chains})


class DoorContract(_PatternContract):
    """Only modules that match `doors` import one of `packages` directly; all others go through a door."""

    type_name = "door"
    packages = fields.ListField(subfield=fields.StringField())
    doors = fields.ListField(subfield=fields.StringField())
    rooms = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - import-linter's signature
        """List the direct importers in `rooms` that are no door."""
        del verbose
        chains = [
            (importer, package)
            for package in _names(self.packages)
            if package in graph.modules
            for importer in sorted(graph.find_modules_that_directly_import(package))
            if _matches(importer, _names(self.rooms)) and not _matches(importer, _names(self.doors))
        ]
        return ContractCheck(kept=not chains, metadata={"chains": chains})


class NoCirclesContract(_PatternContract):
    """No module below `modules` imports itself through others, and no package inside a package of `packages` does.

    A package stands for all modules below it: if `a.b` imports `a.c`, nothing in `a.c` may import `a.b`. The names in
    `packages` may hold `*`. The rule needs no list of layers, so it holds for packages that are added or renamed.
    """

    type_name = "no_circles"
    modules = fields.ListField(subfield=fields.StringField())
    packages = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - import-linter's signature
        """Search one circle between the modules, and one in each package."""
        del verbose
        own = [name for name in sorted(graph.modules) if _matches(name, _names(self.modules))]
        imports = {name: graph.find_modules_directly_imported_by(name) & set(own) for name in own}
        packages = [name for name in own if any(fnmatchcase(name, pattern) for pattern in _names(self.packages))]
        graphs = [imports, *(_imports_between_children(package, imports) for package in packages)]
        chains = [circle for each in graphs if (circle := circle_in(each))]
        return ContractCheck(kept=not chains, metadata={"chains": chains})


def circle_in(imports: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return a circle of imports, the first name again at its end; empty if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return tuple(reversed(circle))  # a sorter's circle runs from the imported to its importer
    return ()


def _imports_between_children(package: str, imports: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Return which children of the package import which other ones, each child with all modules below it."""
    depth = package.count(".") + 2
    children: dict[str, set[str]] = {}
    for importer, imported in imports.items():
        if importer.startswith(f"{package}."):
            child = ".".join(importer.split(".")[:depth])
            others = {".".join(name.split(".")[:depth]) for name in imported if name.startswith(f"{package}.")}
            children.setdefault(child, set()).update(others - {child})
    return children


def _names(field: object) -> list[str]:
    """The value of a list field: import-linter replaces the field on the instance by what was configured."""
    return cast("list[str]", field)


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in patterns)
