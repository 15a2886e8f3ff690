"""Where the programs are that the tests drive."""

import functools
import os
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
UNPACKED = REPOSITORY / ".cache" / "tools"
CLIENTS = REPOSITORY / ".cache" / "clients"
IMAGES = REPOSITORY / "e2e" / "images" / "build"

# PyPI's aws knows the newest operations; `logs tail` exists in version 2 alone.
AWS = REPOSITORY / ".venv" / "bin" / "aws"
ECS_DEPLOY = REPOSITORY / ".venv" / "bin" / "ecs"


def wharf():
    """The program under test."""
    given = os.environ.get("WHARF")
    path = pathlib.Path(given) if given else REPOSITORY / "target" / "debug" / "wharf"
    assert path.is_file(), f"no {path}: run 'make build', or set WHARF to the program"
    return path.resolve()


@functools.cache
def aws2():
    """An aws of version 2."""
    candidates = [os.environ.get("AWS2"), UNPACKED / "aws2" / "bin" / "aws", "/usr/bin/aws", "/usr/local/bin/aws"]
    for path in filter(None, candidates):
        if pathlib.Path(path).is_file():
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
            if version.startswith("aws-cli/2."):
                return str(path)
    raise AssertionError("no aws of version 2: run 'make deps'")


def program(name):
    """A program of the system, or the one that `make deps` unpacked."""
    places = [UNPACKED / "usr" / "bin", UNPACKED / "usr" / "sbin"]
    found = shutil.which(name) or shutil.which(name, path=":".join(map(str, places)))
    assert found, f"no {name}: run 'make deps'"
    return found


def client(name):
    """A program of those pinned in e2e/clients."""
    path = CLIENTS / "bin" / name
    assert path.is_file(), f"no {path}: run 'make deps'"
    return path


def node():
    """The node that the JavaScript SDK was installed for: this machine's, or one of PyPI."""
    own = CLIENTS / "bin" / "node"
    return own if own.is_file() else program("node")


def rust_client(program):
    """One of `e2e/rust_clients`, built as whoever wrote it would: what wharf's own build asks of cargo is not for it. They are
    built together, or what they share would be built with the features of each, and kept for the next time; `make test`
    has done so before the tests begin, which leave little time for it."""
    source, built = REPOSITORY / "e2e" / "rust_clients", REPOSITORY / ".cache" / "rust-clients"
    command = ["cargo", "build", "--quiet", "--locked", "--offline", "--target-dir", built]
    run(*command, "--manifest-path", source / "Cargo.toml", env=for_cargo(), timeout_s=600)
    return built / "debug" / program


def for_cargo():
    """The environment without what wharf's own build asks of cargo."""
    ours = ("CARGO_", "RUSTC", "RUSTFLAGS", "CLIPPY_", "__CARGO")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours) or name in ("CARGO_HOME", "RUSTUP_HOME")}
    plain["PATH"] += f":{pathlib.Path.home()}/.cargo/bin"
    return plain


@functools.cache
def image_archive(name):
    """An OCI archive of a test image, built when it is not in the cache."""
    built = subprocess.run([IMAGES, name], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return pathlib.Path(built.stdout.strip())


def run(*command, env=None, stdin=None, check=True, timeout_s=120):
    """Run a program to its end; a failure shows what it said."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env=env, input=stdin, timeout=timeout_s, check=False
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{command[0]} exited with {done.returncode}\n{done.stdout}{done.stderr}")
    return done
