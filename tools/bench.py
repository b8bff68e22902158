"""Measures what the README claims about speed, as ratios taken in one run.

Every figure is CPU seconds (user and system) of a command's whole process tree, the median of some runs, with
no cache from an earlier run unless the line says so. Two things are compared in the same run because machines
differ and are noisy; nothing here passes or fails.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AFTGEN = [sys.executable, "-m", "aftgen"]
RUNS = 5


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="aftgen-bench-") as scratch:
        bench(Path(scratch))


def bench(scratch: Path) -> None:
    cache = scratch / "cache"
    thousand = repository(scratch / "1000", 1_000, cache)
    print("\nstart-up, CPU seconds")
    base = median([sys.executable, "-c", "pass"], runs=20)
    line("python -c pass", base)
    for arguments in (["--help"], ["new", "--help"], ["check", "--help"]):
        seconds = median([*AFTGEN, *arguments], runs=20)
        line(f"aftgen {' '.join(arguments)}", seconds, f"{seconds / base:.1f} × python -c pass (target ≤ 6)")

    print("\naftgen check, CPU seconds")
    check = [*AFTGEN, "check", "--quiet", "--no-terraform", str(thousand)]
    check_seconds = median(check)
    line("check 1,000 requests", check_seconds)
    with_terraform = median([*AFTGEN, "check", "--quiet", str(thousand)])
    line("check 1,000 requests, terraform allowed", with_terraform)
    parse = [sys.executable, "-c", _TFPARSE, str(thousand / "account-requests" / "terraform")]
    parse_seconds = median(parse, runs=3)
    line(
        "tfparse, only parsing them",
        parse_seconds,
        f"check is {check_seconds / parse_seconds:.2f} of it (target < 1)",
    )
    if shutil.which("terraform"):
        terraform_seconds = terraform(thousand, scratch / "terraform")
        line(
            "terraform init && validate",
            terraform_seconds,
            f"check is {check_seconds / terraform_seconds:.2f} of it (target ≤ 0.20)",
        )
    else:
        print("  terraform is not on PATH: not compared with it")
    many = repository(scratch / "10000", 10_000, cache)
    many_seconds = median([*AFTGEN, "check", "--quiet", "--no-terraform", str(many)], runs=3)
    line("check 10,000 requests", many_seconds, f"{many_seconds / check_seconds:.1f} × 1,000 (target ≤ 11)")
    peak = peak_megabytes([*AFTGEN, "check", "--quiet", "--no-terraform", str(many)])
    print(f"  {'peak memory of that':44} {peak:8.0f} MB  (target < 400)")

    print("\naftgen plan, 1,000 requests of which 10 changed, CPU seconds")
    changed = changed_repository(thousand, scratch / "changed")
    plan_seconds = median([*AFTGEN, "plan", "--no-terraform"], cwd=changed)
    line("plan", plan_seconds, f"{plan_seconds / check_seconds:.2f} × check (target ≤ 1.5 s)")

    print("\naftgen new, in a folder of 1,000 requests, CPU seconds")
    asked = "--ou Sandbox --tag cost-center=123456 --requested-by bench --reason bench --dry-run --no-input"
    new = [*AFTGEN, "new", "bench-account", *asked.split()]
    first = cpu(new, cwd=thousand, cache=scratch / "cold")
    line("the first time ever (no grammar cache)", first, "(target ≤ 5)")
    warm = median(new, cwd=thousand, cache=cache)
    line("after that", warm, "(target ≤ 1.5)")


_TFPARSE = "import sys, tfparse; tfparse.load_from_path(sys.argv[1])"


def repository(folder: Path, count: int, cache: Path) -> Path:
    """A repository of ours with so many generated requests."""
    for name in ("aftgen.yaml", "global-customizations", "account-customizations"):
        source = ROOT / name
        copy: Callable[..., object] = shutil.copytree if source.is_dir() else shutil.copy2
        folder.mkdir(parents=True, exist_ok=True)
        copy(source, folder / name)
    shutil.copytree(
        ROOT / "account-requests",
        folder / "account-requests",
        ignore=shutil.ignore_patterns("*.tf"),
        dirs_exist_ok=True,
    )
    shutil.copytree(
        ROOT / "account-requests/terraform/modules",
        folder / "account-requests/terraform/modules",
        dirs_exist_ok=True,
    )
    batch = folder / "batch.csv"
    rows = ["name,ou,requested_by,reason,tag:cost-center,tag:environment,grant:ReadOnlyAccess"]
    rows += [f"account-{n:05},Sandbox,bench,bench,123456,dev,group:auditors" for n in range(count)]
    batch.write_text("\n".join(rows) + "\n")
    seconds = cpu([*AFTGEN, "new", "--from", "batch.csv", "--no-input", "--quiet"], cwd=folder, cache=cache)
    line(f"new --from batch.csv, {count:,} rows", seconds)
    batch.unlink()
    return folder


def changed_repository(repo: Path, work: Path) -> Path:
    """A copy in git, in which ten requests differ from the last commit."""
    shutil.copytree(repo, work)
    author = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], [*author, "commit", "-q", "-m", "base"]):
        subprocess.run(["git", *arguments], cwd=work, check=True)
    for number in range(10):
        request = work / f"account-requests/terraform/account-{number * 100:05}.tf"
        request.write_text(request.read_text().replace('"dev"', '"test"'))
    return work


def terraform(repo: Path, work: Path) -> float:
    """Terraform's own time for init and validate on these requests, with a built-in resource."""
    shutil.copytree(repo / "account-requests" / "terraform", work)
    module = work / "modules" / "aft-account-request"
    (module / "versions.tf").unlink()
    text = (module / "ddb.tf").read_text()
    text = text.replace(
        'resource "aws_dynamodb_table_item" "account-request"', 'resource "terraform_data" "account-request"'
    )
    text = "\n".join(
        row for row in text.splitlines() if not row.strip().startswith(("table_name", "hash_key"))
    )
    (module / "ddb.tf").write_text(text.replace("item =", "input ="))
    spent = []
    for _ in range(3):
        shutil.rmtree(work / ".terraform", ignore_errors=True)
        spent.append(
            cpu(["terraform", "init", "-backend=false"], cwd=work) + cpu(["terraform", "validate"], cwd=work)
        )
    return statistics.median(spent)


def cpu(command: Sequence[str], *, cwd: Path | None = None, cache: Path | None = None) -> float:
    """CPU seconds of one run of a command and all its children. Raises CalledProcessError when it fails."""
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median(
    command: Sequence[str], *, runs: int = RUNS, cwd: Path | None = None, cache: Path | None = None
) -> float:
    return statistics.median(cpu(command, cwd=cwd, cache=cache) for _ in range(runs))


def peak_megabytes(command: Sequence[str]) -> float:
    """Peak resident memory of a command, measured in a process of its own."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], check=True, capture_output=True, text=True
    )
    return int(done.stdout) / 1024


def line(what: str, seconds: float, remark: str = "") -> None:
    print(f"  {what:44} {seconds:8.3f} s   {remark}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
