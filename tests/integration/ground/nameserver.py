# SPDX-License-Identifier: MIT
"""NSD with the zones of a scene."""

import socket
import subprocess
from pathlib import Path

from .waiting import wait_until

ADDRESS = "192.0.2.53"
HOME = Path("/nsd")
SERVER = f"""server:
    ip-address: {ADDRESS}
    username: nsd
    chroot: ""
    zonesdir: {HOME}
    database: ""
    pidfile: {HOME}/nsd.pid
    zonelistfile: {HOME}/zone.list
    xfrdfile: {HOME}/xfrd.state
    server-count: 1
    reuseport: no
remote-control:
    control-enable: no
"""
# Names of no zone of ours do not exist, as on the real Internet.
ROOT_ZONE = """$TTL 300
. SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
. NS ns.invalid.
"""
REVERSE_ZONE = """$TTL 300
@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
"""


class Nameserver:
    """Serves `zones`, a dictionary from zone name to the zone's text."""

    def __init__(self):
        self.zones = {".": ROOT_ZONE}
        self.process = None

    def reverse(self, address, name):
        """Adds the reverse name of an IPv4 address, which is its own zone."""
        zone = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        self.zones[zone] = REVERSE_ZONE + f"@ PTR {name}.\n"

    def start(self):
        HOME.mkdir(exist_ok=True)
        config = SERVER
        for number, (name, text) in enumerate(self.zones.items()):
            (HOME / f"{number}.zone").write_text(text)
            config += f'zone:\n    name: "{name}"\n    zonefile: "{number}.zone"\n'
        (HOME / "nsd.conf").write_text(config)
        subprocess.run(["chown", "-R", "nsd", HOME], check=True)
        with open(HOME / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["nsd", "-d", "-c", HOME / "nsd.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, f"NSD to answer (see {HOME}/log)")

    def answers(self):
        try:
            socket.create_connection((ADDRESS, 53), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def restart(self):
        self.stop()
        self.start()
