"""Asks real Terraform for what the reader cannot know, without trusting who wrote it.

A pull request is judged before anybody has read it, so Terraform sees a sandbox: request modules, local
wrapper modules, locals and variables; no provider, data source, provisioner or remote module, no file outside
the repository, nothing of the environment. The stages, in order:

1. ``modules`` turns the files into definitions and calls of each other,
2. ``selection``, with ``paths`` and ``files``, decides which requests can be evaluated and what they need,
3. ``sandbox`` writes that, with ``filtered`` text and a ``standin`` for the request module,
4. ``terraform`` plans it, and ``instances`` reads the plan;
5. ``evaluation`` leads through it, again without what Terraform refused.
"""

from aftgen.evaluate.evaluation import evaluate
from aftgen.evaluate.model import Evaluation, EvaluationProblem
from aftgen.evaluate.terraform import terraform_path

__all__ = ["Evaluation", "EvaluationProblem", "evaluate", "terraform_path"]
