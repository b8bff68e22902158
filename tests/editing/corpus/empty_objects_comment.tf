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
    # none yet
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "go live"
  }

  custom_fields = { /* none */ }

  account_customizations_name = "workload"
}
