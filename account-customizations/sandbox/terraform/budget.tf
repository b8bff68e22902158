# A monthly budget that warns, by email, before a sandbox costs more than was meant. It warns; it stops nothing.
#
# custom field         meaning                                          without it
# budget_monthly_usd   the limit, such as "250" or "99.50"              the default below
# budget_alert_email   who is warned; several, separated by commas      the default below

locals {
  # The organization's own defaults: edit these. With no address at all the budget stands, and the apply warns.
  default_budget_monthly_usd = "100"
  default_budget_alert_email = ""

  budget_monthly_usd = lookup(local.custom_fields, "budget_monthly_usd", local.default_budget_monthly_usd)
  budget_alert_emails = compact([
    for address in split(",", lookup(local.custom_fields, "budget_alert_email", local.default_budget_alert_email)) :
    trimspace(address)
  ])

  # Percent of the limit, and of what: spent so far, or expected by the end of the month.
  budget_alerts = {
    spent_80     = { threshold = 80, notification_type = "ACTUAL" }
    spent_100    = { threshold = 100, notification_type = "ACTUAL" }
    expected_100 = { threshold = 100, notification_type = "FORECASTED" }
  }
}

resource "aws_budgets_budget" "monthly" {
  name         = "sandbox-monthly"
  budget_type  = "COST"
  limit_amount = local.budget_monthly_usd
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # AWS Budgets takes no notification without a subscriber.
  dynamic "notification" {
    for_each = length(local.budget_alert_emails) == 0 ? {} : local.budget_alerts

    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value.threshold
      threshold_type             = "PERCENTAGE"
      notification_type          = notification.value.notification_type
      subscriber_email_addresses = local.budget_alert_emails
    }
  }

  lifecycle {
    precondition {
      condition     = can(regex("^[0-9]+(\\.[0-9]+)?$", local.budget_monthly_usd)) && try(tonumber(local.budget_monthly_usd) > 0, false)
      error_message = "Custom field budget_monthly_usd: write an amount in US dollars above 0, such as \"250\"; it is \"${local.budget_monthly_usd}\"."
    }

    precondition {
      condition     = alltrue([for address in local.budget_alert_emails : can(regex("^[^\\s@,]+@[^\\s@,]+\\.[^\\s@,]+$", address))])
      error_message = "Custom field budget_alert_email: write email addresses, separated by commas."
    }

    precondition {
      condition     = length(local.budget_alert_emails) <= 10
      error_message = "Custom field budget_alert_email: AWS Budgets takes at most 10 addresses; use a mailing list."
    }
  }
}

check "budget_has_a_reader" {
  assert {
    condition     = length(local.budget_alert_emails) > 0
    error_message = "Nobody is warned about this sandbox's costs: set custom field budget_alert_email in its request, or default_budget_alert_email in budget.tf."
  }
}
