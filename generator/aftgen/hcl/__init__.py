"""HCL as text, as a tree, and as the values that can be known without Terraform."""
