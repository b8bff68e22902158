"""Small request repositories, one of each shape that public AFT repositories have."""

from collections.abc import Mapping

from evaluate.real_terraform import MODULE, MODULE_PATH

SOURCE = "./modules/aft-account-request"


def body(email: str, *more: str, source: str = SOURCE, name: str = '"n"') -> str:
    """The inside of a request's module block; ``email`` and ``name`` are expressions."""
    lines = "".join(f"  {line}\n" for line in more)
    return f"""\
  source = "{source}"
  control_tower_parameters = {{
    AccountEmail              = {email}
    AccountName               = {name}
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "sso@example.com"
    SSOUserFirstName          = "First"
    SSOUserLastName           = "Last"
  }}
  change_management_parameters = {{
    change_requested_by = "me"
    change_reason       = "why"
  }}
{lines}"""


def request(label: str, email: str, *more: str, source: str = SOURCE, name: str = '"n"') -> str:
    """One request's module block."""
    return f'module "{label}" {{\n{body(email, *more, source=source, name=name)}}}\n'


_A = '"a@example.com"'
_EACH = '"${each.key}@example.com"'
_VALUE = '"${each.value}@example.com"'

_CUSTOM_MODULE = {
    **MODULE,
    "more.tf": 'variable "tfe_parameters" {\n  type = map(string)\n  default = {}\n}\n'
    'output "email" {\n  value = lower(var.control_tower_parameters.AccountEmail)\n}\n',
}

