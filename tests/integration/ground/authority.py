# SPDX-License-Identifier: MIT
"""An authority that signs certificates for the servers of a machine."""

KIND = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Its key and its certificate, `certificate`, are in a folder of the machine."""

    def __init__(self, machine, folder="/root"):
        self.machine, self.folder = machine, folder
        self.certificate, self.key = f"{folder}/ca.pem", f"{folder}/ca.key"
        machine.run("openssl", "req", "-x509", *KIND, "-keyout", self.key, "-out", self.certificate, "-subj",
                    "/CN=Authority", "-days", "90")

    def certify(self, name, key, certificate, days=60):
        """Makes a key and a certificate for a host, in files of these names."""
        request, extensions = f"{self.folder}/ca.csr", f"{self.folder}/ca.ext"
        self.machine.run("openssl", "req", *KIND, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        self.machine.write(extensions, f"subjectAltName=DNS:{name}\n")
        self.machine.run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                         "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate)

    def be_trusted(self):
        """By all programs of the machine."""
        digest = self.machine.run("openssl", "x509", "-noout", "-hash", "-in", self.certificate).stdout.strip()
        self.machine.run("install", "-m", "644", self.certificate, f"/etc/ssl/certs/{digest}.0")


def certify_by_itself(machine, name, key, certificate):
    """Makes a certificate that only its own key has signed, as Debian does for each host."""
    machine.run("openssl", "req", "-x509", *KIND, "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
                "-addext", f"subjectAltName=DNS:{name}", "-days", "90")
