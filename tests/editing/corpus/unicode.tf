# Comptes für Zahlungen: 支払い
module "payments" {
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    AccountEmail              = "payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Zoë"
    SSOUserLastName           = "Team"
  }

  account_tags = {
    "équipe" = "paiements"
    "環境"     = "開発"
    env      = "dev"
    team     = "payments"
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "los geht’s – 発売 🚀"
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
}
