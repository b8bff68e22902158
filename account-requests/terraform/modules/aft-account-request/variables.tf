# Names, types and defaults are those of AFT's own module. The validations are additions, under one rule: one
# request stops the apply of all of them, so refuse only what is sure to fail later, when the account exists.
# Anything that may pass somewhere (an adopted account's odd name, an unknown OU) is not judged here.
#
# The lists in the conditions and in the messages are written out twice because a validation can refer to its own
# variable only. try() turns a null, which has a validation of its own, into an empty list.

variable "account-request-table" {
  type        = string
  description = "Name of the DynamoDB table in which AFT keeps account requests"
  default     = "aft-request"
}

variable "account-request-table-hash" {
  type        = string
  description = "Name of that table's hash key"
  default     = "id"
}

variable "control_tower_parameters" {
  type = object({
    AccountEmail              = string
    AccountName               = string
    ManagedOrganizationalUnit = string
    SSOUserEmail              = string
    SSOUserFirstName          = string
    SSOUserLastName           = string
  })
  description = "What Control Tower is asked for; after the account exists only ManagedOrganizationalUnit may change"

  validation {
    # The item would hold {"S": null}, which is not a DynamoDB string: the apply breaks off half way.
    condition     = try(alltrue([for value in values(var.control_tower_parameters) : value != null]), false)
    error_message = "control_tower_parameters: write a text for each of the six attributes; null: ${try(join(", ", [for name, value in var.control_tower_parameters : name if value == null]), "all of it")}."
  }
}

variable "change_management_parameters" {
  type = object({
    change_requested_by = string
    change_reason       = string
  })
  description = "Who asked for the latest change, and why"

  validation {
    # As above: {"S": null} is not a DynamoDB string.
    condition     = try(alltrue([for value in values(var.change_management_parameters) : value != null]), false)
    error_message = "change_management_parameters: write a text for both attributes; null: ${try(join(", ", [for name, value in var.change_management_parameters : name if value == null]), "all of it")}."
  }
}

variable "account_tags" {
  type        = map(any)
  description = "Tags of the account in AWS Organizations; every value is a text in quotes"
  default     = {}

  validation {
    # tag_account() in AFT's aft_common/account_provisioning_framework.py calls .items() on what json.loads() gave.
    condition     = var.account_tags != null
    error_message = "account_tags must not be null: leave it out, or write {}."
  }

  validation {
    # boto3 refuses a tag value that is not a str ("Parameter validation failed"), and with it all of the tags. A
    # map that mixes texts with numbers or bools arrives as texts only, and passes.
    condition     = alltrue([for value in try(values(var.account_tags), []) : try(value != null && jsonencode(value) == jsonencode(tostring(value)), false)])
    error_message = "account_tags: write every value as a text in quotes, such as \"42\" or \"true\"; not a text: ${try(join(", ", [for key, value in var.account_tags : key if !try(value != null && jsonencode(value) == jsonencode(tostring(value)), false)]), "")}."
  }

  validation {
    # Organizations TagResource, TagKey: 1 to 128 characters. length() counts graphemes, never more than characters.
    condition     = alltrue([for key in try(keys(var.account_tags), []) : length(key) >= 1 && length(key) <= 128])
    error_message = "account_tags: a key has 1 to 128 characters; change: ${try(join(", ", [for key in keys(var.account_tags) : "\"${key}\"" if !(length(key) >= 1 && length(key) <= 128)]), "")}."
  }

  validation {
    # Organizations TagResource, pattern of TagKey and TagValue.
    condition     = try(alltrue([for key, value in var.account_tags : !can(regex("[^\\p{L}\\p{Z}\\p{N}_.:/=+@-]", key)) && !can(regex("[^\\p{L}\\p{Z}\\p{N}_.:/=+@-]", tostring(value)))]), true)
    error_message = "account_tags: keys and values hold letters, digits, spaces and _ . : / = + - @ only; change: ${try(join(", ", [for key, value in var.account_tags : key if can(regex("[^\\p{L}\\p{Z}\\p{N}_.:/=+@-]", key)) || can(regex("[^\\p{L}\\p{Z}\\p{N}_.:/=+@-]", tostring(value)))]), "")}."
  }

  validation {
    # AWS keeps this prefix for tags of its own.
    condition     = alltrue([for key in try(keys(var.account_tags), []) : !startswith(key, "aws:")])
    error_message = "account_tags: a key must not begin with \"aws:\"; rename: ${try(join(", ", [for key in keys(var.account_tags) : key if startswith(key, "aws:")]), "")}."
  }

  validation {
    # Organizations TagResource, TagValue: at most 256 characters.
    condition     = alltrue([for value in try(values(var.account_tags), []) : try(length(tostring(value)) <= 256, true)])
    error_message = "account_tags: a value has at most 256 characters; shorten: ${try(join(", ", [for key, value in var.account_tags : key if !try(length(tostring(value)) <= 256, true)]), "")}."
  }

  validation {
    # Organizations: MAX_TAG_LIMIT_EXCEEDED.
    condition     = try(length(var.account_tags), 0) <= 50
    error_message = "account_tags: an account takes at most 50 tags; remove ${try(length(var.account_tags), 0) - 50}."
  }
}

