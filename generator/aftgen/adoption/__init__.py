"""Requests for accounts that exist, so that AFT takes them over as they are.

The stages, in order: ``existing`` (what there is, as values), ``exported`` (the same as a JSON file),
``adopt`` (which accounts get a request, and why the others do not), ``claims`` (how a request says that its
account exists), ``units`` (organization.yaml from the live tree). Asking AWS is the part of
:mod:`aftgen.aws.organization`; writing is the writer's and :mod:`aftgen.placement`'s.
"""
