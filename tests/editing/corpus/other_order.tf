module "payments" {
  account_customizations_name = "workload"

  custom_fields = {
    team = "payments"
    access = jsonencode({
      version = 1
      grants = {
        AdministratorAccess = ["group:ops", "user:ada@example.com"]
        ViewOnlyAccess      = ["group:ops"]
      }
    })
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "go live"
  }

  control_tower_parameters = {
    AccountEmail              = "payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }

  source = "./modules/aft-account-request"
}
