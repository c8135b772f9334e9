# SPDX-License-Identifier: MIT
"""Daemons start, reload, refuse and stop as they should, under load."""

import re

import pytest

from ground import check, mail
from ground.gatepost import CONFIG, DAEMONS, Daemon
from ground.scene import ALICE, BOB
from ground.waiting import wait_until


def all_arrive_signed(scene, letters):
    for letter in letters:
        got = mail.await_message(scene.net.machine, *BOB, mail.message_id(letter), seconds=60)
        assert len(check.signatures_verify(got, "example.org")) == 2


@pytest.mark.usefixtures("transport")
def test_restart_under_load_loses_nothing(scene):
    check.restart_loses_nothing(scene, ALICE, BOB)


def reload_under_load(scene, daemon):
    before = daemon.process.pid
    with check.Stream(scene.org.machine, *ALICE, BOB[0], letters=5) as stream:
        for _ in range(5):
            daemon.reload()
    assert daemon.process.pid == before and daemon.running()
    all_arrive_signed(scene, stream.letters)


@pytest.mark.usefixtures("transport")
def test_milter_reloads_under_load(scene):
    reload_under_load(scene, scene.org.gatepost.milter)


@pytest.mark.parametrize("name", ["policyd", "authd"])
def test_reload_under_load(scene, name):
    reload_under_load(scene, getattr(scene.org.gatepost, name))


@pytest.mark.usefixtures("transport")
def test_transfer_in_flight_at_a_stop_is_finished(scene):
    milter = scene.org.gatepost.milter
    log_before = len(milter.log())
    idle = mail.submission(scene.org.machine, *ALICE)
    slow = check.SlowTransfer(scene.org.machine, *ALICE, BOB[0])
    milter.terminate()
    wait_until(lambda: "in flight" in milter.log()[log_before:], "the milter to stop")
    # A session that was open before may not begin another message.
    refused = idle.mail(ALICE[0])
    answer = slow.finish()
    status = milter.stop()
    milter.start()
    idle.close()
    assert refused[0] == 451 and b"4.3.2" in refused[1], refused
    assert status == 0
    assert answer[0] == 250, answer
    all_arrive_signed(scene, [slow.message])


@pytest.mark.parametrize("name", DAEMONS)
def test_bad_reload_keeps_the_old(scene, name):
    site, daemon = scene.org, getattr(scene.org.gatepost, name)
    start = len(daemon.log())
    site.configure(more="\nno_such_setting = 1\n")
    try:
        daemon.reload()
        assert "no_such_setting" in daemon.log()[start:]
        assert daemon.running()
        assert check.try_to_send(site.machine, *ALICE, BOB[0]) is None
    finally:
        site.configure()
        daemon.reload()


@pytest.mark.parametrize("name", DAEMONS)
def test_second_instance_refuses(scene, name):
    machine = scene.org.machine
    done = machine.run(f"/usr/sbin/gatepost-{name}", "-f", "-c", CONFIG, status=None, seconds=20)
    assert done.returncode != 0
    assert re.search(r"already|lock|another", done.stderr), done.stderr
    assert getattr(scene.org.gatepost, name).running()
    assert check.try_to_send(machine, *ALICE, BOB[0]) is None


BAD_CONFIGURATIONS = [
    ("unknown setting", 'hostname = "a.example"\nfrobnicate = 1\n', 2, "frobnicate"),
    ("unknown section", "\n\nfrob { x = 1 }\n", 3, "frob"),
    ("wrong type", "policyd {\n    messages = many\n}\n", 2, "messages"),
    ("out of range", "policyd {\n    messages = -5\n}\n", 2, "messages"),
    ("not a word of the list", "dmarc {\n\n    on_reject = explode\n}\n", 3, "on_reject"),
    ("not closed", "policyd {\n    messages = 5\n", None, ""),
    ("not a network", 'milter {\n    trusted_networks = {"10.0.0.0/33"}\n}\n', 2, "trusted_networks"),
]


@pytest.mark.parametrize("name", DAEMONS)
@pytest.mark.parametrize("case, text, line, setting", BAD_CONFIGURATIONS, ids=[b[0] for b in BAD_CONFIGURATIONS])
def test_bad_configuration_stops_the_start(scene, name, case, text, line, setting):
    machine = scene.org.machine
    machine.write("/tmp/bad.conf", text)
    done = machine.run(f"/usr/sbin/gatepost-{name}", "-f", "-c", "/tmp/bad.conf", status=78, seconds=20)
    assert "/tmp/bad.conf" in done.stderr, f"{case}: {done.stderr}"
    if line:
        assert re.search(rf"/tmp/bad\.conf:{line}\b", done.stderr), f"{case}: {done.stderr}"
    assert setting in done.stderr
    checked = machine.run("mailctl", "-c", "/tmp/bad.conf", "config", "check", status=None)
    assert checked.returncode in (2, 78) and setting in checked.stderr + checked.stdout


def test_daemons_run_as_their_own_users(scene):
    for site in scene.sites:
        for name, daemon in site.gatepost.daemons.items():
            status = open(f"/proc/{daemon.process.pid}/status", encoding="ascii").read()
            ids = set(re.search(r"^Uid:\s+(.*)$", status, re.M).group(1).split())
            wanted = site.machine.run("id", "-u", f"gatepost-{name}").stdout.strip()
            assert ids == {wanted}, f"{name} runs as {ids}"


@pytest.mark.usefixtures("transport")
def test_killed_daemon_starts_again(scene):
    """After SIGKILL sockets and locks are left behind; a new instance takes them over."""
    for daemon in scene.org.gatepost.daemons.values():
        daemon.kill()
        daemon.start()
    assert check.try_to_send(scene.org.machine, *ALICE, BOB[0]) is None


def test_control_socket(scene):
    for daemon in scene.org.gatepost.daemons.values():
        answer = scene.org.machine.path(f"/run/gatepost/{daemon.name}.control")
        assert answer.is_socket() and answer.stat().st_mode & 0o002 in (0, 2)
