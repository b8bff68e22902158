"""Every rule, in the order of the documentation. A new rule is a new file and a new line here."""

from collections.abc import Mapping
from typing import Final

from aftgen.checks.rule import Rule
from aftgen.checks.rules.a001_access_form import AccessForm
from aftgen.checks.rules.a002_unknown_permission_set import UnknownPermissionSet
from aftgen.checks.rules.a003_restricted_grant import RestrictedGrant
from aftgen.checks.rules.a004_sso_user import SsoUser
from aftgen.checks.rules.a005_unknown_principal import UnknownPrincipal
from aftgen.checks.rules.a006_catalogue import CatalogueRefused
from aftgen.checks.rules.b001_foreign_block import ForeignTerraform
from aftgen.checks.rules.b002_moved_block import MovedBlock
from aftgen.checks.rules.c001_field_name import FieldName
from aftgen.checks.rules.c002_field_value import FieldValue
from aftgen.checks.rules.c003_field_not_text import FieldNotText
from aftgen.checks.rules.e001_duplicate_email import DuplicateEmail
from aftgen.checks.rules.e002_email_form import EmailForm
from aftgen.checks.rules.e003_email_upper_case import EmailUpperCase
from aftgen.checks.rules.f001_unreadable import Unreadable
from aftgen.checks.rules.f002_syntax import InvalidSyntax
from aftgen.checks.rules.f003_never_loaded import NeverLoaded
from aftgen.checks.rules.f004_override_file import OverrideFile
from aftgen.checks.rules.f005_json_file import JsonFile
from aftgen.checks.rules.f006_rendered_file import RenderedFile
from aftgen.checks.rules.f007_missing_template import MissingTemplate
from aftgen.checks.rules.f008_extra_template import ExtraTemplate
from aftgen.checks.rules.f009_secret import Secret
from aftgen.checks.rules.g001_configuration import Configuration
from aftgen.checks.rules.g002_guardrails import Guardrails
from aftgen.checks.rules.g003_guardrail_lockout import GuardrailLockout
from aftgen.checks.rules.k001_customization_missing import CustomizationMissing
from aftgen.checks.rules.k002_customization_case import CustomizationCase
from aftgen.checks.rules.k003_customization_incomplete import CustomizationIncomplete
from aftgen.checks.rules.k004_customization_name import CustomizationName
from aftgen.checks.rules.l001_request_size import RequestSize
from aftgen.checks.rules.m001_module_source import ModuleSource
from aftgen.checks.rules.m002_module_missing import ModuleMissing
from aftgen.checks.rules.m003_module_label import ModuleLabel
from aftgen.checks.rules.m004_duplicate_label import DuplicateLabel
from aftgen.checks.rules.m005_unknown_argument import UnknownArgument
from aftgen.checks.rules.m006_missing_argument import MissingArgument
from aftgen.checks.rules.m007_unknown_key import UnknownKey
from aftgen.checks.rules.m008_null import Null
from aftgen.checks.rules.m009_wrong_type import WrongType
from aftgen.checks.rules.m010_other_table import OtherTable
from aftgen.checks.rules.m011_number_digits import NumberDigits
from aftgen.checks.rules.m012_changed_module import ChangedModule
from aftgen.checks.rules.m013_undeclared_name import UndeclaredName
from aftgen.checks.rules.n001_name_form import NameForm
from aftgen.checks.rules.n002_duplicate_name import DuplicateName
from aftgen.checks.rules.n003_same_product_name import SameProductName
from aftgen.checks.rules.n004_name_differs_by_case import NameDiffersByCase
from aftgen.checks.rules.o001_ou_form import OuForm
from aftgen.checks.rules.o002_ou_unknown import OuUnknown
from aftgen.checks.rules.o003_nested_ou_by_name import NestedOuByName
from aftgen.checks.rules.o004_ou_mismatch import OuMismatch
from aftgen.checks.rules.o005_ambiguous_ou import AmbiguousOu
from aftgen.checks.rules.o006_root_ou import RootOu
from aftgen.checks.rules.o007_shared_account_ou import SharedAccountOu
from aftgen.checks.rules.p001_name_policy import NamePolicy
from aftgen.checks.rules.p002_email_policy import EmailPolicy
from aftgen.checks.rules.p003_required_tag import RequiredTag
from aftgen.checks.rules.p004_tag_value import TagValue
from aftgen.checks.rules.p005_other_tag import OtherTag
from aftgen.checks.rules.s001_sso_email import SsoEmail
from aftgen.checks.rules.s002_sso_name import SsoName
from aftgen.checks.rules.s003_sso_unknown import SsoUnknown
from aftgen.checks.rules.t001_tag_count import TagCount
from aftgen.checks.rules.t002_tag_form import TagForm
from aftgen.checks.rules.t003_tag_not_text import TagNotText
from aftgen.checks.rules.v001_not_evaluated import NotEvaluated
from aftgen.checks.rules.v002_terraform_refused import TerraformRefused
from aftgen.checks.rules.x000_crashed import Crashed
from aftgen.checks.rules.x001_ignore_without_reason import IgnoreWithoutReason
from aftgen.checks.rules.x002_ignore_unknown_rule import IgnoreUnknownRule
from aftgen.checks.rules.x003_unused_ignore import UnusedIgnore

