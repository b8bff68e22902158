"""A release as small as can be, in words of its own: what the code under test looks for in a checkout."""

from pathlib import Path

from aftgen.rehearsal.framework.buildspecs import Project

VERSION = "9.8.7"
COMMON = "sources/aft-lambda-layer/aft_common"
LAYER = """
[project]
dependencies = [
    "boto3 == 1.39.3",
]
"""
FUNCTIONS = """
import logging
import time
from datetime import datetime

from aft_common import account_provisioning_framework as framework

logger = logging.getLogger("aft")
seen = []


def lambda_handler(event, context):
    print("functions print")
    if "fail" in event:
        logger.error('"a reason"')
        raise RuntimeError(event["fail"])
    if "sleep" in event:
        began = framework.datetime.utcnow()
        time.sleep(event["sleep"])
        return (framework.datetime.utcnow() - began).total_seconds() >= event["sleep"]
    seen.append(event)
    return {"name": context.function_name, "seen": len(seen)}
"""
BUILDSPEC = r"""
version: 0.2
phases:
  install:
    commands:
      - HERE=$(pwd)
      - >-
        VERSION=$(aws ssm get-parameter --name "/aft/config/terraform/version"
        --query "Parameter.Value" --output text)
      - >-
        NAME=$(aws ssm get-parameter --name /aft/resources/iam/aft-session-name
        | jq --raw-output ".Parameter.Value")
      - WHO=$(aws sts get-caller-identity --query Account --output text)
      - >-
        ROW=$(aws dynamodb get-item --table-name aft-request-metadata
        --key "{\"id\": {\"S\": \"$VENDED_ACCOUNT_ID\"}}" --attributes-to-get "account_customizations_name"
        | jq --raw-output ".Item.account_customizations_name.S")
      - git clone --quiet -b 9.8.7 https://example.com/framework.git core
      - cd /tmp
      - curl -q -o t.zip https://releases.hashicorp.com/terraform/${VERSION}/terraform_${VERSION}_linux_amd64.zip
      - mkdir -p /opt/aft/bin
      - unzip -q -o t.zip
      - mv terraform /opt/aft/bin
      - cd $HERE
      - echo "terraform=$VERSION name=$NAME who=$WHO row=[$ROW] core=$(ls core)"
  build:
    on-failure: CONTINUE
    commands:
      - /opt/aft/bin/terraform init -no-color
      - /opt/aft/bin/terraform apply -no-color --auto-approve
      - echo never after a failure
  post_build:
    on-failure: ABORT
    commands:
      - echo "succeeding=$CODEBUILD_BUILD_SUCCEEDING"
      - |
        if [[ $CODEBUILD_BUILD_SUCCEEDING == 0 ]]; then
          exit 1
        fi
"""


def make(folder: Path) -> Path:
    files = {
        "VERSION": f"{VERSION}\n",
        "sources/aft-lambda-layer/pyproject.toml": LAYER,
        f"{COMMON}/__init__.py": "",
        f"{COMMON}/account_provisioning_framework.py": "from datetime import datetime\n",
        "src/aft_lambda/family/hello.py": FUNCTIONS,
        Project.GLOBAL.value: BUILDSPEC,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
