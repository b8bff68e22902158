"""What the repository of these tests says about access: one permission set that two groups may hold."""

import json

from published_world import World

UNITS = {
    "Sandbox": "ou-ab12-sandbox1",
    "Security": "ou-ab12-security",
    "Workloads": "ou-ab12-workload",
    "Workloads/Prod": "ou-ab12-wlprod01",
    "Workloads/Dev": "ou-ab12-wldev001",
    "Infrastructure": "ou-ab12-infrastr",
}
_CATALOGUE = {
    "access.yaml": {
        "identity_center": {"region": "eu-central-1", "portal_url": "https://example.awsapps.com/start"},
        "identity_source": "external",
        "restrictions": [
            {
                "permission_sets": ["Reading"],
                "principals": ["group:developers", "group:auditors"],
                "where": {"ous": ["Root"]},
            }
        ],
    },
    "groups.yaml": {"groups": {}, "users": {}},
    "principals.yaml": {},
    "permission-sets/Reading.yaml": {
        "description": "Reads",
        "managed_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    },
}


def granting(*groups: str) -> str:
    """What a request holds more, to let these groups read."""
    if not groups:
        return "  custom_fields = {\n    access = jsonencode({ version = 1, grants = {} })\n  }\n"
    named = ", ".join(f'"group:{name}"' for name in groups)
    grants = f"jsonencode({{ version = 1, grants = {{ Reading = [{named}] }} }})"
    return f"  custom_fields = {{\n    access = {grants}\n  }}\n"


def catalogue(world: World) -> None:
    """The organization's access, in the working tree."""
    for name, content in _CATALOGUE.items():
        world.write(f"global-customizations/identity-center/{name}", json.dumps(content))
    world.write("global-customizations/organization.yaml", json.dumps({"organizational_units": UNITS}))
