# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Where the roots' packages come from: the mirrors that this machine's own apt
# uses, so that the tree names no host. Sourced by ./dev.

# sources_all: every binary source of this machine, as lines "URI SUITE COMPONENT...".
sources_all() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] && sources_from_lines <"$file"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] && sources_from_stanzas <"$file"
    done
    return 0
}

# One-line format: deb [options] URI SUITE COMPONENT...
sources_from_lines() {
    sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^#]*).*/\2/p'
}

# deb822 format: a stanza may name several types, URIs and suites.
sources_from_stanzas() {
    awk '
        function flush(   i, j, n, m, u, s) {
            if ((" " types " ") ~ / deb / && tolower(enabled) !~ /^(no|false)$/) {
                n = split(uris, u, " ")
                m = split(suites, s, " ")
                for (i = 1; i <= n; i++)
                    for (j = 1; j <= m; j++)
                        print u[i], s[j], components
            }
            types = uris = suites = components = enabled = key = ""
        }
        function keep(text) {
            if (key == "types") types = types " " text
            if (key == "uris") uris = uris " " text
            if (key == "suites") suites = suites " " text
            if (key == "components") components = components " " text
            if (key == "enabled") enabled = text
        }
        /^#/ { next }
        /^[[:space:]]*$/ { flush(); next }
        /^[[:space:]]/ { sub(/^[[:space:]]+/, ""); keep($0); next }
        {
            key = tolower(substr($0, 1, index($0, ":") - 1))
            sub(/^[^:]*:[[:space:]]*/, "")
            keep($0)
        }
        END { flush() }'
}

# sources_mirror: the URI of the Debian archive.
sources_mirror() {
    sources_all | awk '$2 ~ /^(bookworm|trixie|stable|oldstable)$/ && / main( |$)/ { print $1; exit }'
}

# sources_security: the URI of the security archive, empty when this machine uses none.
sources_security() {
    sources_all | awk '$2 ~ /^(bookworm|trixie|stable|oldstable)-security$/ { print $1; exit }'
}

# sources_for CODENAME: the sources.list of a root.
sources_for() {
    local mirror security
    mirror=$(sources_mirror)
    security=$(sources_security)
    echo "deb $mirror $1 main"
    echo "deb $mirror $1-updates main"
    [ -z "$security" ] || echo "deb $security $1-security main"
}
