module "payments" {
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    AccountEmail              = "payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Sandbox" # moves to Prod later
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }

  account_tags = {    # for billing
    env  = "dev"      # stage
    team = "payments" # owner
  }                   # end of tags

  change_management_parameters = {
    change_requested_by = "Ada"     # asked
    change_reason       = "go live" # why
  }

  custom_fields = {
    team = "payments" // owner
    access = jsonencode({
      version = 1
      grants = {
        AdministratorAccess = ["group:ops", "user:ada@example.com"] # all
        ViewOnlyAccess      = ["group:ops"]                         # read
      }
    })
  }

  account_customizations_name = "workload" # folder
}
