"""The image of the Containerfile: what it copies is there, and what it runs is what docs/schedule.md says."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parent.parent
LINES = (CHECKOUT / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
STEPS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]
IGNORED = (CHECKOUT / ".dockerignore").read_text("utf-8").split()
SCHEDULE = (CHECKOUT / "docs" / "schedule.md").read_text("utf-8")


def is_copied(path: str) -> bool:
    """Whether `COPY . .` takes a file or folder of the checkout."""
    parts = [path, *(str(above) for above in Path(path).parents)]
    return not any(fnmatch(part, one) for part in parts for one in IGNORED)


def settings() -> dict[str, str]:
    return dict(pair.split("=", 1) for word, rest in STEPS if word == "ENV" for pair in rest.split())


def test_the_steps_are_those_of_an_image():
    words = [word for word, _ in STEPS]
    assert words[0] == "FROM" and words[-1] == "CMD"
    assert set(words) <= {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "CMD"}
    assert words.index("USER") > words.index("RUN") and dict(map(tuple, STEPS))["USER"] != "0:0"  # not root
    tag = dict(map(tuple, STEPS))["FROM"]
    python = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert tag == f"docker.io/library/python:{python.removeprefix('>=')}-slim"
    installed = [rest for word, rest in STEPS if word == "RUN" and "pip install" in rest]
    assert len(installed) == 1 and "--constraint constraints.txt" in installed[0]


def test_what_the_image_needs_is_copied_and_what_is_private_is_not():
    deployments = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text("utf-8"))["deployments"]
    needed = {one["entrypoint"].split(":")[0] for one in deployments}
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    needed |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    needed |= {"container.sh", "constraints.txt", "pyproject.toml", "prefect.yaml", "README.md", "LICENSE"}
    needed |= {"reports/vendor/3Dmol-min.js", "polywell/tables/families.toml"}
    assert [path for path in sorted(needed) if not (CHECKOUT / path).exists() or not is_copied(path)] == []
    written = (".git/config", ".venv/bin/python", "catalog/data/latest", "reports/pages/x", "polywell.toml")
    assert [path for path in written if is_copied(path)] == []


def test_the_container_runs_the_commands_of_the_schedule():
    script = (CHECKOUT / "container.sh").read_text("utf-8")
    lines = re.findall(r"^    \.venv/bin/(prefect [^#\n]+)", SCHEDULE, re.M)
    documented = [line.split() for line in lines]
    started = [line.rstrip("& ").split() for line in script.splitlines() if line.startswith("prefect ")]
    assert [words for words in started if "--overwrite" not in words] == [
        words for words in documented if "work-pool" not in words
    ]
    [pool] = [words for words in started if "--overwrite" in words]
    assert [*pool[:-1]] in documented  # it may be there already, from before
    assert settings().items() >= dict(re.findall(r"^    export (PREFECT_\w+)=(\S+)", SCHEDULE, re.M)).items()
