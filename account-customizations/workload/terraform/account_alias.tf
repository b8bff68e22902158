# The account's alias: the name in its sign-in address, unique among all of AWS.
#
# custom field    meaning                          without it
# account_alias   the alias, such as "acme-pay"    no alias; one that this customization made is removed

locals {
  account_alias = lookup(local.custom_fields, "account_alias", null)
}

resource "aws_iam_account_alias" "this" {
  count = local.account_alias == null ? 0 : 1

  account_alias = local.account_alias

  lifecycle {
    precondition {
      # IAM CreateAccountAlias; twelve digits would read as an account id.
      condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", local.account_alias)) && try(length(local.account_alias) >= 3 && length(local.account_alias) <= 63, false) && !can(regex("^[0-9]{12}$", local.account_alias))
      error_message = "Custom field account_alias: write 3 to 63 small letters, digits and single hyphens between them, not an account id."
    }
  }
}
