# The custom fields of the account's request, as AFT stored them in this account. Read by path: reading a parameter
# by name fails the apply when a request does not have the field, by path an absent field is absent from the map.
data "aws_ssm_parameters_by_path" "custom_fields" {
  path = "/aft/account-request/custom-fields"
}

locals {
  # The provider marks every parameter sensitive. These are in the request, in git, for all to read, and a sensitive
  # value could not decide how many blocks there are.
  custom_fields = zipmap(
    [for name in data.aws_ssm_parameters_by_path.custom_fields.names : trimprefix(name, "/aft/account-request/custom-fields/")],
    nonsensitive(data.aws_ssm_parameters_by_path.custom_fields.values),
  )
}
