# What the access pipeline must remember between runs: which grants are ours, which names were resolved to which
# ids, who holds a lease, and the record of every change. Identity Center assignments carry no tags, so this table is
# the only proof of ownership: losing it means that nothing can be revoked any more without being adopted again.
resource "aws_dynamodb_table" "access" {
  name         = "aftgen-access"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  deletion_protection_enabled = true

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  # Only rows that are meant to end, such as leases, carry this attribute.
  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  # With the key that AWS manages for DynamoDB in this account, whose use CloudTrail records.
  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}
