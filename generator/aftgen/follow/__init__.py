"""After publishing: what AFT does with it, and starting what AFT does not start.

The stages, in order. `publication` runs git, `following`, `fleet_run` and `rerun` use the gateways
behind `ports`; everything else is a pure function of values:

1. ``publication`` says what a publication needs: the commits whose pipelines must succeed, the runs of AFT's
   provisioning framework to wait for, and the accounts whose own pipelines must run
   (:class:`~aftgen.follow.work.Work`);
2. ``awaited`` judges the executions of AFT's two repository pipelines, ``framework`` those of its state
   machine;
3. ``selection`` and ``preflight`` choose accounts and say which of them cannot be started, ``invocation``
   puts the same into the input of AFT's own ``aft-invoke-customizations``;
4. ``fleet`` says what to start next, in waves, and what became of each pipeline; ``fleet_run`` does it;
5. ``following`` goes from the push to the last pipeline; ``outcome`` is what became of it, and ``report``
   tells it as text, JSON and Markdown.

`aftgen rerun` is stages 3 to 5 by hand.
"""
