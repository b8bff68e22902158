module "payments" {
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    AccountEmail              = "payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = /* OU */ "Sandbox" /* yes */
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }

  account_tags = { /* none of them secret */
    env /* stage */ = "dev" /* for now */
    team = /* who */ "payments"
    /* the end */
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
        AdministratorAccess = [/* team */ "group:ops" /* all */, /* her */ "user:ada@example.com"]
        ViewOnlyAccess      = ["group:ops"]
      }
    })
  }

  account_customizations_name = "workload"
}
