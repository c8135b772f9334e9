-- SPDX-License-Identifier: MIT
-- Macros: none of them, some, too many, twice.

local from = {{"From", "carol@marked.example"}}

-- None at all: judged by what the commands say. The name of the client is not looked up then.
local conn = server.connect({macros = false, helo = "marked.example"})
server.accepted(conn, server.send(conn, {macros = false, sender = "carol@marked.example", fields = from}))
server.has(server.results(conn), "dmarc=pass")
server.lacks(server.results(conn), "iprev")
mt.disconnect(conn)

-- The address of a client whose family the server does not know: only the macro has it, or nobody.
conn = server.connect({address = "unspec", told = server.FORGER})
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from}))
server.has(server.results(conn), "spf=pass")
mt.disconnect(conn)
conn = server.connect({address = "unspec", told = "nonsense"})
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from}))
server.lacks(server.results(conn), "spf=pass")
mt.disconnect(conn)
conn = server.connect({address = "unspec", macros = false})
server.accepted(conn, server.send(conn, {macros = false, sender = "carol@marked.example", fields = from}))
server.lacks(server.results(conn), "spf=pass")
mt.disconnect(conn)

-- IPv6, as it is told by some with a word before it.
conn = server.connect({address = "2001:db8::25", name = "six.marked.example"})
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from}))
server.has(server.results(conn), "2001:db8::25")
mt.disconnect(conn)

-- A login is told again for each message, or it is none; the later word counts.
conn = server.connect()
server.sign(conn, server.letter())
mt.macro(conn, SMFIC_MAIL, "{auth_authen}", server.BOB)
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from}))
server.has(server.results(conn), "dmarc=pass")
mt.macro(conn, SMFIC_MAIL, "{auth_authen}", "")
server.accepted(conn, server.send(conn, {macros = false, sender = "carol@marked.example", fields = from}))
server.has(server.results(conn), "dmarc=pass")

-- The queue id with braces and without, and of one message alone.
mt.macro(conn, string.byte("E"), "{i}", "4bBraces")
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from}))
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from, id = "4bPlain"}))
mt.echo("log: 4bPlain: ")

-- Names that nobody asked for, and values as long as miltertest makes them.
mt.macro(conn, SMFIC_MAIL, "{auth_author}", server.BOB, "{x}", "", "b", string.rep("x", 900))
mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}", server.BOB)
server.accepted(conn, server.send(conn, {macros = false, sender = "carol@marked.example", fields = from}))
server.has(server.results(conn), "dmarc=pass")
server.accepted(conn, server.send(conn, {login = string.rep("x", 900), sender = server.BOB, fields = server.letter()}))
server.check(#server.signatures(conn) == 2, "not signed for who is logged in")
mt.disconnect(conn)
