# One account request is one item of AFT's table; the table's stream starts everything else. The address and the
# item are AFT's: another address would delete and re-create live requests, another item would not be understood.
resource "aws_dynamodb_table_item" "account-request" {
  table_name = var.account-request-table
  hash_key   = var.account-request-table-hash

  item = jsonencode({
    id = { S = var.control_tower_parameters.AccountEmail }

    control_tower_parameters = {
      M = { for name, value in var.control_tower_parameters : name => { S = value } }
    }

    change_management_parameters = {
      M = { for name, value in var.change_management_parameters : name => { S = value } }
    }

    # JSON inside a string, not a map: AFT's lambdas json.loads() these two.
    account_tags  = { S = jsonencode(var.account_tags) }
    custom_fields = { S = jsonencode(var.custom_fields) }

    account_customizations_name = { S = var.account_customizations_name }
  })
}
