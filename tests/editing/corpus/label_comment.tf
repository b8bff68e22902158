module "payments" { # do not rename: AFT
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
    env  = "dev"
    team = "payments"
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "go live"
  }

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

  account_customizations_name = "workload"
}