#: The areas of the rules, by the first letter of their ids.
AREAS: Final[Mapping[str, str]] = {
    "F": "Files",
    "M": "Modules and their arguments",
    "B": "Other blocks",
    "E": "Account emails",
    "N": "Account names",
    "S": "The SSO user",
    "O": "Organizational units",
    "T": "Tags",
    "C": "Custom fields",
    "K": "Customizations",
    "A": "Access",
    "L": "Sizes",
    "P": "Policy of the organization",
    "G": "Configuration files",
    "V": "Evaluation",
    "X": "The check itself",
}

RULES: Final[tuple[Rule, ...]] = (
    Unreadable(),
    InvalidSyntax(),
    NeverLoaded(),
    OverrideFile(),
    JsonFile(),
    RenderedFile(),
    MissingTemplate(),
    ExtraTemplate(),
    Secret(),
    ModuleSource(),
    ModuleMissing(),
    ModuleLabel(),
    DuplicateLabel(),
    UnknownArgument(),
    MissingArgument(),
    UnknownKey(),
    Null(),
    WrongType(),
    OtherTable(),
    NumberDigits(),
    ChangedModule(),
    UndeclaredName(),
    ForeignTerraform(),
    MovedBlock(),
    DuplicateEmail(),
    EmailForm(),
    EmailUpperCase(),
    NameForm(),
    DuplicateName(),
    SameProductName(),
    NameDiffersByCase(),
    SsoEmail(),
    SsoName(),
    SsoUnknown(),
    OuForm(),
    OuUnknown(),
    NestedOuByName(),
    OuMismatch(),
    AmbiguousOu(),
    RootOu(),
    SharedAccountOu(),
    TagCount(),
    TagForm(),
    TagNotText(),
    FieldName(),
    FieldValue(),
    FieldNotText(),
    CustomizationMissing(),
    CustomizationCase(),
    CustomizationIncomplete(),
    CustomizationName(),
    AccessForm(),
    UnknownPermissionSet(),
    RestrictedGrant(),
    SsoUser(),
    UnknownPrincipal(),
    CatalogueRefused(),
    RequestSize(),
    NamePolicy(),
    EmailPolicy(),
    RequiredTag(),
    TagValue(),
    OtherTag(),
    Configuration(),
    Guardrails(),
    GuardrailLockout(),
    NotEvaluated(),
    TerraformRefused(),
    Crashed(),
    IgnoreWithoutReason(),
    IgnoreUnknownRule(),
    UnusedIgnore(),
)

BY_ID: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}
