# SPDX-License-Identifier: MIT
"""NSD with the zones of a scene."""

import socket
import subprocess
from pathlib import Path

from .waiting import wait_until

ADDRESS = "192.0.2.53"
HOME = Path("/nsd")
SERVER = """server:
    ip-address: %(address)s
    username: nsd
    chroot: ""
    zonesdir: %(home)s
    database: ""
    pidfile: %(home)s/nsd.pid
    zonelistfile: %(home)s/zone.list
    xfrdfile: %(home)s/xfrd.state
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
    """Serves `zones`, a dictionary from zone name to the zone's text. Its files are in `home`."""

    def __init__(self, home=HOME, address=ADDRESS):
        self.home, self.address = home, address
        self.zones = {".": ROOT_ZONE}
        self.process = None

    def reverse(self, address, name):
        """Adds the reverse name of an IPv4 address, which is its own zone."""
        zone = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        self.zones[zone] = REVERSE_ZONE + f"@ PTR {name}.\n"

    def start(self):
        home = self.home
        home.mkdir(exist_ok=True)
        config = SERVER % {"home": home, "address": self.address}
        for number, (name, text) in enumerate(self.zones.items()):
            (home / f"{number}.zone").write_text(text)
            config += f'zone:\n    name: "{name}"\n    zonefile: "{number}.zone"\n'
        (home / "nsd.conf").write_text(config)
        subprocess.run(["chown", "-R", "nsd", home], check=True)
        with open(home / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["nsd", "-d", "-c", home / "nsd.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, f"NSD to answer (see {home}/log)")

    def answers(self):
        try:
            socket.create_connection((self.address, 53), timeout=1).close()
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
