# The baseline of every account that AFT runs. What stands here also reaches adopted accounts on their next run, so
# it holds only what no account should be without.

# No bucket or object of the account is public, whatever its own policy or ACL says. To publish something, put
# CloudFront with origin access control in front of a private bucket.
resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
