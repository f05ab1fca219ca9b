"""Contracts of import-linter that it does not bring itself; ``pyproject.toml`` uses them."""

from __future__ import annotations

import grimp
from importlinter import Contract, ContractCheck, fields, output


class PackageApiContract(Contract):
    """Packages that stand beside each other import each other as packages only, never a module inside one.

    What a package's ``__init__`` offers is its public face; what stands in its modules may change at any time.

    Configuration options:
        - ancestor: the package whose direct children these are.
    """

    type_name = "package_api"

    ancestor = fields.StringField()

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        links: list[tuple[str, str, int]] = []
        for package in sorted(graph.find_children(str(self.ancestor))):
            own = {package, *graph.find_descendants(package)}
            for module in sorted(own - {package}):
                for importer in sorted(graph.find_modules_that_directly_import(module) - own):
                    details = graph.get_import_details(importer=importer, imported=module)
                    links += [(importer, module, detail["line_number"]) for detail in details]
        return ContractCheck(kept=not links, metadata={"links": links})

    def render_broken_contract(self, check: ContractCheck) -> None:
        output.print_error(f"Of a package in {self.ancestor} only its own public names may be imported:", bold=False)
        output.new_line()
        for importer, module, line in check.metadata["links"]:
            output.print_error(f"- {importer} -> {module} (l.{line})", bold=False)
