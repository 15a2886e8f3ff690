"""Fixtures: installations of wharf, and the images that tasks run.

`wharf` is shared by all tests of a run that leave it as they found it; a test that kills, restarts or compares
the host takes `fresh`.
"""

import gc
import os
import pathlib
import shutil
import tempfile

import pytest

from harness import images, order, times
from harness.hosts import SERVER, Lan
from harness.installation import Installation, free_port
from harness.name_server import NameServer

LENT = "privileged,host-network,host-pid,host-ipc,devices,capabilities,host-path=/tmp"


def pytest_configure(config):
    assert os.geteuid() == 0, "the end-to-end tests start containers: run them as root, 'sudo make e2e'"


def pytest_collection_modifyitems(config, items):
    """Those that take minutes begin first: the last of several workers would wait for them alone.

    Tests that are named go in the order of their file, since some go on from what others left.
    """
    are_named = any("::" in argument for argument in config.args)
    items.sort(key=lambda item: (-order.minutes(item), *((str(item.path), item.reportinfo()[1]) if are_named else ())))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Tests and clients stay until the end; to look for garbage among them took a seventh of a worker's time, and part of its start."""
    gc.disable()
    collected = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    return collected


def pytest_xdist_make_scheduler(config, log):
    return order.Scheduling(config, log)


@pytest.fixture(scope="session")
def wharf():
    """An installation for everyone. Its node lends tasks what they ask for, or nobody could test it."""
    # Where `name_server` answers what is asked about names that users give.
    names_port = free_port()
    with Installation(arguments=("--allow", LENT, "--verification-name-server", f"127.0.0.1:{names_port}")) as shared:
        shared.names_port = names_port
        yield shared.start()


@pytest.fixture
def name_server(wharf):
    """The one that the installation for everyone asks."""
    made = NameServer(wharf.names_port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def installation():
    """An installation for the tests of one file, whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def image(installation):
    """What runs there."""
    return images.push(installation, "busybox")


@pytest.fixture(scope="module")
def lan():
    """A network of several hosts."""
    with Lan() as lan:
        yield lan


@pytest.fixture(scope="module")
def server(lan):
    """An installation there, for the tests of one file, which other hosts may join."""
    with Installation(arguments=["--listen", SERVER]) as alone:
        yield alone.start()


@pytest.fixture
def fresh():
    """An installation for one test alone, started."""
    with Installation() as alone:
        yield alone.start()


@pytest.fixture
def unstarted():
    """Makes installations that the test starts itself; all are ended afterwards."""
    made = []

    def make(**options):
        made.append(Installation(**options))
        return made[-1]

    yield make
    for installation in made:
        installation.close()


@pytest.fixture(scope="session")
def busybox(wharf):
    return images.push(wharf, "busybox")


@pytest.fixture(scope="session")
def configured(wharf):
    return images.push(wharf, "configured")


@pytest.fixture(scope="session")
def python(wharf):
    return images.push(wharf, "python")


@pytest.fixture(scope="session")
def web(wharf):
    return images.push(wharf, "web")


@pytest.fixture
def short_path():
    """podman takes no longer one for its run folder."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="pod", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    with times.noted(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows what its wharf printed."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Installation) and value.output is not None:
                report.sections.append(("wharf up", value.output.text[-20000:]))
    return report
