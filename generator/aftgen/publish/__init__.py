"""From one branch to the four trees that AFT reads, with git alone and never from the working tree.

The stages, in order:

1. ``settings`` says where each of AFT's four repositories is: a remote and a branch;
2. ``source`` resolves the commit to publish and makes the four trees from its objects;
3. ``remotes`` asks what is there, and ``heads`` tells whether it is a commit that this program made;
4. ``comparison``, with ``accounts`` and ``losses``, sets what AFT reads today against what it would read;
5. ``plan`` puts it together into a :class:`~aftgen.publish.plan.Plan`, or refuses with all reasons at once;
6. ``push`` performs that plan and nothing else, and returns a :class:`~aftgen.publish.push.Published`.
"""
