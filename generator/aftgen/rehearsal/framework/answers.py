"""What a build would ask the network for, answered on this machine: `answers.py SETTINGS COMMAND ...`.

Runs in a bare interpreter (`python -I -S`) without an HTTP library, because one build asks some sixty times.
Each command knows the calls that AFT's buildspecs and creds.sh make, and fails loudly at any other.

    aws         ssm get-parameter, sts get-caller-identity and assume-role, dynamodb get-item, configure set:
                the same HTTP calls that the AWS CLI makes, unsigned but for the key's name
    git         clone of the framework: a copy of the checkout's sources; config: nothing
    python3     -m venv: a folder that waits for its pip; anything else: this machine's Python
    pip         asks the rehearsal for an environment with these requirements, put in that folder's place
    curl        Terraform's release archive: a file that names its version
    unzip       that archive: a `terraform`
    terraform   asks the rehearsal
    jq          a path to a text, where jq is not installed

SETTINGS is a JSON file that `buildspecs.py` writes for one build; it names the socket of the rehearsal.
"""

import configparser
import json
import os
import re
import shlex
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

_TARGETS = {
    "ssm": ("AmazonSSM", "1.1"),
    "dynamodb": ("DynamoDB_20120810", "1.0"),
}
_RELEASES = re.compile(r"https://releases\.hashicorp\.com/terraform/([^/]+)/terraform_\1_linux_amd64\.zip")
_PATH_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[\"([^\"]+)\"\]")


def _fail(message: str, code: int = 255) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


def _options(arguments: list[str], *flags: str) -> tuple[list[str], dict[str, str]]:
    """Words, and `--name value` pairs; a flag has no value."""
    words, options, rest = [], {}, list(arguments)
    while rest:
        word = rest.pop(0)
        if word in flags:
            options[word] = ""
        elif word.startswith("-"):
            options[word] = rest.pop(0)
        else:
            words.append(word)
    return words, options


# --- aws
# ------------------------------------------------------------------------------------------------------


def aws(settings: dict[str, Any], arguments: list[str]) -> int:
    words, options = _options(arguments, "--with-decryption")
    if words[:2] == ["configure", "set"]:
        return _configure(words[2], words[3], options["--profile"])
    call = _CALLS.get(" ".join(words[:2]))
    if call is None:
        _fail(f"aws {' '.join(arguments)}: AFT's buildspecs did not make this call when it was answered here")
    answer = call(_Connection(settings, options.get("--profile", "")), options)
    if "--query" in options:
        for name in options["--query"].split("."):
            answer = answer.get(name) if isinstance(answer, dict) else None
    if options.get("--output") == "text":
        print("None" if answer is None else answer)
    elif answer != {}:  # as the CLI: an item that is not there prints nothing
        print(json.dumps(answer, indent=4))
    return 0


def _get_parameter(connection: "_Connection", options: dict[str, str]) -> Any:
    given = {"Name": options["--name"], "WithDecryption": "--with-decryption" in options}
    return connection.json("ssm", "GetParameter", given)


def _get_item(connection: "_Connection", options: dict[str, str]) -> Any:
    given = {
        "TableName": options["--table-name"],
        "Key": json.loads(options["--key"]),
        "AttributesToGet": [options["--attributes-to-get"]],
    }
    return connection.json("dynamodb", "GetItem", given)


def _caller(connection: "_Connection", _: dict[str, str]) -> Any:
    text = connection.query("sts", {"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    return {name: _element(text, name) for name in ("UserId", "Account", "Arn")}


def _assume_role(connection: "_Connection", options: dict[str, str]) -> Any:
    text = connection.query(
        "sts",
        {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": options["--role-arn"],
            "RoleSessionName": options["--role-session-name"],
        },
    )
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    return {"Credentials": {name: _element(text, name) for name in names}}


def _quoted(text: str) -> str:
    """For a form; role names and session names are mostly ASCII letters."""
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in text.encode()
    )


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1] if found else ""


_CALLS: dict[str, Callable[["_Connection", dict[str, str]], Any]] = {
    "ssm get-parameter": _get_parameter,
    "dynamodb get-item": _get_item,
    "sts get-caller-identity": _caller,
    "sts assume-role": _assume_role,
}


def _credentials_file() -> Path:
    return Path(os.environ["HOME"]) / ".aws" / "credentials"


def _configure(name: str, value: str, profile: str) -> int:
    path = _credentials_file()
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    if not parser.has_section(profile):
        parser.add_section(profile)
    parser.set(profile, name, value)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    path.chmod(0o600)
    return 0


