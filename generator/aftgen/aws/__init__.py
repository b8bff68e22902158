"""The only part of the generator that talks to AWS: one gateway per concern, each narrow and typed.

What runs in AFT's pipelines has its own gateway, ``aft_access.identity_center``.
"""
