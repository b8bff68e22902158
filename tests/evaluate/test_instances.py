"""A plan's unknown and sensitive marks become unknown values, at exactly their places."""

from decimal import Decimal
from typing import Any

from aftgen.evaluate.instances import instances
from aftgen.hcl.values import Unknown

_AT_APPLY = Unknown("a value that is only known when it is applied")
_SENSITIVE = Unknown("a sensitive value")


def _change(
    address: str, after: Any, unknown: Any = None, sensitive: Any = None, **more: str
) -> dict[str, Any]:
    return {
        "module_address": address,
        "type": "terraform_data",
        "name": "aftgen_request",
        "change": {
            "after": {"input": after},
            "after_unknown": unknown or {},
            "after_sensitive": sensitive or {},
        },
        **more,
    }


def _one(after: Any, unknown: Any = None, sensitive: Any = None) -> dict[str, Any]:
    found = instances({"resource_changes": [_change("module.a", after, unknown, sensitive)]})
    ((address, arguments),) = found["module.a"]
    assert address == "module.a"
    return arguments


def test_known_values_and_defaults() -> None:
    assert _one({"account_tags": {"n": Decimal(1)}}) == {
        "control_tower_parameters": None,
        "change_management_parameters": None,
        "account_tags": {"n": Decimal(1)},
        "custom_fields": {},
        "account_customizations_name": "",
    }


def test_unknown_at_every_depth() -> None:
    arguments = _one(
        {"account_tags": {"a": "x"}, "custom_fields": None, "control_tower_parameters": {"l": ["x", None]}},
        {
            "input": {
                "account_tags": {"b": True},
                "custom_fields": {"c": True},
                "account_customizations_name": True,
                "control_tower_parameters": {"l": [False, True]},
            }
        },
    )
    assert arguments["account_tags"] == {"a": "x", "b": _AT_APPLY}
    assert arguments["custom_fields"] == {"c": _AT_APPLY}
    assert arguments["account_customizations_name"] == _AT_APPLY
    assert arguments["control_tower_parameters"] == {"l": ["x", _AT_APPLY]}


def test_all_unknown() -> None:
    assert set(_one(None, {"input": True}).values()) == {_AT_APPLY}


def test_sensitive_values_are_not_shown() -> None:
    arguments = _one(
        {"account_tags": {"a": "secret", "b": "x"}}, None, {"input": {"account_tags": {"a": True}}}
    )
    assert arguments["account_tags"] == {"a": _SENSITIVE, "b": "x"}


def test_addresses_without_their_keys_and_in_order() -> None:
    addresses = [
        "module.c[10]",
        "module.c[2]",
        'module.w["a.module.b[0]"].module.x["q\\"]"]',
        'module.w["B"].module.x["z"]',
    ]
    found = instances({"resource_changes": [_change(address, {}) for address in addresses]})
    assert {static: [address for address, _ in planned] for static, planned in found.items()} == {
        "module.c": ["module.c[2]", "module.c[10]"],
        "module.w.module.x": ['module.w["B"].module.x["z"]', 'module.w["a.module.b[0]"].module.x["q\\"]"]'],
    }


def test_other_resources_do_not_count() -> None:
    plan = {
        "resource_changes": [_change("module.a", {}, name="other"), _change("module.a", {}, type="aws_x")]
    }
    assert instances(plan) == {}
    assert instances({}) == {}