variable "custom_fields" {
  type        = map(any)
  description = "Stored in the account as SSM parameters /aft/account-request/custom-fields/<key>; every value is a text"
  default     = {}

  validation {
    # AFT's aft_account_provisioning_framework_account_metadata_ssm.py calls .keys() on what json.loads() gave.
    condition     = var.custom_fields != null
    error_message = "custom_fields must not be null: leave it out, or write {}."
  }

  validation {
    # put_ssm_parameters() in AFT's aft_common/ssm.py passes the value on as it is, and boto3 takes a str only.
    condition     = alltrue([for value in try(values(var.custom_fields), []) : try(value != null && jsonencode(value) == jsonencode(tostring(value)), false)])
    error_message = "custom_fields: write every value as a text in quotes, and wrap a list or an object in jsonencode(); not a text: ${try(join(", ", [for key, value in var.custom_fields : key if !try(value != null && jsonencode(value) == jsonencode(tostring(value)), false)]), "")}."
  }

  validation {
    # SSM PutParameter, Name. It cuts spaces off the end of a name, so those pass. 976 = 1011 characters in all,
    # less AFT's path; the longest key that fits is shorter still, by the length of the parameter's ARN.
    condition     = alltrue([for key in try(keys(var.custom_fields), []) : can(regex("^[A-Za-z0-9_./-]+ *$", key)) && length(key) <= 976])
    error_message = "custom_fields: a key holds letters, digits and _ . - / only, 1 to 976 of them; rename: ${try(join(", ", [for key in keys(var.custom_fields) : "\"${key}\"" if !(can(regex("^[A-Za-z0-9_./-]+ *$", key)) && length(key) <= 976)]), "")}."
  }

  validation {
    # SSM PutParameter, Value: "Member must have length greater than or equal to 1".
    condition     = alltrue([for value in try(values(var.custom_fields), []) : try(tostring(value) != "", true)])
    error_message = "custom_fields: SSM stores no empty text, leave the field out; empty: ${try(join(", ", [for key, value in var.custom_fields : key if !try(tostring(value) != "", true)]), "")}."
  }

  validation {
    # SSM PutParameter, Value: 4 KB, because AFT names no tier. Four base64 characters carry three bytes.
    condition     = alltrue([for value in try(values(var.custom_fields), []) : try(floor(length(replace(base64encode(tostring(value)), "=", "")) * 3 / 4) <= 4096, true)])
    error_message = "custom_fields: a value has at most 4096 bytes; shorten, or spread over several fields: ${try(join(", ", [for key, value in var.custom_fields : key if !try(floor(length(replace(base64encode(tostring(value)), "=", "")) * 3 / 4) <= 4096, true)]), "")}."
  }

  validation {
    # SSM PutParameter, Value: it reads {{...}} as a reference to another parameter, which a value cannot hold.
    condition     = alltrue([for value in try(values(var.custom_fields), []) : !can(regex("\\{\\{[^{}]*\\}\\}", tostring(value)))])
    error_message = "custom_fields: SSM refuses a value with a part in double braces, write the placeholder in another way: ${try(join(", ", [for key, value in var.custom_fields : key if can(regex("\\{\\{[^{}]*\\}\\}", tostring(value)))]), "")}."
  }
}

variable "account_customizations_name" {
  type        = string
  description = "Folder of account-customizations/ to run in the account; empty for none"
  default     = ""

  validation {
    # As with control_tower_parameters: {"S": null} is not a DynamoDB string.
    condition     = var.account_customizations_name != null
    error_message = "account_customizations_name must not be null: leave it out, or write \"\" for no customization."
  }

  validation {
    # AFT's account-customizations buildspec uses the name unquoted, in `cd` and in `. …/pre-api-helpers.sh`.
    condition     = !can(regex("[ \\t\\n]", var.account_customizations_name))
    error_message = "account_customizations_name must not hold blanks: rename the folder and write its new name."
  }
}
