"""The pattern contracts find forbidden imports, direct and through others."""

import grimp

from tools.checks.import_contracts import DoorContract, PureContract


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for importer, imported in imports:
        made.add_import(importer=importer, imported=imported)
    return made


def pure(*modules: str) -> PureContract:
    return PureContract("pure", {}, {"modules": list(modules), "forbidden": ["socket", "absent"]})


def door() -> DoorContract:
    return DoorContract("door", {}, {"packages": ["redis"], "doors": ["shared.store"], "rooms": ["services", "shared"]})


def test_a_pure_module_that_opens_a_socket_is_found() -> None:
    check = pure("shared.core").check(graph(("shared.core.order", "socket")), verbose=False)

    assert check.metadata["chains"] == [("shared.core.order", "socket")]
    assert not check.kept


def test_a_pure_module_answers_for_what_it_imports() -> None:
    imports = graph(("services.bridge.openai_wire", "shared.clock"), ("shared.clock", "socket"))

    check = pure("services.*_wire").check(imports, verbose=False)

    assert check.metadata["chains"] == [("services.bridge.openai_wire", "shared.clock", "socket")]


def test_modules_outside_the_patterns_are_free() -> None:
    assert pure("shared.core", "*_wire").check(graph(("services.bridge.leg", "socket")), verbose=False).kept


def test_only_the_door_imports_its_package() -> None:
    imports = graph(("shared.store.records", "redis"), ("services.webhook.app", "redis"), ("tools.doctor", "redis"))

    check = door().check(imports, verbose=False)

    assert check.metadata["chains"] == [("services.webhook.app", "redis")]


def test_a_package_nobody_imports_keeps_the_contract() -> None:
    assert door().check(graph(("a", "b")), verbose=False).kept