#: Name to files below the request folder; the request module is added.
SHAPES: Mapping[str, Mapping[str, str | bytes]] = {
    "many modules in a file": {
        "main.tf": "".join(
            request(f"m{i}", f'"a{i}@example.com"', f"account_tags = {{ n = {i} }}") for i in range(30)
        )
    },
    "carriage returns": {
        "main.tf": request(
            "crlf", '"a@${lower("EXAMPLE")}.com"', "custom_fields = {\n    a = <<EOT\nx\n  y\nEOT\n  }"
        )
        .replace("\n", "\r\n")
        .encode()
    },
    "byte order mark": {"main.tf": b"\xef\xbb\xbf" + request("bom", '"${upper("é")}@example.com"').encode()},
    "a loop that calls its variable path": {
        "main.tf": "locals {\n"
        '  teams = [for path in fileset(path.module, "teams/*.yaml") : yamldecode(file(path))]\n'
        "}\n" + request("paths", "local.teams[0].email"),
        "teams/a.yaml": "email: a@example.com\n",
    },
    "tabs": {"main.tf": request("tabs", _A, 'account_tags = { "a" = "x" }').replace("  ", "\t")},
    "comments in odd places": {
        "main.tf": "# first\n"
        + request(
            "c",
            "/* a */ upper( # b\n _LOCAL // c\n) /* d */",
            "/* e\n f */ account_tags /* g */ = { a /* h */ = 1 }",
        )
        .replace("_LOCAL", "local.mail")
        .replace('module "c" {', 'module /* x */ "c" /* y */ { # z')
        + 'locals { mail = "m@example.com" } // last'
    },
    "heredocs": {
        "main.tf": request(
            "h",
            _A,
            'custom_fields = {\n    plain = <<EOT\n{\n  "a": "$${x} \\n ${local.x}"\n}\nEOT\n'
            "    flush = <<-EOT\n      one\n        two ${local.x}\n\n      EOT\n  }",
        )
        + 'locals {\n  x = "X"\n}\n'
    },
    "literal flush heredoc": {
        "main.tf": request(
            "h", _A, "custom_fields = {\n    a = <<-EOT\n      one\n        two\n\n   \n      EOT\n  }"
        )
    },
    "jsonencode": {
        "main.tf": request(
            "j",
            _A,
            'custom_fields = { a = jsonencode({ b = [1, true, null, 1.50, "<é>"], "A" = { "x y" = 1e3 } }) }',
        )
    },
    "merge and locals": {
        "main.tf": 'locals {\n  tags = { a = 1, env = local.env }\n  env = "dev"\n}\n'
        + request("m", _A, 'account_tags = merge(local.tags, { a = "2", b = "${local.env}-x" })')
    },
    "numbers, bools and nulls in tags": {
        "main.tf": request(
            "n", _A, "account_tags = { a = 1, b = 2.50 }", "custom_fields = { a = true, b = false }"
        )
        + request("s", '"b@example.com"', 'account_tags = { a = true, b = 007, c = "x", d = 1e3, e = 0.10 }')
        + request(
            "z", '"c@example.com"', 'account_tags = { a = null, b = "x" }', "custom_fields = { a = -1 }"
        )
    },
    "keys": {
        "main.tf": 'locals {\n  k = "ABC:Owner"\n}\n'
        + request(
            "k",
            _A,
            (
                'account_tags = { "ABC:Owner" = "x", (local.k2) = '
                '"y", "${local.k}-2" = "z", true = "t", plain : "p" }'
            ),
        )
        + 'locals {\n  k2 = "q"\n}\n'
    },
    "templates": {
        "main.tf": 'locals {\n  p = "pre"\n  on = true\n}\n'
        + request(
            "t",
            '"${local.p}-x@example.com"',
            'account_tags = { a = "%{ if local.on }yes%{ else }no%{ endif }" }',
        )
        + request(
            "u", '"$${local.p}@example.com"', 'account_tags = { a = "${"nested"} ${ local.p }", b = "100%" }'
        )
    },
    "parentheses and indexes": {
        "main.tf": 'locals {\n  m = { a = { mail = "q@example.com" } }\n  l = ["x", "y"]\n}\n'
        + request(
            "p",
            '(local.m).a["mail"]',
            "account_tags = { a = (local.l)[1], b = local.l.0, c = local.m.a.mail }",
        )
    },
    "override file": {
        "main.tf": request("o", _A, 'account_tags = { a = "main" }') + request("p", '"p@example.com"'),
        "override.tf": 'module "o" {\n  account_tags = { a = "override" }\n}\n',
    },
    "overridden local": {
        "main.tf": 'locals {\n  t = "main"\n}\n' + request("o", _A, "account_tags = { a = local.t }"),
        "a_override.tf": 'locals {\n  t = "override"\n}\n',
    },
    "for_each over a map": {
        "main.tf": 'locals {\n  all = { one = "1", two = "2" }\n}\n'
        + request("f", _VALUE, "for_each = local.all", "account_tags = { k = each.key }")
    },
    "for_each over a set": {"main.tf": request("f", _EACH, 'for_each = toset(["b", "a.x", "c]\\"d"])')},
    "for_each over objects": {
        "main.tf": (
            'locals {\n  all = { one = { mail = "1@b.c", tags = { a = 1 } }, two = { mail = "2@b.c" } }\n}\n'
        )
        + request(
            "f", "each.value.mail", "for_each = local.all", 'account_tags = lookup(each.value, "tags", {})'
        )
    },
    "for_each over nothing": {"main.tf": request("f", _EACH, "for_each = {}") + request("g", _A)},
    "count": {
        "main.tf": request("c", '"${count.index}@example.com"', "count = 12")
        + request("off", _A, "count = 0")
    },
    "fileset and yamldecode": {
        "main.tf": 'locals {\n  files = fileset("${path.module}/accounts", "*.yaml")\n'
        "  all = {\n    for f in local.files :"
        ' trimsuffix(f, ".yaml") => yamldecode(file("${path.module}/accounts/${f}"))\n  }\n'
        "}\n"
        + request("f", "each.value.email", "for_each = local.all", "account_tags = try(each.value.tags, {})"),
        "accounts/a.yaml": "email: a@example.com\ntags:\n  cost: '007'\n  n: x\n",
        "accounts/b.yaml": "email: b@example.com\n",
        "accounts/c.yml": "email: never\n",
    },
    "fileset with each": {
        "main.tf": request(
            "f",
            'jsondecode(file("${path.module}/accounts/${each.value}")).email',
            'for_each = fileset("${path.module}/accounts", "**/*.json")',
        ),
        "accounts/a.json": '{"email": "a@example.com"}',
        "accounts/x/b.json": '{"email": "b@example.com"}',
    },
    "file above the folder": {
        "main.tf": request("f", 'yamldecode(file("${path.module}/../data/all.yaml")).email'),
        "../data/all.yaml": "email: up@example.com\n",
    },
    "csvdecode": {
        "main.tf": 'locals {\n  rows = csvdecode(file("./accounts.csv"))\n}\n'
        + request(
            "f", "each.value.email", "for_each = { for row in local.rows : row.name => row }", name="each.key"
        ),
        "accounts.csv": "name,email\na,a@example.com\nb,b@example.com\n",
    },
    "templatefile": {
        "main.tf": request(
            "t", _A, 'custom_fields = { a = templatefile("${path.module}/t.tftpl", { x = ["1", "2"] }) }'
        ),
        "t.tftpl": "%{ for v in x ~}\n${upper(v)}\n%{ endfor ~}\n",
    },
    "variables with defaults": {
        "main.tf": 'variable "domain" {\n  type    = string\n  default = "example.com"\n}\n'
        'variable "n" {\n  type = number\n  default = "3"\n}\n'
        + request("v", '"a@${var.domain}"', 'account_tags = { n = var.n, m = "x" }')
    },
    "variables from tfvars": {
        "main.tf": 'variable "domain" {\n  type = string\n}\nvariable "extra" {\n  default = "d"\n}\n'
        + request("v", '"a@${var.domain}"', "account_tags = { e = var.extra }"),
        "terraform.tfvars": 'domain = "tfvars.example"\n',
        "more.auto.tfvars": 'extra = "auto"\n',
    },
    "wrapper module": {
        "main.tf": (
            'module "team" {\n  source = "./team"\n  prefix = "p"\n'
            "  unused = local.x\n}\nlocals {\n  x = 1\n}\n"
        ),
        "team/main.tf": 'variable "prefix" {}\nvariable "unused" {\n  type = number\n}\n'
        + request("inner", '"${var.prefix}@example.com"', source="../modules/aft-account-request")
        + request("literal", '"l@example.com"', source="../modules/aft-account-request"),
    },
    "wrapper with for_each": {
        "main.tf": (
            'module "team" {\n  source   = "./team"\n  for_each = { a = "1", b = "2" }\n'
            '  prefix = "${each.key}${each.value}"\n}\n'
        ),
        "team/main.tf": 'variable "prefix" {\n  type = string\n}\n'
        + request("inner", '"${var.prefix}@example.com"', source="../modules/aft-account-request")
        + request(
            "each",
            '"${each.key}@example.com"',
            'for_each = toset([var.prefix, "z"])',
            source="../modules/aft-account-request",
        ),
    },
    "two levels of wrappers": {
        "main.tf": 'module "org" {\n  source = "./org"\n  teams  = ["x", "y"]\n}\n',
        "org/main.tf": 'variable "teams" {\n  type = list(string)\n}\nlocals {\n  suffix = "s"\n}\n'
        'module "team" {\n  source = "./team"\n  for_each = toset(var.teams)\n'
        '  name = "${each.key}-${local.suffix}"\n}\n',
        "org/team/main.tf": 'variable "name" {\n  type = string\n  validation {\n'
        "    condition = length(var.name) > 1\n"
        '    error_message = "Too short."\n  }\n}\n'
        + request(
            "inner", '"${var.name}@example.com"', "count = 2", source="../../modules/aft-account-request"
        ),
    },
    "wrapper called twice": {
        "main.tf": 'module "a" {\n  source = "./team"\n  on = true\n}\n'
        'module "b" {\n  source = "./team"\n  on = false\n}\n',
        "team/main.tf": 'variable "on" {\n  type = bool\n}\n'
        + request("inner", _A, "count = var.on ? 1 : 0", source="../modules/aft-account-request"),
    },
    "wrapper's output": {
        "main.tf": 'module "names" {\n  source = "./names"\n}\n'
        + request("o", '"${module.names.prefix}@example.com"'),
        "names/main.tf": 'output "prefix" {\n  value = local.p\n}\nlocals {\n  p = "from-output"\n}\n'
        + request("in", '"i@example.com"', source="../modules/aft-account-request"),
    },
    "modified module": {
        "main.tf": request("m", '"${lower("A")}@example.com"', 'tfe_parameters = { a = "x" }'),
        **{f"{MODULE_PATH}/{name}": text for name, text in _CUSTOM_MODULE.items()},
    },
    "JSON syntax": {
        "main.tf.json": """{
          "//": "a comment",
          "locals": {"p": "pre", "all": {"one": "1", "two": "2"},
            "files": "${fileset(path.module, \\"*.txt\\")}"},
          "module": {
            "lit": {"source": "./modules/aft-account-request",
              "control_tower_parameters": {"AccountEmail": "a@example.com", "AccountName": "n",
                "ManagedOrganizationalUnit": "Sandbox", "SSOUserEmail": "s@example.com",
                "SSOUserFirstName": "F", "SSOUserLastName": "$${L}"},
              "change_management_parameters": {"change_requested_by": "me", "change_reason": "why"},
              "account_tags": {"n": 1, "b": "x", "${local.p}": "${local.p}-y"}},
            "many": [{"source": "./modules/aft-account-request", "for_each": "${local.all}",
              "control_tower_parameters": {"AccountEmail": "${each.key}@example.com",
                "AccountName": "${each.value}",
                "ManagedOrganizationalUnit": "Sandbox", "SSOUserEmail": "s@example.com",
                "SSOUserFirstName": "F", "SSOUserLastName": "L"},
              "change_management_parameters": {"change_requested_by": "me", "change_reason": "why"},
              "custom_fields": {"f": "${join(\\",\\", local.files)}",
                "t": "${trimspace(file(\\"x.txt\\"))}"}}]
          }}""",
        "x.txt": "content\n",
        "main.tf": request("native", '"${local.p}@example.com"'),
    },
    "dropped arguments": {
        "main.tf": 'locals {\n  n = "d"\n}\n'
        + request("d", '"${upper(local.n)}@example.com"', "depends_on = [module.e]", "providers = {}")
        + request("e", '"e@example.com"')
    },
}
