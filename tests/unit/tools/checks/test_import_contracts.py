"""The pattern contracts find forbidden imports, direct and through others."""

from itertools import pairwise

import grimp

from tools.checks.import_contracts import DoorContract, NoCirclesContract, PureContract, circle_in


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for importer, imported in imports:
        made.add_import(importer=importer, imported=imported)
    return made


def pure(*modules: str) -> PureContract:
    return PureContract("pure", {}, {"modules": list(modules), "forbidden": ["socket", "absent"]})


def door() -> DoorContract:
    return DoorContract("door", {}, {"packages": ["redis"], "doors": ["shared.store"], "rooms": ["services", "shared"]})


def no_circles(*packages: str) -> NoCirclesContract:
    return NoCirclesContract("no circles", {}, {"modules": ["services", "shared"], "packages": list(packages)})


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


def test_modules_that_import_each_other_are_a_circle() -> None:
    imports = graph(("shared.a", "shared.b"), ("shared.b", "shared.c"), ("shared.c", "shared.a"))

    check = no_circles().check(imports, verbose=False)

    (circle,) = check.metadata["chains"]
    assert circle[0] == circle[-1]
    assert all(imports.direct_import_exists(importer=first, imported=second) for first, second in pairwise(circle))
    assert not check.kept


def test_packages_that_import_each_other_are_a_circle_even_if_no_modules_are() -> None:
    imports = graph(("services.bridge.call.a", "services.bridge.legs.a"), ("services.bridge.legs.b", "services.bridge.call.b"))
    imports.add_module("services.bridge")

    assert no_circles().check(imports, verbose=False).kept
    check = no_circles("services.*").check(imports, verbose=False)
    assert set(check.metadata["chains"][0]) == {"services.bridge.call", "services.bridge.legs"}


def test_imports_in_one_direction_and_within_one_package_are_no_circle() -> None:
    imports = graph(
        ("shared.store.a.x", "shared.store.b.x"), ("shared.store.a.x", "shared.store.a.y"), ("shared.store.a", "tests.a")
    )
    imports.add_module("shared.store")

    assert no_circles("shared.*").check(imports, verbose=False).kept


def test_a_graph_without_circles_has_none() -> None:
    assert circle_in({"a": ["b", "c"], "b": ["c"], "c": []}) == ()
