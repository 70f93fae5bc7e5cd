"""Containers run what bin/run runs, with as little power and as few secrets as they need."""

import re
import subprocess
import tomllib

import jsonschema
import pytest
import yaml

from pilot_portal.embedded import BASE_DIR
from pilot_portal.supervisor import PROCESSES

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ["web", "worker", "beat", "migrate"]
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
SECRETS = {"SECRET_KEY", "FIELD_KEY", "APP_PASSWORD", "OWNER_PASSWORD", "SUPERUSER_PASSWORD", "REDIS_PASSWORD"}

DURATION = {"type": "string", "pattern": r"^\d+(s|m)$"}
TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
NAMED_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
HEALTH_CHECK = {
    "type": "object",
    "required": ["test"],
    "additionalProperties": False,
    "properties": {
        "test": {**TEXTS, "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
        **dict.fromkeys(("interval", "timeout", "start_period"), DURATION),
        "retries": {"type": "integer"},
    },
}
SERVICE = {
    "type": "object",
    "required": ["image", "restart"],
    "additionalProperties": False,
    "properties": {
        **{key: {"type": "string"} for key in ("build", "image", "command", "shm_size")},
        "restart": {"enum": ["unless-stopped", "no"]},
        "init": {"type": "boolean"},
        "stop_grace_period": DURATION,
        **dict.fromkeys(("cap_drop", "security_opt", "ports"), TEXTS),
        "volumes": {**TEXTS, "items": {"type": "string", "pattern": r"^[^:]+:/[^:]+(:ro)?$"}},
        "environment": NAMED_TEXTS,
        "healthcheck": HEALTH_CHECK,
        "depends_on": {
            "type": "object",
            "propertyNames": {"enum": list(SERVICES)},
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "additionalProperties": False,
                "properties": {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}},
            },
        },
    },
}


def test_the_compose_file_has_the_form_that_compose_reads():
    form = {
        "type": "object",
        "required": ["services", "volumes"],
        "additionalProperties": False,
        "properties": {
            "x-portal": {"type": "object"},
            "services": {"type": "object", "additionalProperties": SERVICE},
            "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
        },
    }
    jsonschema.validate(COMPOSE, form)


def test_containers_run_what_bin_run_runs():
    assert {name: SERVICES[name]["command"] for name in PROCESSES} == PROCESSES


def test_every_named_volume_is_declared():
    mounts = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert {mount for mount in mounts if not mount.startswith(".")} == set(COMPOSE["volumes"])


def test_every_mounted_file_is_in_the_repository():
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert all((BASE_DIR / mount).exists() for mount in mounts if mount.startswith("."))


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_has_a_health_check_and_comes_back(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", PROCESSES)
def test_nothing_starts_before_tables_and_broker_are_there(name):
    assert SERVICES[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "cache": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize("name", OURS)
def test_only_migrations_know_the_owner(name):
    environment = SERVICES[name]["environment"]
    assert environment["DATABASE_URL"].startswith("postgres://portal_app:")
    assert ("DATABASE_OWNER_URL" in environment) == (name == "migrate")


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_privileges(name):
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert users[-1:] == ["portal"]
    assert f"useradd --uid 10001 --create-home {users[-1]}" in DOCKERFILE


def test_the_image_installs_hashed_packages_and_the_libraries_that_set_up_installs():
    wanted = re.findall(r"^ {4}need (lib\S+)", (BASE_DIR / "bin" / "setup").read_text(), re.MULTILINE)
    assert wanted
    assert f"--no-install-recommends {' '.join(wanted)} " in DOCKERFILE
    assert 'pip install --no-cache-dir --require-hashes --requirement "$REQUIREMENTS"' in DOCKERFILE
    assert "ARG REQUIREMENTS=requirements.txt" in DOCKERFILE


def test_the_repository_has_no_secret():
    example = dict(
        line.split("=", 1) for line in (BASE_DIR / "deploy" / "env.example").read_text().splitlines() if not line.startswith("#")
    )
    assert {name: example[name] for name in SECRETS} == dict.fromkeys(SECRETS, "replace")
    assert "/.env" in (BASE_DIR / ".gitignore").read_text().splitlines()
    text = (BASE_DIR / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(\w+)", text)) == set(example)
    refused_when_missing = set(re.findall(r"\$\{(\w+):\?\}", text))
    assert refused_when_missing >= SECRETS


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-ocr.txt", "requirements-test.txt"])
def test_requirements_are_pinned_hashed_and_name_no_host(name):
    text = (BASE_DIR / name).read_text()
    packages = re.findall(r"^([\w.-]+)==\S+(?: ; [^\\]+)? ?\\\n( +--hash=sha256:[0-9a-f]{64})", text, re.MULTILINE)
    starts = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) == len(starts) > 50
    assert "://" not in text


def test_what_the_portal_needs_is_in_every_requirements_and_the_extra_where_it_is_asked_for():
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    needed, extra = ({re.match(r"[\w-]+", line)[0].lower() for line in lines} for lines in (project["dependencies"], _extra(project)))
    for name, wanted in (("", needed), ("-ocr", needed | extra), ("-test", needed | extra)):
        pinned = set(re.findall(r"^([\w.-]+)==", (BASE_DIR / f"requirements{name}.txt").read_text(), re.MULTILINE))
        assert wanted <= pinned
    assert not extra & set(re.findall(r"^([\w.-]+)==", (BASE_DIR / "requirements.txt").read_text(), re.MULTILINE))


def _extra(project: dict) -> list[str]:
    return project["optional-dependencies"]["ocr"]


@pytest.mark.parametrize("script", ["setup", "run", "test", "check", "bench"])
def test_scripts_are_plain_sh(script):
    path = BASE_DIR / "bin" / script
    assert path.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(path)], check=True)
