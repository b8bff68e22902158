module "payments" {
  source                      = "./modules/aft-account-request"
  account_customizations_name = "workload"
  account_tags                = {}
  custom_fields               = { team = "payments" }

  control_tower_parameters = {
    AccountEmail              = "payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "go live"
  }
}
