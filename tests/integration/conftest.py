# SPDX-License-Identifier: MIT
"""One scene for all tests; each test finds all servers running and leaves them so."""

import re
import signal
from pathlib import Path

import pytest

from ground import package
from ground.alone import Alone
from ground.scene import Scene
from ground.withholding import Withholding

TEST_SECONDS = 180
LOGS = Path("/build/result/logs")
TAIL = 40


def pytest_configure(config):
    config.addinivalue_line("markers", "seconds(n): the test may take so long")


@pytest.fixture(scope="session")
def scene():
    stage = Scene()
    try:
        stage.make()
        stage.start()
        yield stage
    finally:
        faults = stage.stop()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module", params=["event", "libmilter"])
def transport(scene, request):
    """The milters of both machines, carried by the one and by the other: a module's tests that use it
    run on the default, then on the other."""
    standard = scene.net.gatepost.mailctl("config", "show", "--defaults")
    is_standard = re.search(rf'transport = "?{request.param}\b', standard)
    for site in () if is_standard else scene.sites:
        site.carry(request.param)
    yield request.param
    for site in () if is_standard else scene.sites:
        site.carry(None)


@pytest.fixture(scope="session")
def lone_machine():
    lone = Alone()
    lone.make()
    return lone


@pytest.fixture
def alone(lone_machine):
    """A milter without a mail server, for the test to start; at the end it stops without a complaint."""
    lone_machine.log_start = len(lone_machine.milter.log())
    reports = lone_machine.machine.sanitizer_reports()
    yield lone_machine
    status = lone_machine.stop()
    assert lone_machine.machine.sanitizer_reports() == reports, "a sanitizer complained"
    assert status == 0, lone_machine.milter.log()[-3000:]


@pytest.fixture(scope="session")
def plain():
    """The milter as Debian has it: a sanitizer's memory is not its own."""
    package.build()
    lone = Alone("unchecked", "/build/deb/src/build/milter/gatepost-milter")
    lone.make()
    return lone


@pytest.fixture(scope="session")
def withholding():
    return Withholding("127.0.0.53", 53)


@pytest.fixture(params=["event", "libmilter"])
def carrier(request):
    """What carries the sessions of a milter alone."""
    return request.param


@pytest.fixture(autouse=True)
def deadline(request):
    """No test hangs for ever."""
    marker = request.node.get_closest_marker("seconds")
    seconds = marker.args[0] if marker else TEST_SECONDS

    def late(_number, _frame):
        raise TimeoutError(f"the test took more than {seconds} s")
    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


@pytest.fixture(autouse=True)
def sane(request):
    """After a test that uses the scene: all daemons run, and no sanitizer spoke."""
    if "scene" not in request.fixturenames:
        yield
        return
    stage = request.getfixturevalue("scene")
    request.node.log_starts = {name: len(text) for name, text in stage.logs().items()}
    reports = {site.name: site.machine.sanitizer_reports() for site in stage.sites}
    yield
    for site in stage.sites:
        assert site.machine.sanitizer_reports() == reports[site.name], "a sanitizer complained"
        for daemon in site.gatepost.daemons.values():
            if not daemon.running():
                daemon.start()
                pytest.fail(f"{site.name}: gatepost-{daemon.name} did not run at the end of the test")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps what the servers logged during a test that failed, and prints its end."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "alone" in item.funcargs:
        lone = item.funcargs["alone"]
        report.sections.append(("gatepost-milter", "\n".join(lone.milter.log()[lone.log_start:].splitlines()[-TAIL:])))
    starts = getattr(item, "log_starts", None)
    if not report.failed or starts is None:
        return
    LOGS.mkdir(parents=True, exist_ok=True)
    parts = [(name, text[starts.get(name, 0):]) for name, text in item.funcargs["scene"].logs().items()]
    name = re.sub(r"[^\w.-]+", "_", item.nodeid.rpartition("/")[2])
    (LOGS / f"{name}.log").write_text("".join(f"== {n}\n{t}\n" for n, t in parts))
    for part, text in parts:
        if text:
            report.sections.append((part, "\n".join(text.splitlines()[-TAIL:])))
