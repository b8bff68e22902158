module "payments" {
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    AccountEmail              = "payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }

  account_tags = {
    team = "payments"
    env  = "dev"
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "go live"
  }

  custom_fields = {
    team = "payments"
    doc  = <<DOC
{"a": [1, 2]}
DOC
  }
}
