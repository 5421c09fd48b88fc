"""The Dockerfile and docker-compose.yml, read without a Docker engine: what they name exists, and no port is open."""

import re
import tomllib
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from engine.settings import describe
from tests.house.tree import ROOT

DOCKERFILE = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {"migrate", "api", "worker"}
KNOWN = {row.variable for row in describe()}


def lines_of(instruction: str) -> list[str]:
    return [line.removeprefix(f"{instruction} ").strip() for line in DOCKERFILE if line.startswith(f"{instruction} ")]


def sources() -> list[str]:
    copied = [line.split() for line in lines_of("COPY") if not line.startswith("--from=")]
    return [source for words in copied for source in words[:-1]]


def test_everything_the_image_copies_is_there_and_not_ignored():
    ignored = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    for source in sources():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, f"{source} is kept out by .dockerignore"


def test_the_image_holds_every_package_of_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(sources())


def test_every_image_names_its_version():
    stages = {line.split()[2] for line in lines_of("FROM") if " AS " in line}
    images = [line.split()[0] for line in lines_of("FROM")] + [s["image"] for n, s in SERVICES.items() if n not in OURS]
    assert not [image for image in images if image not in stages and not fnmatch(image, "*:[0-9]*")]


def test_the_image_runs_as_nobody_special_and_is_asked_how_it_is():
    assert lines_of("USER")[-1] not in {"root", "0"}
    assert lines_of("HEALTHCHECK")
    assert lines_of("ENTRYPOINT") == ['["wayline"]']


def test_packages_in_the_image_are_installed_by_their_hashes_only():
    installs = [line for line in lines_of("RUN") if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-deps /wheels/" in line for line in installs)


def test_the_composition_has_its_five_parts():
    assert SERVICES.keys() == {"postgres", "neo4j"} | OURS


def test_every_part_that_stays_has_a_health_check():
    for name, service in SERVICES.items():
        if service["restart"] != "no":
            assert service["healthcheck"]["test"], name
            assert {"interval", "timeout", "retries"} <= service["healthcheck"].keys(), name


def test_parts_start_in_order():
    for name in ("api", "worker"):
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "neo4j": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_get_settings_that_exist_and_every_address_and_key(name: str):
    environment = SERVICES[name]["environment"]
    assert not environment.keys() - KNOWN
    assert {"WAYLINE_POSTGRES_URL", "WAYLINE_NEO4J_URI", "WAYLINE_NEO4J_PASSWORD", "WAYLINE_JWT_SECRET"} <= set(
        environment
    )


def test_the_image_sets_settings_that_exist():
    assert (
        not {word.partition("=")[0] for line in lines_of("ENV") for word in line.split() if "WAYLINE" in word} - KNOWN
    )


def test_the_environment_example_names_each_secret_and_gives_none_away():
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert example.keys() == set(re.findall(r"\$\{(\w+):\?", COMPOSE_TEXT))
    assert not any(example.values())


def test_data_lie_on_declared_volumes_and_mounted_files_exist():
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    for source in mounts:
        assert (ROOT / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"], source
    assert SERVICES["postgres"]["volumes"][0].endswith(":/var/lib/postgresql"), "since 18 the image wants its parent"


def test_no_port_is_open_to_others():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_postgresql_stays_durable():
    assert not re.search(r"(fsync|full_page_writes|synchronous_commit)=off", COMPOSE_TEXT)
