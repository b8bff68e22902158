module "payments" {
  # source
  source = "./modules/aft-account-request"

  # parameters
  control_tower_parameters = {
    AccountEmail = "payments@example.com"
    AccountName  = "payments"
    # the OU
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }

  # tags
  account_tags = {
    env = "dev"
    # the team
    team = "payments"
  }

  # change
  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "go live"
  }

  # fields
  custom_fields = {
    team = "payments"
    # who may enter
    access = jsonencode({
      version = 1
      grants = {
        AdministratorAccess = ["group:ops", "user:ada@example.com"]
        # read
        ViewOnlyAccess = ["group:ops"]
      }
    })
  }

  # customization
  account_customizations_name = "workload"
}
