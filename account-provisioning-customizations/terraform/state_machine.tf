# AFT runs this state machine for every account, between tagging it and creating its pipeline, and fails where none
# of this name exists. We do nothing here: what an account needs happens in its customizations, where a failure
# stops only that account's pipeline and can be run again.
#
# Addresses and names are those of AFT's own example. An installation that began with the example changes it in
# place; under another address, Terraform would create the new one, then delete the old one of the same name.
data "aws_caller_identity" "current" {}

resource "aws_iam_role" "aft_states" {
  name = "aft-account-provisioning-customizations-role"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

# The role has no policy: a Pass state calls nothing.
resource "aws_sfn_state_machine" "aft_account_provisioning_customizations" {
  name     = "aft-account-provisioning-customizations"
  role_arn = aws_iam_role.aft_states.arn

  definition = jsonencode({
    Comment = "Passes its input through; AFT requires a state machine of this name"
    StartAt = "PassThrough"
    States  = { PassThrough = { Type = "Pass", End = true } }
  })
}
