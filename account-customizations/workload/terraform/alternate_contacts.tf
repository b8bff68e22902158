# Whom AWS calls about this account, beside the owner of its root email.
#
# custom field         meaning                                                     without it
# alternate_contacts   JSON: any of billing, operations, security, each with       no contacts; those that this
#                      name, title, email and phone                                customization made are removed
#
#   alternate_contacts = jsonencode({
#     security = { name = "Security", title = "On call", email = "security@example.com", phone = "+1 555 0100" }
#   })

locals {
  alternate_contacts_field = try(jsondecode(lookup(local.custom_fields, "alternate_contacts", "{}")), null)

  # Nothing where the field cannot be read; the judgement below says so.
  alternate_contacts = try({ for kind, contact in local.alternate_contacts_field : kind => contact }, {})

  # Account Management PutAlternateContact: the pattern and the longest text of each attribute.
  contact_rules = {
    name  = { pattern = "\\S", longest = 64 }
    title = { pattern = "\\S", longest = 50 }
    email = { pattern = "^\\s*[\\w+=.#|!&-]+@[\\w.-]+\\.\\w+\\s*$", longest = 254 }
    phone = { pattern = "^[\\s0-9()+-]+$", longest = 25 }
  }
}

# The judgement stands apart from the contacts, because a field that cannot be read makes no contact to hang it on.
resource "terraform_data" "alternate_contacts_are_readable" {
  lifecycle {
    precondition {
      condition = try(
        length(setsubtract(keys(local.alternate_contacts_field), ["billing", "operations", "security"])) == 0
        && alltrue(flatten([
          for kind, contact in local.alternate_contacts_field : [
            toset(keys(contact)) == toset(keys(local.contact_rules)),
            [for name, rule in local.contact_rules : can(regex(rule.pattern, contact[name])) && length(contact[name]) <= rule.longest],
          ]
        ])),
        false,
      )
      error_message = "Custom field alternate_contacts: write jsonencode({ security = { name = \"…\", title = \"…\", email = \"…\", phone = \"…\" } }), with any of billing, operations and security."
    }
  }
}

resource "aws_account_alternate_contact" "this" {
  for_each = toset([for kind in ["billing", "operations", "security"] : kind if can(local.alternate_contacts[kind])])

  alternate_contact_type = upper(each.key)
  name                   = local.alternate_contacts[each.key].name
  title                  = local.alternate_contacts[each.key].title
  email_address          = local.alternate_contacts[each.key].email
  phone_number           = local.alternate_contacts[each.key].phone

  depends_on = [terraform_data.alternate_contacts_are_readable]
}
