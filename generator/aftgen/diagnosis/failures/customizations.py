"""Failures of an account's pipeline, by the phase of AFT's builds: AFT reference §3.2, §3.3 and §2.1."""

from typing import Final

from aftgen.diagnosis.failures.framework import METADATA
from aftgen.diagnosis.known import Known, Way, stages
from aftgen.diagnosis.stage import Stage

_BOTH: Final = stages(Stage.GLOBAL, Stage.ACCOUNT)
_RERUN: Final = "publish the fix, then 'aftgen rerun {name}': AFT starts no pipeline for it"
_SILENT: Final = "AFT notifies nobody of a pipeline that fails, and the stages after this one did not run."

FAILURES: Final = (
    Known(
        id="source",
        title="the pipeline could not take a branch from its repository",
        stages=_BOTH,
        when=lambda signal, _: signal.state.startswith("Source/"),
        meaning="The pipeline takes its two branches through AFT's connection to the repository; which "
        "branches was written into it when AFT made it. The connection is not authorised, or a branch is "
        "gone. "
        f"{_SILENT}",
        repair=(
            "'aftgen doctor' compares the branches with those that are published; the connection "
            "ct-aft-…-connection must be 'Available' in AFT's account",
            "then 'aftgen rerun {name}'; where a branch or repository has another name now, AFT's framework "
            "must write the pipeline anew: the state machine aft-invoke-customizations",
        ),
        source="AFT reference §6 'VCS facts'",
        way=Way.RERUN,
    ),
    Known(
        id="timeout",
        title="the build took longer than it may",
        stages=_BOTH,
        pattern=r"BUILD_TIMED_OUT|TIMED_OUT|timed out after",
        meaning="AFT's builds end after global_codebuild_timeout, 60 minutes unless somebody changed it.",
        repair=(
            "make the customization faster, or raise global_codebuild_timeout",
            "then 'aftgen rerun {name}'",
        ),
        source="AFT reference §1.2",
        way=Way.RERUN,
    ),
    Known(
        id="no-metadata-row",
        title="the build found no metadata of the account",
        stages=_BOTH,
        pattern=r"Error: null directory does not exist",
        meaning="aft-request-metadata has no row of the account, so that the folder's name was 'null'.",
        repair=(METADATA,),
        source="AFT reference §2.1 'account_customizations_name dir missing' [inferred], §5",
        way=Way.EDIT,
    ),
    Known(
        id="customization-missing",
        title="the customization's folder does not exist",
        stages=_BOTH,
        pattern=r"Error: (?P<folder>.+?) directory does not exist",
        meaning="account_customizations_name is {folder}, and the branch of account-customizations that AFT "
        "reads has no such folder. The account exists, without its customization.",
        repair=("publish the folder, or correct the name in the request ('' for none)", _RERUN),
        source="AFT reference §2.1",
        way=Way.RERUN,
    ),
    Known(
        id="customization-name",
        title="the customization's name is no single word",
        stages=_BOTH,
        pattern=r"cd: too many arguments|\[\[?: .*binary operator expected",
        meaning="AFT's build uses account_customizations_name without quotes: a space or a * breaks it.",
        repair=("rename the folder and correct the request", _RERUN),
        source="AFT reference §2.3 'account_customizations_name'",
        way=Way.RERUN,
    ),
    Known(
        id="expired-credentials",
        title="the build's credentials expired",
        stages=_BOTH,
        pattern=r"ExpiredToken(?:Exception)?|security token included in the request is expired",
        meaning="AFT takes its role sessions once, at the start, for one hour, and never renews them: "
        "whatever "
        "comes later than that fails.",
        repair=("make what takes so long shorter, or do it in the pre helper", "then 'aftgen rerun {name}'"),
        source="AFT reference §3.3; AFT issues 645, 350",
        way=Way.RERUN,
    ),
    Known(
        id="assume-role",
        title="the build could not take one of AFT's roles",
        stages=_BOTH,
        phases=frozenset({"INSTALL", "PRE_BUILD"}),
        pattern=r"AssumeRole|sts:AssumeRole|creds\.sh",
        meaning="creds.sh takes six roles at the start, and one that cannot be taken ends the build: "
        "AWSAFTExecution of the account, or of one of Control Tower's accounts, is gone or does not trust "
        "AFT.",
        repair=(
            "restore the role that the log names: 'aftgen doctor' checks AFT's own",
            "then 'aftgen rerun {name}'",
        ),
        source="AFT reference §3.3 'Profiles'",
        way=Way.RERUN,
    ),
    Known(
        id="requirements",
        title="the helpers' requirements could not be installed",
        stages=_BOTH,
        phases=frozenset({"INSTALL"}),
        pattern=r"requirements\.txt|No matching distribution|Could not find a version|THESE PACKAGES DO NOT "
        r"MATCH|"
        r"pip install",
        meaning=f"pip installs api_helpers/python/requirements.txt before anything else. {_SILENT}",
        repair=("correct the file (it must be there, even if empty)", _RERUN),
        source="AFT reference §3.1, §3.2 'install'",
        way=Way.RERUN,
    ),
    Known(
        id="clone",
        title="the build could not fetch AFT's own code",
        stages=_BOTH,
        phases=frozenset({"INSTALL"}),
        pattern=r"git clone|Could not resolve host|Remote branch .* not found|unable to access",
        meaning="Every build clones AFT at the release in /aft/config/aft-pipeline-code-source.",
        repair=(
            "see that the address and the release there exist and can be reached",
            "then 'aftgen rerun {name}'",
        ),
        source="AFT reference §3.2 'install'",
        way=Way.RERUN,
    ),
    Known(
        id="install",
        title="the build's install phase failed",
        stages=_BOTH,
        phases=frozenset({"INSTALL"}),
        meaning=f"AFT prepares the build here: settings, AFT's code, roles, Python. {_SILENT}",
        repair=("see the log below", "then 'aftgen rerun {name}'"),
        source="AFT reference §3.2 'install'",
        way=Way.RERUN,
    ),
    Known(
        id="import-error",
        title="a helper misses a Python package",
        stages=_BOTH,
        phases=frozenset({"PRE_BUILD", "POST_BUILD"}),
        pattern=r"ModuleNotFoundError|ImportError",
        meaning="In the account stage a failed pip is swallowed, and shows only here.",
        repair=("look for pip's error in the install phase of the log, and correct requirements.txt", _RERUN),
        source="AFT reference §3.1 [inferred]; AFT issue 349",
        way=Way.RERUN,
    ),
    Known(
        id="helper-missing",
        title="a helper script is missing",
        stages=_BOTH,
        phases=frozenset({"PRE_BUILD", "POST_BUILD", "INSTALL"}),
        pattern=r"(?:pre|post)-api-helpers\.sh: (?:No such file|not found)|api-helpers\.sh.*No such file",
        meaning="pre-api-helpers.sh and post-api-helpers.sh must both be there; one that is not fails its "
        "phase.",
        repair=("put the file back", _RERUN),
        source="AFT reference §3.1, §3.3",
        way=Way.RERUN,
    ),
    Known(
        id="access-refused",
        title="access refused the plan",
        stages=_BOTH | stages(Stage.ACCESS),
        pattern=r"refused, nothing was changed",
        meaning="The access reconciler found something that it must not do, and changed nothing. "
        "The account's grants are as they were.",
        repair=(
            "'aftgen access plan --account {id}' says why; correct the request or access.yaml",
            _RERUN,
        ),
        source="DESIGN 'The access declaration'",
        way=Way.RERUN,
    ),
    Known(
        id="pre-helper",
        title="pre-api-helpers.sh failed",
        stages=_BOTH,
        phases=frozenset({"PRE_BUILD"}),
        meaning=f"The helper ended with an error, so that Terraform did not run. {_SILENT}",
        repair=("see the log below", _RERUN),
        source="AFT reference §3.2 'pre_build'",
        way=Way.RERUN,
    ),
    Known(
        id="terraform",
        title="Terraform failed, and the post helper was skipped",
        stages=_BOTH,
        phases=frozenset({"BUILD"}),
        meaning="'terraform init' or 'apply' of the customization failed. AFT then ends the build before "
        f"post-api-helpers.sh. {_SILENT}",
        repair=("see the log below", _RERUN),
        source="AFT reference §3.2 'build', 'post_build'; AFT issue 581",
        way=Way.RERUN,
    ),
    Known(
        id="post-helper",
        title="post-api-helpers.sh failed",
        stages=_BOTH,
        phases=frozenset({"POST_BUILD"}),
        meaning=f"Terraform succeeded; the helper after it ended with an error. {_SILENT}",
        repair=("see the log below", _RERUN),
        source="AFT reference §3.2 'post_build'",
        way=Way.RERUN,
    ),
    Known(
        id="not-rerun",
        title="the pipeline has not run since the request changed",
        stages=stages(Stage.GLOBAL),
        sign="not rerun",
        meaning="AFT writes changed custom fields to the account and does not start its pipeline: grants and "
        "customizations of the change are not in effect.",
        repair=("'aftgen rerun {name}'; 'aftgen publish --follow' does it by itself",),
        source="AFT reference §1.4 row 10; AFT issues 258, 199",
        way=Way.RERUN,
    ),
    Known(
        id="access-unfinished",
        title="a change of access was begun and not finished",
        stages=stages(Stage.ACCESS),
        sign="access unfinished",
        meaning="The ledger notes a change before it is made and clears it after. The next run finishes it.",
        repair=("'aftgen rerun {name}'",),
        source="DESIGN 'Ownership'",
        way=Way.RERUN,
    ),
    Known(
        id="access-plan-refused",
        title="access refuses what is declared now",
        stages=stages(Stage.ACCESS),
        sign="access refused",
        meaning="The next pipeline run would refuse and change nothing.",
        repair=("correct the request or access.yaml, merge and publish",),
        source="DESIGN 'Restrictions'",
        way=Way.EDIT,
    ),
    Known(
        id="access-failed",
        title="the last access run failed",
        stages=stages(Stage.ACCESS),
        sign="access failed",
        meaning="The reconciler left this reason in its audit records.",
        repair=("remove the cause", "then 'aftgen rerun {name}'"),
        source="DESIGN 'Ownership'",
        way=Way.RERUN,
    ),
)
