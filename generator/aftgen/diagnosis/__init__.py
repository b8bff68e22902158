"""From what AWS shows of one account to what is wrong with it, as values.

``evidence`` is what was read, part by part; a part that could not be read says why. ``signals`` finds in it
everything that went wrong since the request last changed, in the order of AFT's chain (``stage``), and
``outcome`` what nobody reported. ``failures`` is the catalogue: what a failure looks like, what it means in
AFT's terms, and the documented repair, each with its source. ``diagnose`` puts the first signal to the
catalogue; what is in none of its rows is unknown, and the report shows the evidence. Without a signal,
``progress`` says how far the account is. ``timeline`` orders what happened, ``report`` prints both, ``watch``
looks again.

``installation`` judges AFT itself (``aftgen doctor``), ``retrying`` says which step repairs a failed new
request (``aftgen retry``). Only ``machine`` (programs here) and ``restoring`` (git) have effects; AWS is read
by ``aftgen.aws.evidence``.
"""