class _Connection:
    """Calls with the keys that the AWS CLI would use: a named profile's, the environment's, the default's."""

    def __init__(self, settings: dict[str, Any], profile: str) -> None:
        host, _, port = settings["endpoint"].removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._region = settings["region"]
        self.key = os.environ.get("AWS_ACCESS_KEY_ID", "") if not profile else ""
        if not self.key:
            parser = configparser.ConfigParser(interpolation=None)
            parser.read(_credentials_file(), encoding="utf-8")
            name = profile or os.environ.get("AWS_PROFILE", "") or "default"
            if not parser.has_section(name):
                _fail(f"The config profile ({name}) could not be found")
            self.key = parser.get(name, "aws_access_key_id")

    def json(self, service: str, operation: str, given: dict[str, Any]) -> Any:
        prefix, version = _TARGETS[service]
        headers = {
            "X-Amz-Target": f"{prefix}.{operation}",
            "Content-Type": f"application/x-amz-json-{version}",
        }
        return json.loads(self._send(service, operation, json.dumps(given), headers))

    def query(self, service: str, given: dict[str, str]) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = "&".join(f"{name}={_quoted(value)}" for name, value in given.items())
        return self._send(service, given["Action"], body, headers)

    def _send(self, service: str, operation: str, body: str, headers: dict[str, str]) -> str:
        scope = f"{self.key}/20260101/{self._region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        sent = body.encode()
        lines = [
            "POST / HTTP/1.0",
            f"Host: {self._address[0]}",
            f"Authorization: {signed}",
            f"Content-Length: {len(sent)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        with socket.create_connection(self._address, timeout=60) as connection:
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
            with connection.makefile("rb") as answer:
                status = int(answer.readline().split()[1])
                while answer.readline().strip():
                    pass
                text = answer.read().decode()
        if status >= 400:
            code = re.search(r'"__type":\s*"(?:[^"#]*#)?([^"]+)"|<Code>([^<]+)<', text)
            said = re.search(r'"[mM]essage":\s*"((?:[^"\\]|\\.)*)"|<Message>([^<]*)<', text)
            name = (code[1] or code[2]) if code else str(status)
            message = (said[1] or said[2]) if said else text
            _fail(f"\nAn error occurred ({name}) when calling the {operation} operation: {message}", code=254)
        return text


# --- downloads
# ------------------------------------------------------------------------------------------------------


def git(settings: dict[str, Any], arguments: list[str]) -> int:
    if arguments[:1] == ["config"]:
        return 0
    words, options = _options(arguments, "--quiet")
    if words[:1] != ["clone"] or "-b" not in options:
        _fail(f"git {' '.join(arguments)}: AFT's buildspecs did not do this when it was answered here", 1)
    if options["-b"] != settings["version"]:
        _fail(
            f"fatal: Remote branch {options['-b']} not found: the checkout is {settings['version']}", code=128
        )
    shutil.copytree(Path(settings["checkout"]) / "sources", Path(words[2]) / "sources")
    return 0


def curl(_: dict[str, Any], arguments: list[str]) -> int:
    words, options = _options(arguments, "-q", "-s", "-L")
    release = _RELEASES.fullmatch(words[-1])
    if release is None:
        _fail(f"curl: (6) Could not resolve host: {words[-1]} (a rehearsal has no network)", code=6)
    Path(options.get("-o") or options.get("-O") or Path(words[-1]).name).write_text(release[1])
    return 0


def unzip(settings: dict[str, Any], arguments: list[str]) -> int:
    words, _ = _options(arguments, "-q", "-o", "-qo", "-oq")
    version = Path(words[0]).read_text()
    command = [*settings["answer"], "terraform", version]
    script = Path("terraform")
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    script.chmod(0o755)
    return 0


def python3(settings: dict[str, Any], arguments: list[str]) -> int:
    if arguments[:2] != ["-m", "venv"]:
        os.execv(settings["python"], [settings["python"], *arguments])
    folder = Path(arguments[2]).absolute()
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "activate").write_text(f"PATH={shlex.quote(str(folder / 'bin'))}:$PATH\nexport PATH\n")
    pip_script = folder / "bin" / "pip"
    answer = shlex.join([*settings["answer"], "pip", str(folder)])
    pip_script.write_text(f'#!/bin/sh\nexec {answer} "$@"\n')
    pip_script.chmod(0o755)
    return 0


def pip(settings: dict[str, Any], arguments: list[str]) -> int:
    folder, *arguments = arguments
    if arguments == ["install", "-U", "pip"]:
        print("pip: as it is in the cached environment")
        return 0
    if arguments[:2] == ["install", "-r"]:
        path = Path(arguments[2])
        if not path.is_file():
            _fail(
                "ERROR: Could not open requirements file: [Errno 2] No such file or directory: "
                f"'{arguments[2]}'",
                code=1,
            )
        wanted = [str(path.absolute())]
    elif arguments[:1] == ["install"]:
        wanted = arguments[1:]
    else:
        _fail(f"pip {' '.join(arguments)}: AFT's buildspecs did not do this when it was answered here", 1)
    answer = _ask(settings, {"pip": wanted, "folder": folder})
    print(answer["log"])
    return int(answer["code"])


def terraform(settings: dict[str, Any], arguments: list[str]) -> int:
    version, *arguments = arguments
    words = [word for word in arguments if word != "-no-color"]
    if words == ["--version"]:
        print(f"Terraform v{version} (answered by aftgen)")
        return 0
    given = [name.removeprefix("TF_VAR_") for name in os.environ if name.startswith("TF_VAR_")]
    key = _Connection(settings, "").key
    answer = _ask(settings, {"terraform": words, "folder": str(Path.cwd()), "given": given, "key": key})
    print(answer["log"])
    return int(answer["code"])


def _ask(settings: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(settings["socket"])
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile(encoding="utf-8") as answers:
            answer: dict[str, Any] = json.loads(answers.readline())
    return answer


def jq(_: dict[str, Any], arguments: list[str]) -> int:
    path = arguments[-1]
    text = sys.stdin.read()
    if not text.strip():
        return 0
    value = json.loads(text)
    for name, quoted in _PATH_STEP.findall(path):
        value = value.get(name or quoted) if isinstance(value, dict) else None
    print(value if isinstance(value, str) else json.dumps(value))
    return 0


COMMANDS: dict[str, Callable[[dict[str, Any], list[str]], int]] = {
    "aws": aws,
    "curl": curl,
    "git": git,
    "jq": jq,
    "pip": pip,
    "python3": python3,
    "terraform": terraform,
    "unzip": unzip,
}


def main() -> int:
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    return COMMANDS[sys.argv[2]](settings, sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
