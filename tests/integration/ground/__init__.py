# SPDX-License-Identifier: MIT
"""The test ground: two mail machines, a name server and the people who write.

Two machines share one root and its loopback device. Each is a directory tree
of its own (an overlay over the installed root), with its own /etc, /var and
/run, its own host name and its own addresses, so that both can keep Debian's
stock paths. See scene.py for who lives where.
"""
